"""Ways of generating that transformers offers, each of which has to hear: assistants, caches over turns, no cache."""

from __future__ import annotations

import copy

import pytest
import torch


GREEDY = {"do_sample": False, "max_new_tokens": 6}


@pytest.fixture
def inputs(encode, ask_about, clips):
    return encode(ask_about(*clips(1.0, 0.6)))


def test_an_assistant_hears_too(model, inputs):
    assistant = copy.deepcopy(model)
    expected = model.generate(**inputs, **GREEDY)
    assert torch.equal(model.generate(**inputs, **GREEDY, assistant_model=assistant), expected)


@pytest.mark.parametrize("options", [{"processor_kwargs": {"padding": True}}, {"padding": True}])
def test_a_batch_answers_as_its_prompts_do_alone(model, processor, encode, ask_about, clips, options):
    """Without naming a side of padding, though the tokenizer's own is the right."""
    assert processor.tokenizer.padding_side == "right"
    asked = [ask_about(clip, question="?" * n) for n, clip in enumerate(clips(0.3, 2.0, 0.7, 1.2))]
    inputs = processor.apply_chat_template(
        asked, tokenize=True, return_dict=True, add_generation_prompt=True, return_tensors="pt", **options
    )
    together = model.generate(**inputs, **GREEDY)[:, inputs["input_ids"].shape[1] :]
    for row, messages in zip(together, asked, strict=True):
        alone = encode(messages)
        assert torch.equal(row, model.generate(**alone, **GREEDY)[0, alone["input_ids"].shape[1] :])


def test_a_side_of_padding_that_is_named_is_kept(processor, encode, ask_about, clips):
    asked = [ask_about(clip) for clip in clips(0.3, 2.0)]
    assert encode(asked, "right")["attention_mask"][0].tolist() == sorted(
        encode(asked, "right")["attention_mask"][0].tolist(), reverse=True
    )
    training = processor.apply_chat_template(
        asked, tokenize=True, return_dict=True, return_tensors="pt", processor_kwargs={"padding": True}
    )
    assert training["attention_mask"][0, 0] == 1


def merged(model, inputs):
    """The prompt as embeddings, with what is heard on its placeholders."""
    ids = inputs["input_ids"]
    heard = model.get_audio_features(inputs["input_features"], inputs["feature_attention_mask"]).pooler_output
    placeholders = (ids == model.config.audio_token_id).unsqueeze(-1)
    return model.get_input_embeddings()(ids).masked_scatter(placeholders, heard).detach()


@pytest.mark.parametrize("settings", [{}, {"num_beams": 2}])
def test_from_embeddings(model, inputs, settings):
    """Of a text, and of a prompt into which the recordings were merged beforehand."""
    expected = model.generate(**inputs, **GREEDY, **settings)[:, inputs["input_ids"].shape[1] :]
    assert torch.equal(model.generate(inputs_embeds=merged(model, inputs), **GREEDY, **settings), expected)
    text = torch.tensor([[5, 6, 7, 8]])
    found = model.generate(inputs_embeds=model.get_input_embeddings()(text).detach(), **GREEDY, **settings)
    assert torch.equal(found, model.generate(text, **GREEDY, **settings)[:, 4:])


def test_embeddings_beside_recordings_are_refused(model, inputs):
    embeddings = merged(model, inputs)
    recordings = {name: inputs[name] for name in ("input_features", "feature_attention_mask")}
    heard = {"mm_encoder_outputs": {"audio": model.get_audio_features(**recordings)}}
    for given in (recordings, heard):
        with pytest.raises(ValueError, match="inputs_embeds and recordings were both passed"):
            model.generate(inputs_embeds=embeddings, **given, **GREEDY)


def test_without_a_cache(model, inputs):
    assert torch.equal(model.generate(**inputs, **GREEDY, use_cache=False), model.generate(**inputs, **GREEDY))


def test_recordings_that_were_encoded_before(model, inputs):
    expected = model.generate(**inputs, **GREEDY)
    heard = model.get_audio_features(inputs.pop("input_features"), inputs.pop("feature_attention_mask"))
    assert torch.equal(model.generate(**inputs, **GREEDY, mm_encoder_outputs={"audio": heard}), expected)


