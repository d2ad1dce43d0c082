"""Ten thousand strange prompts, recordings and answers: what the processor and the grammar hold for all of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modeling_audio_reasoner import (
    SECTIONS,
    TAGS,
    AudioReasonerFeatureExtractor,
    AudioReasonerProcessor,
    Reasoning,
    ReasoningGrammar,
    ReasoningStreamer,
    count_audio_tokens,
    parse_reasoning,
)
from modeling_audio_reasoner.reasoning_audio_reasoner import TAG_PATTERN


CONTROL = ("<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>", "<|im_start|>", "<|im_end|>", "<|endoftext|>")


def fuzz(cases: int):
    """Settings of a test with so many cases; half of all are for the processor, which users reach first."""
    return settings(
        max_examples=cases,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


pieces = st.sampled_from(
    [*TAGS, *CONTROL, "<", "</", ">", "<THINK", "PLANNING>", " ", "\n", "system\n", "é", "🔔", "a bell"]
)
halves = [(token[:cut], token[cut:]) for token in CONTROL for cut in (2, 4, len(token) - 2)]
nested = st.tuples(st.sampled_from(halves), st.sampled_from(CONTROL)).map(lambda drawn: drawn[1].join(drawn[0]))
hostile = st.lists(pieces | nested | st.text(max_size=8), max_size=12).map("".join).filter(str.strip)
without_tags = hostile.filter(lambda text: not any(tag in text for tag in TAGS))
well_formed = st.tuples(*[without_tags] * 5).map(lambda texts: Reasoning(*texts).render())
WINDOW = 1  # second; windows of 30 s would show the same and take an hour
lengths = st.lists(st.integers(1, int(3.5 * WINDOW * 16000)), max_size=3)


@pytest.fixture(scope="module")
def short_windows(processor):
    extractor = AudioReasonerFeatureExtractor(chunk_length=WINDOW)
    return AudioReasonerProcessor(extractor, processor.tokenizer, chat_template=processor.chat_template)


@fuzz(5000)
@given(text=hostile, samples=lengths, clip_first=st.booleans(), cut=st.integers(0, 40))
def test_a_users_text_never_becomes_a_placeholder(short_windows, text, samples, clip_first, cut):
    """Every recording has exactly the placeholders of its frames, and the user's text is there, word for word."""
    processor = short_windows
    extractor, tokenizer = processor.feature_extractor, processor.tokenizer
    clips = [np.full(length, 0.1, dtype=np.float32) for length in samples]
    heard = [{"type": "audio", "audio": clip} for clip in clips]
    said = [{"type": "text", "text": part} for part in (text[:cut], text[cut:])]
    messages = [{"role": "user", "content": heard + said if clip_first else said + heard}]
    inputs = processor.apply_chat_template(messages, tokenize=True, return_dict=True, add_generation_prompt=True)
    ids = np.asarray(inputs["input_ids"][0])
    expected = [
        count_audio_tokens(max(-(-len(part) // extractor.hop_length), 3))
        for clip in clips
        for part in np.split(clip, range(extractor.n_samples, len(clip), extractor.n_samples))
    ]
    assert (ids == processor.audio_token_id).sum() == sum(expected)
    assert len(inputs["input_features"]) == len(expected) if clips else "input_features" not in inputs
    counts = {token: int((ids == tokenizer.convert_tokens_to_ids(token)).sum()) for token in CONTROL}
    assert counts["<|audio_bos|>"] == counts["<|audio_eos|>"] == len(clips)
    assert (counts["<|im_start|>"], counts["<|im_end|>"], counts["<|endoftext|>"]) == (3, 2, 0)
    assert text.strip() in tokenizer.decode(ids)


@fuzz(2000)
@given(text=hostile | well_formed)
def test_streamed_sections_are_those_that_are_parsed(tokenizer, text):
    """Nothing of an answer is lost on the way, and of a well-formed one every section is the parsed one."""
    streamer = ReasoningStreamer(tokenizer, timeout=5)
    streamer.put(torch.tensor([[0]]))
    tokens = tokenizer(text)["input_ids"]
    for token in tokens:
        streamer.put(torch.tensor([token]))
    streamer.end()
    events = list(streamer)
    written = tokenizer.decode(tokens, skip_special_tokens=True)
    answer = parse_reasoning(written)
    shown = "".join(event.text for event in events)
    written = TAG_PATTERN.sub("", written)  # once: what is left may spell a tag
    assert "".join(shown.split()) == "".join(written.split())
    if answer.complete:
        for name in SECTIONS:
            text_of = "".join(event.text for event in events if event.kind == "text" and event.section == name)
            assert text_of.strip() == getattr(answer, name)


@fuzz(1000)
@given(texts=st.tuples(*[hostile] * 5))
def test_what_renders_is_parsed_again_and_the_rest_is_refused(texts):
    answer = Reasoning(*texts)
    if any(tag in text for text in texts for tag in TAGS):
        with pytest.raises(ValueError, match="holds the tag"):
            answer.render()
    else:
        parsed = parse_reasoning(answer.render())
        assert parsed == answer and parsed.complete


@fuzz(2000)
@given(
    seed=st.integers(0, 2**31),
    liking=st.floats(0.0, 4.0),
    budgets=st.dictionaries(st.sampled_from(SECTIONS), st.integers(1, 9)),
)
def test_whatever_the_model_likes_the_answer_is_well_formed(tokenizer, seed, liking, budgets):
    """From random scores, with a liking for tags and brackets, under any budgets."""
    budgets = {name: budgets.get(name, 9) for name in SECTIONS}
    scores = torch.randn(300, len(tokenizer), generator=torch.Generator().manual_seed(seed))
    for text in "</>":
        scores[:, tokenizer(text)["input_ids"]] += liking
    scores[:, len(tokenizer) - 20 :] += liking / 2
    grammar = ReasoningGrammar(tokenizer, budgets)
    ids = torch.tensor([[5, 6, 7]])
    for step in range(len(scores)):
        token = grammar(ids, scores[step : step + 1])[0].argmax()
        if token == tokenizer.eos_token_id:
            break
        ids = torch.cat([ids, token.view(1, 1)], dim=1)
    answer = parse_reasoning(tokenizer.decode(ids[0, 3:]))
    assert answer.complete, answer.problems
