"""Where transformers' own class is wrong and ours is right: each test shows both, on the same weights and clips.

The first line of each docstring says what the stock class does, the second what ours does; the table in README and
docs/model.md is made of them (benchmarks/write_tables.py).
"""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
import torch


TOLERANCE = 1e-5


def test_encoding_costs_what_was_recorded(model, stock, encode, ask_about, clips, count_calls, stock_inputs):
    """Encodes every clip as 30 s, however short it is.
    Encodes the frames that were recorded, packed.
    """
    recordings = clips(2.0)
    inputs = encode(ask_about(*recordings))
    frames = [
        count_calls(encoder.conv1, lambda features: features.shape[-1])
        for encoder in (model.model.audio_tower, stock.model.audio_tower)
    ]
    with torch.no_grad():
        model(**inputs)
        stock(**stock_inputs(inputs, recordings))
    assert frames == [[201], [3000]]


def test_recordings_over_30_s_are_heard_whole(model, stock, processor, encode, ask_about, clips):
    """Hears the first 30 s of a longer recording and says nothing of it.
    Hears up to 10 minutes as consecutive windows; beyond that it is an error.
    """
    from transformers import Qwen2AudioProcessor, WhisperFeatureExtractor

    long = clips(61.5)[0]
    inputs = encode(ask_about(long))
    placeholders = int((inputs["input_ids"] == model.config.audio_token_id).sum())
    theirs = Qwen2AudioProcessor(WhisperFeatureExtractor(feature_size=128), processor.tokenizer)
    heard = theirs(text="<|audio_bos|><|AUDIO|><|audio_eos|>", audio=[long], sampling_rate=16000, return_tensors="pt")
    assert placeholders == 750 + 750 + 37
    assert int((heard["input_ids"] == model.config.audio_token_id).sum()) == 750


def test_loss_under_gradient_accumulation(model, stock, encode, ask_about, clips, stock_inputs):
    """Averages the loss over each micro-batch and ignores `num_items_in_batch`: accumulation changes the gradient.
    Averages over the items of the whole step: accumulation changes nothing.
    """
    recordings = clips(1.0, 2.5)
    conversations = [ask_about(recordings[0], question="a"), ask_about(recordings[1], question="a much longer one")]
    whole = encode(conversations, "right")
    labels = whole["input_ids"].masked_fill(whole["attention_mask"] == 0, -100)
    items = (labels[:, 1:] != -100).sum()

    def losses(net, prepare):
        parts = []
        for conversation, clip in zip(conversations, recordings, strict=True):
            one = encode(conversation)
            parts.append(net(**prepare(one, [clip]), labels=one["input_ids"], num_items_in_batch=items).loss)
        return float(sum(parts)), float(net(**prepare(whole, recordings), labels=labels).loss)

    with torch.no_grad():
        accumulated, together = losses(model, lambda inputs, _: inputs)
        assert accumulated == pytest.approx(together, abs=1e-5)
        accumulated, together = losses(stock, stock_inputs)
        assert accumulated > 1.5 * together


def test_positions_are_not_trained(stock_folder):
    """Trains the encoder's fixed position embeddings once it has been loaded.
    Keeps them fixed, new or loaded.
    """
    from transformers import Qwen2AudioForConditionalGeneration

    from modeling_audio_reasoner import AudioReasonerForConditionalGeneration

    ours = AudioReasonerForConditionalGeneration.from_pretrained(stock_folder)
    theirs = Qwen2AudioForConditionalGeneration.from_pretrained(stock_folder)
    learning = {name for name, weight in ours.named_parameters() if weight.requires_grad}
    also = {name for name, weight in theirs.named_parameters() if weight.requires_grad} - learning
    assert also == {"model.audio_tower.embed_positions.weight"}


def test_each_sample_hears_its_own_clips(model, stock, encode, ask_about, clips, stock_inputs):
    """With `num_return_sequences`, samples of prompts with several clips hear other clips than their own.
    Every sample hears the clips of its prompt, in order.
    """
    recordings = clips(1.0, 2.0, 1.5, 0.6)
    inputs = encode([ask_about(*recordings[:2]), ask_about(*recordings[2:])])
    sampling = {"do_sample": True, "num_return_sequences": 2, "max_new_tokens": 1}
    raw = {"output_logits": True, "return_dict_in_generate": True}
    with torch.no_grad():
        expected = model(**inputs).logits[:, -1].repeat_interleave(2, dim=0)
    ours = model.generate(**inputs, **sampling, **raw).logits[0]
    theirs = stock.generate(**stock_inputs(inputs, recordings), **sampling, **raw).logits[0]
    assert (ours - expected).abs().max() <= TOLERANCE
    assert (theirs - expected).abs().max() > 1000 * TOLERANCE


@pytest.mark.parametrize("searching", [{"do_sample": True, "num_return_sequences": 4}, {"num_beams": 4}])
def test_each_recording_is_encoded_once(model, stock, encode, ask_about, clips, count_calls, searching, stock_inputs):
    """Encodes a recording anew for each of `num_return_sequences` samples and for each beam.
    Encodes a recording once.
    """
    recordings = clips(1.0, 2.0)
    inputs = encode([ask_about(clip) for clip in recordings])
    windows = [count_calls(net.model.audio_tower.conv1, lambda features: features.shape[0]) for net in (model, stock)]
    model.generate(**inputs, **searching, max_new_tokens=2)
    stock.generate(**stock_inputs(inputs, recordings), **searching, max_new_tokens=2)
    assert [sum(count) for count in windows] == [2, 8]


