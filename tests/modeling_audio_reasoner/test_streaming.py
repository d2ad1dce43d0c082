"""Sections arrive as they are written, whole and in order, whatever the tokens are cut into."""

from __future__ import annotations

import asyncio
import threading

import pytest
import torch

from modeling_audio_reasoner import SECTIONS, AsyncReasoningStreamer, Reasoning, ReasoningStreamer


ANSWER = Reasoning("Écoute <b>", "a bell 🔔", "3 < 4, so it rings", "yes", "bell").render()


def events_of(tokenizer, text: str):
    streamer = ReasoningStreamer(tokenizer, timeout=5)
    streamer.put(torch.tensor([[1, 2, 3]]))
    for token in tokenizer(text)["input_ids"]:
        streamer.put(torch.tensor([token]))
    streamer.end()
    return list(streamer)


def test_sections_open_carry_their_text_and_close(tokenizer):
    events = events_of(tokenizer, ANSWER)
    assert [event.section for event in events if event.kind == "opened"] == list(SECTIONS)
    assert [event.section for event in events if event.kind == "closed"] == list(SECTIONS)
    texts = {name: "".join(e.text for e in events if e.kind == "text" and e.section == name) for name in SECTIONS}
    assert texts == {
        "planning": "Écoute <b>",
        "caption": "a bell 🔔",
        "reasoning": "3 < 4, so it rings",
        "summary": "yes",
        "response": "bell",
    }


def test_tags_spelled_out_in_pieces_are_tags(tokenizer):
    """A model may write a tag byte by byte: nothing of it is shown as text."""
    streamer = ReasoningStreamer(tokenizer, timeout=5)
    streamer.put(torch.tensor([[0]]))
    for character in ANSWER.encode():
        (token,) = tokenizer.backend_tokenizer.model.tokenize(byte_symbol(character))
        streamer.put(torch.tensor([token.id]))
    streamer.end()
    assert [event.section for event in streamer if event.kind == "opened"] == list(SECTIONS)


def byte_symbol(byte: int) -> str:
    """GPT-2's printable character for a byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    if byte in printable:
        return chr(byte)
    return chr(256 + [other for other in range(256) if other not in printable].index(byte))


def test_text_comes_before_the_answer_is_done(tokenizer):
    streamer = ReasoningStreamer(tokenizer, timeout=5)
    streamer.put(torch.tensor([[0]]))
    for token in tokenizer("<THINK><PLANNING>Lis")["input_ids"]:
        streamer.put(torch.tensor([token]))
    events = iter(streamer)
    assert next(events).kind == "opened"
    assert "".join(next(events).text for _ in range(3)) == "Lis"


def test_text_lags_one_token_at_most(tokenizer):
    """What a token says is out at once, or with the next one where it might begin a tag."""
    streamer = ReasoningStreamer(tokenizer, timeout=5)
    streamer.put(torch.tensor([[0]]))
    put, out = "", ""
    for token in tokenizer("<THINK><PLANNING>If 3 < 4, and < 5, it holds.</PLANNING>")["input_ids"]:
        put += tokenizer.decode([token])
        streamer.put(torch.tensor([token]))
        while not streamer._events.empty():
            event = streamer._events.get()
            out += event.text or {"opened": "<THINK><PLANNING>", "closed": "</PLANNING>"}[event.kind]
        # Behind by one token: the tag that opens no section by itself, and what may be the first letter of a tag.
        assert out == (put.removesuffix("<") if put != "<THINK>" else "")
    assert out == put


def test_text_outside_the_sections_is_not_lost(tokenizer):
    events = events_of(tokenizer, "Hm." + ANSWER)
    assert "".join(event.text for event in events if event.section is None) == "Hm."


def test_batches_are_refused(tokenizer):
    with pytest.raises(ValueError, match="batch of one sequence, got 2"):
        ReasoningStreamer(tokenizer).put(torch.zeros(2, 3))


def test_streams_what_generate_returns(model, processor, encode, ask_about, clips):
    streamer = ReasoningStreamer(processor.tokenizer, timeout=5)
    inputs = encode(ask_about(*clips(1.0)))
    tokens = model.generate(**inputs, streamer=streamer, max_new_tokens=20, do_sample=False)
    written = processor.tokenizer.decode(tokens[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
    shown = "".join(event.text for event in streamer)
    assert "".join(shown.split()) in "".join(written.split())


def test_an_unfinished_character_at_the_end_is_shown(tokenizer):
    """Cut at the token limit in mid character: the rest is shown as it decodes, not dropped."""
    streamer = ReasoningStreamer(tokenizer, timeout=5)
    streamer.put(torch.tensor([[0]]))
    for byte in "ab🔔".encode()[:-1]:
        (token,) = tokenizer.backend_tokenizer.model.tokenize(byte_symbol(byte))
        streamer.put(torch.tensor([token.id]))
    streamer.end()
    assert "".join(event.text for event in streamer) == "ab\ufffd"


def test_the_cost_of_a_token_does_not_grow(tokenizer):
    """The decoder is asked for a few tokens each time, however long the answer has become."""

    class Counting:
        longest = 0

        def decode(self, tokens, **kwargs):
            self.longest = max(self.longest, len(tokens))
            return tokenizer.decode(tokens, **kwargs)

    counting = Counting()
    streamer = ReasoningStreamer(counting, timeout=5)
    streamer.put(torch.tensor([[0]]))
    for token in tokenizer(ANSWER * 5)["input_ids"]:
        streamer.put(torch.tensor([token]))
    streamer.end()
    assert counting.longest <= 5
    assert "".join(event.text for event in streamer).count("Écoute <b>") == 5


def test_events_reach_an_event_loop_while_a_thread_generates(tokenizer):
    async def listen():
        streamer = AsyncReasoningStreamer(tokenizer, timeout=5)
        heard_first = threading.Event()

        def generate():
            streamer.put(torch.tensor([[0]]))
            tokens = tokenizer(ANSWER)["input_ids"]
            for token in tokens[:12]:
                streamer.put(torch.tensor([token]))
            assert heard_first.wait(5)
            for token in tokens[12:]:
                streamer.put(torch.tensor([token]))
            streamer.end()

        thread = threading.Thread(target=generate)
        thread.start()
        events = []
        async for event in streamer:
            events.append(event)
            heard_first.set()
        thread.join()
        return events

    assert asyncio.run(listen()) == events_of(tokenizer, ANSWER)


def test_an_event_loop_is_not_waited_for_in_vain(tokenizer):
    async def listen():
        async for _ in AsyncReasoningStreamer(tokenizer, timeout=0.01):
            pass

    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(listen())
    with pytest.raises(RuntimeError, match="no running event loop"):
        AsyncReasoningStreamer(tokenizer)


def test_a_streamer_can_be_used_again(tokenizer):
    streamer = ReasoningStreamer(tokenizer, timeout=5)
    shown = []
    for _ in range(2):
        streamer.put(torch.tensor([tokenizer("A prompt, which is not shown.")["input_ids"]]))
        for token in tokenizer(ANSWER)["input_ids"]:
            streamer.put(torch.tensor([token]))
        streamer.end()
        shown.append(list(streamer))
    assert shown[0] == shown[1] == events_of(tokenizer, ANSWER)
