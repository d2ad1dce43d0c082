"""Clips in the place of images, as TRL's GRPO hands them on: heard as clips are, and nothing else is taken for one."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
import torch

from modeling_audio_reasoner.images_audio_reasoner import pixels_of_recordings, recordings_of_pixels


def clip(seconds: float) -> dict:
    """As a data set's `Audio(decode=False)` gives it."""
    buffer = io.BytesIO()
    noise = np.random.default_rng(int(seconds * 10)).uniform(-0.1, 0.1, round(16_000 * seconds))
    soundfile.write(buffer, noise, 16_000, format="FLAC")
    return {"bytes": buffer.getvalue(), "path": None}


def test_a_row_of_pixels_is_a_recording_with_all_its_windows():
    features, mask = torch.randn(4, 5, 6), torch.ones(4, 6, dtype=torch.long)
    mask[1, 3:] = 0
    pixels = pixels_of_recordings(features, mask, [1, 2, 1])
    assert pixels.shape == (3, 2, 6, 6)
    found, where = recordings_of_pixels(pixels)
    assert torch.equal(found, features) and torch.equal(where, mask)
    found, where = recordings_of_pixels(pixels[[2, 1]])
    assert torch.equal(found, features[[3, 1, 2]]) and torch.equal(where, mask[[3, 1, 2]])


def test_clips_as_images_give_what_clips_as_audio_give(processor):
    """Two prompts, one of two recordings, one of which has two windows."""
    prompts = ["<|AUDIO|> and <|AUDIO|>", "<|AUDIO|>"]
    clips = [[clip(0.4), clip(31)], [clip(0.7)]]
    heard = processor(text=prompts, audio=clips, padding=True, return_tensors="pt")
    seen = processor(text=prompts, images=clips, padding=True, return_tensors="pt")
    assert set(seen) == {"input_ids", "attention_mask", "pixel_values"}
    assert torch.equal(seen["input_ids"], heard["input_ids"])
    assert seen["pixel_values"].shape[:2] == (3, 2)
    features, mask = recordings_of_pixels(seen["pixel_values"])
    assert torch.equal(features, heard["input_features"]) and torch.equal(mask, heard["feature_attention_mask"])


def test_a_part_of_type_image_that_holds_a_clip_is_a_recording(processor):
    def asked(part: dict) -> list[dict]:
        return [{"role": "user", "content": [part, {"type": "text", "text": "What?", "image": None}]}]

    recording = clip(0.4)
    options = {"tokenize": True, "return_dict": True, "return_tensors": "pt"}
    seen = processor.apply_chat_template(asked({"type": "image", "text": None, "image": recording}), **options)
    heard = processor.apply_chat_template(asked({"type": "audio", "audio": recording}), **options)
    assert set(seen) == set(heard) and all(torch.equal(seen[name], heard[name]) for name in heard)


def test_an_image_is_still_none(processor):
    picture = {"bytes": b"\x89PNG\r\n\x1a\n" + bytes(100), "path": "cat.png"}
    with pytest.raises(ValueError, match=r"cat\.png"):
        processor(text="<|AUDIO|>", images=[picture])
    with pytest.raises(ValueError, match=r"cat\.png"):
        message = {"role": "user", "content": [{"type": "image", "image": picture}]}
        processor.apply_chat_template([message], tokenize=True, return_dict=True)
    with pytest.raises(ValueError, match="does not see"):
        processor(text="<|AUDIO|>", audio=[np.zeros(9)], images=[clip(0.4)])
    for pixels in (torch.rand(1, 3, 8, 8), torch.zeros(3, 8, 8)):
        with pytest.raises(ValueError, match="hold no recordings"):
            recordings_of_pixels(pixels)


def test_the_model_hears_pixels_as_it_hears_features(model, encode, ask_about, clips):
    inputs = encode([ask_about(*clips(1.0, 31))])
    pixels = pixels_of_recordings(inputs["input_features"], inputs["feature_attention_mask"], [1, 2])
    text = {name: inputs[name] for name in ("input_ids", "attention_mask")}
    with torch.no_grad():
        expected = model(**inputs).logits
        torch.testing.assert_close(model(**text, pixel_values=pixels).logits, expected)
    with pytest.raises(ValueError, match="pass recordings once"):
        model(**inputs, pixel_values=pixels)