def test_the_prefill_computes_the_logits_that_are_used(
    model, stock, encode, ask_about, clips, count_calls, stock_inputs
):
    """Computes logits over the vocabulary at every position of the prompt.
    Computes them at the last position (`logits_to_keep`).
    """
    recordings = clips(1.0)
    inputs = encode(ask_about(*recordings))
    positions = [count_calls(net.lm_head, lambda hidden: hidden.shape[1]) for net in (model, stock)]
    model.generate(**inputs, max_new_tokens=2)
    stock.generate(**stock_inputs(inputs, recordings), max_new_tokens=2)
    assert positions == [[1, 1], [inputs["input_ids"].shape[1], 1]]


@pytest.mark.parametrize("chunk", [7, 64])
def test_prefill_in_chunks(model, stock, encode, ask_about, clips, before_5_23, chunk, stock_inputs):
    """Refuses `prefill_chunk_size` for prompts with recordings.
    Fills the cache chunk by chunk, with each chunk's part of the recordings.
    """
    recordings = clips(1.0, 2.5, 0.6)
    inputs = encode([ask_about(*recordings[:2]), ask_about(recordings[2])])
    greedy = {"do_sample": False, "max_new_tokens": 6}
    if before_5_23:
        with pytest.raises(ValueError, match="from transformers 5.23 on"):
            model.generate(**inputs, **greedy, prefill_chunk_size=chunk)
        return
    assert torch.equal(
        model.generate(**inputs, **greedy, prefill_chunk_size=chunk), model.generate(**inputs, **greedy)
    )
    with pytest.raises(ValueError):
        stock.generate(**stock_inputs(inputs, recordings), **greedy, prefill_chunk_size=chunk)


def test_a_step_with_a_static_cache_is_one_graph(model, stock, encode, ask_about, clips):
    """Does not declare that it can be compiled.
    Declares it: with a static cache the step that generates a token is one graph.
    """
    from transformers import StaticCache

    inputs = encode([ask_about(clip) for clip in clips(1.0, 2.5)])
    greedy = {"do_sample": False, "max_new_tokens": 6}
    expected = model.generate(**inputs, **greedy)
    assert torch.equal(model.generate(**inputs, **greedy, cache_implementation="static"), expected)
    assert model._can_compile_fullgraph and not stock._can_compile_fullgraph

    length = inputs["input_ids"].shape[1]
    cache = StaticCache(config=model.config.get_text_config(), max_cache_len=length + 8)
    mask = inputs["attention_mask"]
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    with torch.no_grad():
        token = model(**inputs, position_ids=positions, past_key_values=cache).logits[:, -1:].argmax(-1)
        assert torch.equal(token[:, 0], expected[:, length])
        mask = torch.nn.functional.pad(mask, (0, 1), value=1)
        step = torch.compile(model.forward, backend="aot_eager", fullgraph=True)
        following = {"attention_mask": mask, "position_ids": positions[:, -1:] + 1, "past_key_values": cache}
        token = step(input_ids=token, **following).logits.argmax(-1)
    assert torch.equal(token[:, 0], expected[:, length + 1])


def test_the_documented_key_is_heard(model, processor, clips, tmp_path, before_5_23):
    """Does not load a recording under its documented key, `audio_url`.
    Loads `audio_url`, `audio`, `url` and `path`; a part without a recording is an error.
    """
    from transformers import Qwen2AudioProcessor, WhisperFeatureExtractor

    path = tmp_path / "clip.wav"
    soundfile.write(path, clips(2.0)[0], 16000)
    parts = [{"type": "audio", "audio_url": str(path)}, {"type": "text", "text": "What is it?"}]
    options = {"tokenize": True, "return_dict": True, "return_tensors": "pt"}
    messages = [{"role": "user", "content": parts}]
    assert processor.apply_chat_template(messages, **options)["input_features"].shape[0] == 1
    template = processor.chat_template
    stock_processor = Qwen2AudioProcessor(
        WhisperFeatureExtractor(feature_size=128), processor.tokenizer, chat_template=template
    )
    if before_5_23:
        assert "input_features" not in stock_processor.apply_chat_template(messages, **options)
        return
    with pytest.raises(ValueError, match="no audio inputs were passed"):
        stock_processor.apply_chat_template(messages, **options)


def test_embeddings_and_recordings_at_once(model, stock, encode, ask_about, clips, stock_inputs):
    """Ignores `input_features` in silence where `inputs_embeds` are passed.
    Refuses: it would answer without hearing.
    """
    recordings = clips(1.0)
    inputs = dict(encode(ask_about(*recordings)))
    inputs["inputs_embeds"] = model.get_input_embeddings()(inputs.pop("input_ids")).detach()
    with pytest.raises(ValueError, match="no placeholders to go to"):
        model(**inputs)
    with torch.no_grad():
        silent = stock_inputs(inputs, [np.zeros_like(clip) for clip in recordings])
        assert torch.equal(stock(**stock_inputs(inputs, recordings)).logits, stock(**silent).logits)
