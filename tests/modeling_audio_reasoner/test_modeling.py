"""The model against transformers' own class with the same weights, and what it refuses."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file

from modeling_audio_reasoner import AudioReasonerEncoder, AudioReasonerForConditionalGeneration


TOLERANCE = 1e-5


def test_stock_weights_load_whole(stock_folder):
    _, report = AudioReasonerForConditionalGeneration.from_pretrained(stock_folder, output_loading_info=True)
    assert not any(report[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"))


def test_a_new_model_tells_time_by_whispers_sinusoids(model):
    """Whatever fills new layers must not leave noise in their place: who speaks first could then not be learnt."""
    from transformers.models.whisper.modeling_whisper import sinusoids

    encoder = AudioReasonerEncoder(model.config.audio_config)
    whole = AudioReasonerForConditionalGeneration(model.config)
    expected = sinusoids(*encoder.embed_positions.weight.shape)
    for weight in (encoder.embed_positions.weight, whole.model.audio_tower.embed_positions.weight):
        torch.testing.assert_close(weight, expected)
        assert not weight.requires_grad


@pytest.mark.parametrize("padding_side", ["left", "right"])
def test_logits_equal_the_stock_class(model, stock, encode, ask_about, clips, padding_side, stock_inputs):
    recordings = clips(0.1, 2.0, 0.73, 30.0, 5.51, 29.99)
    inputs = encode([ask_about(clip, question="?" * n) for n, clip in enumerate(recordings)], padding_side)
    with torch.no_grad():
        ours = model(**inputs).logits
        theirs = stock(**stock_inputs(inputs, recordings)).logits
    valid = inputs["attention_mask"].bool()
    assert theirs[valid].abs().max() > 0.1
    assert (ours - theirs)[valid].abs().max() <= TOLERANCE


def test_several_clips_in_one_prompt_equal_the_stock_class(model, stock, encode, ask_about, clips, stock_inputs):
    recordings = clips(1.2, 3.4, 0.5)
    inputs = encode(ask_about(*recordings))
    with torch.no_grad():
        ours, theirs = model(**inputs).logits, stock(**stock_inputs(inputs, recordings)).logits
    assert (ours - theirs).abs().max() <= TOLERANCE


def test_greedy_answers_equal_the_stock_class(model, stock, encode, ask_about, clips, stock_inputs):
    recordings = clips(2.0, 6.3)
    inputs = encode([ask_about(clip) for clip in recordings])
    ours = model.generate(**inputs, max_new_tokens=12, do_sample=False)
    theirs = stock.generate(**stock_inputs(inputs, recordings), max_new_tokens=12, do_sample=False)
    assert torch.equal(ours, theirs)


def test_what_is_heard_changes_the_answer(model, encode, ask_about, clips):
    clip = clips(2.0)[0]
    first, second = (model(**encode(ask_about(heard))).logits[:, -1] for heard in (clip, clip[::-1].copy()))
    assert (first - second).abs().max() > 1000 * TOLERANCE


def test_batching_changes_nothing(model, encode, ask_about, clips):
    recordings = clips(0.4, 7.7, 2.2)
    batch = encode([ask_about(clip) for clip in recordings])
    with torch.no_grad():
        together = model(**batch).logits[:, -1]
        alone = torch.cat([model(**encode(ask_about(clip))).logits[:, -1] for clip in recordings])
    assert (together - alone).abs().max() <= TOLERANCE


def test_a_compiled_model_gives_the_same(model, encode, ask_about, clips):
    """Prompts with recordings too, of one length and of several."""
    compiled = torch.compile(model, backend="eager")
    inputs = encode([ask_about(*clips(1.0, 1.0)), ask_about(*clips(0.4))])
    with torch.no_grad():
        assert (compiled(**inputs).logits - model(**inputs).logits).abs().max() <= TOLERANCE
    torch.compiler.reset()


def test_a_batch_costs_what_the_sum_of_its_recordings_costs(model, encode, ask_about, clips, count_calls):
    """Convolutions and layers see no padding: 2n + 1 frames for n positions, at most 3000."""
    encoder = model.model.audio_tower
    convolved = [
        count_calls(convolution, lambda hidden: hidden.shape[0] * hidden.shape[2])
        for convolution in (encoder.conv1, encoder.conv2)
    ]
    positions = count_calls(encoder.layers[0], lambda hidden, packing: hidden.shape[0])
    inputs = encode([ask_about(clip) for clip in clips(0.5, 30.0, 2.0, 0.5)])
    with torch.no_grad():
        model(**inputs)
    assert [sum(count) for count in convolved] == [51 + 3000 + 201 + 51] * 2
    assert positions == [25 + 1500 + 100 + 25]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.bool])
def test_a_mask_of_any_type_is_the_same(model, encode, ask_about, clips, dtype):
    inputs = encode([ask_about(clip) for clip in clips(0.4, 2.0)])
    with torch.no_grad():
        expected = model(**inputs).logits
        inputs["feature_attention_mask"] = inputs["feature_attention_mask"].to(dtype)
        assert torch.equal(model(**inputs).logits, expected)


def test_logits_to_keep(model, encode, ask_about, clips):
    inputs = encode(ask_about(*clips(1.0)))
    with torch.no_grad():
        last, whole = model(**inputs, logits_to_keep=1).logits, model(**inputs).logits
    assert last.shape[1] == 1
    assert torch.allclose(last[:, 0], whole[:, -1], atol=1e-6)


def test_text_alone_is_answered_as_by_the_stock_class(model, stock, encode):
    asked = [[{"role": "user", "content": [{"type": "text", "text": text}]}] for text in ("Hello?", "Who is there?")]
    inputs = encode(asked)
    assert "input_features" not in inputs
    with torch.no_grad():
        ours, theirs = model(**inputs).logits, stock(**inputs).logits
    valid = inputs["attention_mask"].bool()
    assert theirs[valid].abs().max() > 0.1
    assert (ours - theirs)[valid].abs().max() <= TOLERANCE
    answers = [net.generate(**inputs, max_new_tokens=6, do_sample=False) for net in (model, stock)]
    assert torch.equal(*answers) and answers[0].shape[1] == inputs["input_ids"].shape[1] + 6


def test_spec_augment_masks_in_training_alone(model, encode, ask_about, clips):
    from modeling_audio_reasoner.encoder_audio_reasoner import AudioReasonerEncoder

    config = type(model.config.audio_config)(
        **{**model.config.audio_config.to_dict(), "apply_spec_augment": True, "mask_time_prob": 0.5}
    )
    encoder = AudioReasonerEncoder(config)
    encoder.load_state_dict(model.model.audio_tower.state_dict())
    inputs = encode(ask_about(*clips(2.0)))
    features = inputs["input_features"], inputs["feature_attention_mask"]
    plain = model.model.audio_tower(*features).last_hidden_state
    assert torch.equal(encoder.eval()(*features).last_hidden_state, plain)
    torch.manual_seed(0)
    assert not torch.allclose(encoder.train()(*features).last_hidden_state, plain)


class TestRefusals:
    """Audio that is not heard is an error."""

    @pytest.fixture
    def inputs(self, encode, ask_about, clips):
        return dict(encode(ask_about(*clips(1.0))))

    def test_placeholders_without_features(self, model, inputs):
        del inputs["input_features"], inputs["feature_attention_mask"]
        with pytest.raises(ValueError, match="25 audio placeholders, but no input_features"):
            model(**inputs)
        with pytest.raises(ValueError, match="would answer without hearing"):
            model.generate(**inputs, max_new_tokens=2)

    def test_features_without_placeholders(self, model, inputs):
        inputs["input_ids"] = inputs["input_ids"].masked_fill(inputs["input_ids"] == model.config.audio_token_id, 0)
        with pytest.raises(ValueError, match="holds 0 audio placeholders, but the audio gives 25"):
            model(**inputs)

    def test_one_placeholder_too_few(self, model, inputs):
        position = (inputs["input_ids"][0] == model.config.audio_token_id).nonzero()[0]
        inputs["input_ids"][0, position] = 0
        with pytest.raises(ValueError, match="24 audio placeholders"):
            model(**inputs)

    def test_features_without_mask(self, model, inputs):
        del inputs["feature_attention_mask"]
        with pytest.raises(ValueError, match="without feature_attention_mask"):
            model(**inputs)

    def test_features_that_are_padded_at_the_beginning(self, model, encode, ask_about, clips):
        inputs = encode([ask_about(clip) for clip in clips(1.0, 2.0)])
        flipped = {**inputs, "feature_attention_mask": inputs["feature_attention_mask"].flip(1)}
        with pytest.raises(ValueError, match="is not 1 on a window's first frames"):
            model(**flipped)
        with pytest.raises(ValueError, match="is not 1 on a window's first frames"):
            model(**{**inputs, "feature_attention_mask": 2 * inputs["feature_attention_mask"]})

    @pytest.mark.parametrize("value", [float("nan"), float("inf")])
    def test_features_that_are_no_numbers(self, model, inputs, value):
        inputs["input_features"][0, 5, 7] = value
        with pytest.raises(ValueError, match="input_features hold NaN or infinite"):
            model(**inputs)

    def test_mask_without_features(self, model, inputs):
        del inputs["input_features"]
        with pytest.raises(ValueError, match="without input_features"):
            model(**inputs)

    def test_mask_without_features_beside_embeddings(self, model, inputs):
        embeddings = model.get_input_embeddings()(inputs["input_ids"])
        with pytest.raises(ValueError, match="without input_features"):
            model(inputs_embeds=embeddings, feature_attention_mask=inputs["feature_attention_mask"])

    @pytest.mark.parametrize("name", ["input_features", "feature_attention_mask"])
    def test_what_is_not_a_tensor(self, model, inputs, name):
        for given in (inputs[name].numpy(), inputs[name].tolist()):
            with pytest.raises(ValueError, match=f"{name} is a {type(given).__name__}, not a tensor: call"):
                model(**{**inputs, name: given})

    def test_placeholders_that_are_off_by_one_in_two_prompts(self, model, encode, ask_about, clips):
        """One too many and one too few make the right sum: a prompt would hear the end of another's clip."""
        inputs = encode([ask_about(clip) for clip in clips(1.0, 1.0)])
        ids, token = inputs["input_ids"], model.config.audio_token_id
        first, last = (ids[0] == token).nonzero()[0], (ids[1] == token).nonzero()[-1]
        ids[0, first], ids[1, last + 1] = 0, token
        with pytest.raises(ValueError, match="placeholders of prompt 0 do not match"):
            model(**inputs)
        with pytest.raises(ValueError, match="placeholders of prompt 0 do not match"):
            model.generate(**inputs, max_new_tokens=1)

    def test_a_turn_after_a_cache(self, model, inputs):
        """A new turn with placeholders and no recording is refused, though the cache is not empty."""
        with torch.no_grad():
            cache = model(**inputs).past_key_values
        placeholder = torch.full((1, 3), model.config.audio_token_id)
        with pytest.raises(ValueError, match="3 audio placeholders, but no input_features"):
            model(input_ids=placeholder, past_key_values=cache)

    def test_recordings_twice(self, model, inputs):
        encoded = model.get_audio_features(inputs["input_features"], inputs["feature_attention_mask"])
        with pytest.raises(ValueError, match="both passed"):
            model(**inputs, mm_encoder_outputs={"audio": encoded})
        with pytest.raises(ValueError, match="Pass recordings once"):
            model.generate(**inputs, mm_encoder_outputs={"audio": encoded}, max_new_tokens=1)

    def test_labels_beside_logits_to_keep(self, model, inputs):
        with pytest.raises(ValueError, match="labels and logits_to_keep were both passed"):
            model(**inputs, labels=inputs["input_ids"], logits_to_keep=1)

    @pytest.mark.parametrize("name", ["output_hidden_states", "output_attentions"])
    def test_what_the_encoder_does_not_keep(self, model, inputs, name):
        with pytest.raises(ValueError, match=f"leave {name} out"):
            model.model.audio_tower(inputs["input_features"], inputs["feature_attention_mask"], **{name: True})

    def test_features_of_another_model(self, model, inputs):
        inputs["input_features"] = inputs["input_features"][:, :80]
        with pytest.raises(ValueError, match=r"expected \(windows, 128, frames\)"):
            model(**inputs)


def test_saved_names_are_those_of_qwen2_audio(model, stock_folder, tmp_path):
    model.save_pretrained(tmp_path)
    ours, theirs = load_file(tmp_path / "model.safetensors"), load_file(stock_folder / "model.safetensors")
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    new = type(model)(model.config)  # which no conversion came with
    new.save_pretrained(tmp_path / "new")
    assert load_file(tmp_path / "new" / "model.safetensors").keys() == theirs.keys()