def test_prompts_with_and_without_recordings_in_one_batch(model, encode, ask_about, clips):
    (clip,) = clips(1.0)
    silent = [{"role": "user", "content": [{"type": "text", "text": "Hello, and nothing to hear?"}]}]
    together = encode([ask_about(clip), silent, ask_about(clip, clip)])
    start = together["input_ids"].shape[1]
    found = model.generate(**together, **GREEDY)[:, start:]
    for row, messages in zip(found, (ask_about(clip), silent, ask_about(clip, clip)), strict=True):
        alone = encode(messages)
        assert torch.equal(row, model.generate(**alone, **GREEDY)[0, alone["input_ids"].shape[1] :])


@pytest.mark.parametrize("tokens", ["whole", "whole, with all recordings", "new ones"])
def test_a_second_turn_beside_a_cache(model, encode, ask_about, clips, tokens):
    """A further question with a recording of its own, as whole conversation or as its new tokens alone."""
    first, second = clips(1.0, 0.7)
    start = encode(ask_about(first))
    follow = encode([*ask_about(first), {"role": "assistant", "content": "A bell."}, *ask_about(second)])
    expected = model.generate(**follow, **GREEDY)[0, follow["input_ids"].shape[1] :]
    with torch.no_grad():
        cache = model(**start).past_key_values
    held = start["input_ids"].shape[1]
    assert torch.equal(follow["input_ids"][:, :held], start["input_ids"])
    given = dict(follow)
    if tokens != "whole, with all recordings":
        new = encode(ask_about(second))
        given["input_features"], given["feature_attention_mask"] = new["input_features"], new["feature_attention_mask"]
    if tokens == "new ones":
        given["input_ids"] = follow["input_ids"][:, held:]
    length = given["input_ids"].shape[1]
    assert torch.equal(model.generate(**given, **GREEDY, past_key_values=cache)[0, length:], expected)


def test_an_adapted_model_votes(stock_folder, processor, ask_about, clips):
    from peft import LoraConfig, get_peft_model

    from modeling_audio_reasoner import AudioReasonerForConditionalGeneration

    model = AudioReasonerForConditionalGeneration.from_pretrained(stock_folder)
    adapted = get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj"])).eval()
    assert adapted.vote(processor, ask_about(*clips(1.0)), num_answers=2, max_new_tokens=3).unfinished <= 2


def test_a_model_whose_settings_ask_for_beams_votes(model, processor, ask_about, clips):
    settings = copy.deepcopy(model.generation_config)
    settings.update(num_beams=2, num_return_sequences=2, return_dict_in_generate=True, max_new_tokens=3)
    voted = model.vote(processor, ask_about(*clips(1.0)), num_answers=3, generation_config=settings)
    assert voted.unfinished + len(voted.answers) == 3


def test_an_encoder_that_waits_on_disk_hears_the_same(model, tmp_path, inputs):
    from transformers import AutoModel

    model.save_pretrained(tmp_path / "model")
    places = {"model.audio_tower": "disk", "model.multi_modal_projector": "cpu"}
    spread = AutoModel.from_pretrained(
        tmp_path / "model",
        trust_remote_code=True,
        device_map={**places, "model.language_model": "cpu", "lm_head": "cpu"},
        offload_folder=tmp_path / "offload",
    )
    assert spread.model.audio_tower.conv1.weight.is_meta
    assert torch.equal(spread.generate(**inputs, **GREEDY), model.generate(**inputs, **GREEDY))


def test_features_do_not_depend_on_the_default_device(processor, clips):
    from modeling_audio_reasoner import feature_extraction_audio_reasoner as module

    (clip,) = clips(1.0)
    expected = processor.feature_extractor(clip)["input_features"]
    module._hann_window.cache_clear()
    with torch.device("meta"):
        module._hann_window(processor.feature_extractor.n_fft)
    assert (processor.feature_extractor(clip)["input_features"] == expected).all()
