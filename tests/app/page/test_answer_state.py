"""From events to what is shown of an answer, to its end."""

from __future__ import annotations

from itertools import count

from app.page.answer_state import TITLES, Answer, Part, moments
from modeling_audio_reasoner import Reasoning
from modeling_audio_reasoner.reasoning_audio_reasoner import SECTIONS, parse_reasoning
from modeling_audio_reasoner.streaming_audio_reasoner import ReasoningEvent


def opened(section: str) -> ReasoningEvent:
    return ReasoningEvent("opened", section)


def text(section: str | None, words: str) -> ReasoningEvent:
    return ReasoningEvent("text", section, words)


def closed(section: str) -> ReasoningEvent:
    return ReasoningEvent("closed", section)


def after(*events: ReasoningEvent) -> Answer:
    answer = Answer("waiting", note="Wait.")
    for event in events:
        answer = answer.after(event)
    return answer


def test_the_sections_are_those_of_the_grammar():
    assert tuple(TITLES) == SECTIONS


def test_a_section_opens_fills_and_closes():
    assert after(opened("planning")).parts == (Part("planning"),)
    assert after(opened("planning"), text("planning", "Lis"), text("planning", "ten.")).parts == (
        Part("planning", "Listen."),
    )
    whole = after(opened("planning"), text("planning", "Listen."), closed("planning"), opened("caption"))
    assert whole.parts == (Part("planning", "Listen.", closed=True), Part("caption"))
    assert whole.state == "writing" and whole.note == "" and whole.missing == ("reasoning", "summary", "response")


def test_everything_that_was_written_is_kept():
    """Text outside sections, a section that stays open, and one that is opened twice."""
    answer = after(
        text(None, "Hm"),
        text(None, "m."),
        opened("planning"),
        text("planning", "a"),
        opened("caption"),
        closed("caption"),
        opened("caption"),
        text("caption", "b"),
        closed("summary"),
    )
    assert answer.parts == (
        Part(None, "Hmm."),
        Part("planning", "a"),
        Part("caption", "", closed=True),
        Part("caption", "b"),
    )


def test_text_behind_a_closed_section_is_outside_of_it():
    """The streamer names no section there."""
    answer = after(opened("response"), text("response", "dog"), closed("response"), text(None, "or cat"))
    assert answer.parts == (Part("response", "dog", closed=True), Part(None, "or cat"))


def test_the_end_says_what_is_missing():
    whole = Answer("writing").ended(Reasoning("a", "b", "c", "d", "e"), "It was cut off.")
    assert (whole.state, whole.note, whole.problems) == ("complete", "", ())
    cut = Answer("writing").ended(parse_reasoning("<THINK><PLANNING>a</PLANNING>"), "It was cut off.")
    assert (cut.state, cut.note) == ("incomplete", "It was cut off.")
    assert "the section 'response' is missing" in cut.problems and "</THINK> is missing" in cut.problems


def test_only_an_answer_on_its_way_is_stopped():
    assert Answer("waiting").stopped().state == Answer("writing", (Part("planning"),)).stopped().state == "stopped"
    for state in ("empty", "complete", "incomplete", "refused"):
        assert Answer(state).stopped() == Answer(state)


def test_each_opening_and_closing_is_shown_and_text_now_and_then():
    """Ten pieces of text 0.05 s apart are shown every 0.1 s."""
    events = [opened("planning"), *[text("planning", str(digit)) for digit in range(10)], closed("planning")]
    ticks = count()

    def clock() -> float:
        return 0.05 * next(ticks) / 2  # looked at twice where something is shown

    shown = list(moments(events, clock))
    assert [part.text for answer in shown[:1] for part in answer.parts] == [""]
    assert shown[-1].parts == (Part("planning", "0123456789", closed=True),)
    assert 3 < len(shown) < len(events)


def test_the_last_text_is_always_shown():
    shown = list(moments([opened("planning"), text("planning", "a"), text("planning", "b")], lambda: 0.0))
    assert [answer.parts for answer in shown] == [(Part("planning"),), (Part("planning", "ab"),)]
