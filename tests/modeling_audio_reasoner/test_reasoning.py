"""The grammar: parse and render are inverse of each other; problems name what is missing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeling_audio_reasoner import SECTIONS, TAGS, Reasoning, parse_reasoning


WELL_FORMED = (
    "<THINK><PLANNING>Listen.</PLANNING><CAPTION>A bell.</CAPTION><REASONING>It rings.</REASONING>"
    "<SUMMARY>So a bell.</SUMMARY></THINK><RESPONSE>bell</RESPONSE>"
)

words = st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1).filter(
    lambda text: text.strip() and not any(tag in text for tag in TAGS)
)


@given(st.tuples(*[words] * 5))
def test_parse_inverts_render(sections):
    reasoning = Reasoning(*sections)
    assert parse_reasoning(reasoning.render()) == reasoning


def test_render_inverts_parse():
    parsed = parse_reasoning(WELL_FORMED)
    assert parsed == Reasoning("Listen.", "A bell.", "It rings.", "So a bell.", "bell")
    assert parsed.complete and parsed.render() == WELL_FORMED


def test_white_space_between_tags_is_allowed():
    spaced = WELL_FORMED.replace("><", ">\n<").replace("Listen.", "\n Listen. \n")
    assert parse_reasoning(spaced).complete
    assert parse_reasoning(spaced).render() == WELL_FORMED


@given(st.text() | st.lists(st.sampled_from([*TAGS, " word ", "<", ">"])).map("".join))
def test_any_text_is_parsed_and_only_well_formed_text_is_complete(text):
    parsed = parse_reasoning(text)
    assert parsed.complete == (not parsed.problems)
    if parsed.complete:
        assert parse_reasoning(parsed.render()) == parsed


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (WELL_FORMED.replace("<CAPTION>A bell.</CAPTION>", ""), "the section 'caption' is missing"),
        (WELL_FORMED.replace("</REASONING>", ""), "the section 'reasoning' is not closed"),
        (WELL_FORMED.replace("A bell.", " "), "the section 'caption' is empty"),
        (WELL_FORMED.removesuffix("</RESPONSE>"), "the section 'response' is not closed"),
        (WELL_FORMED.replace("</THINK>", ""), "</THINK> is missing"),
        (WELL_FORMED + " and more", "there is text after </RESPONSE>"),
        ("Well: " + WELL_FORMED, "there is text before the first tag"),
        (WELL_FORMED.replace("</PLANNING>", "</PLANNING>hm"), "there is text between </PLANNING> and <CAPTION>"),
        (WELL_FORMED + "<RESPONSE>x</RESPONSE>", "the section 'response' is opened 2 times"),
        (
            WELL_FORMED.replace("<PLANNING>Listen.</PLANNING>", "").replace(
                "<SUMMARY>", "<PLANNING>Listen.</PLANNING><SUMMARY>"
            ),
            "the tags are out of order or repeated",
        ),
    ],
)
def test_a_malformed_answer_says_what_it_lacks(text, problem):
    parsed = parse_reasoning(text)
    assert not parsed.complete
    assert problem in parsed.problems


def test_what_can_be_found_is_returned():
    parsed = parse_reasoning("<THINK><PLANNING>Listen.</PLANNING><CAPTION>A bell<RESPONSE>bell</RESPONSE>")
    assert (parsed.planning, parsed.caption, parsed.reasoning, parsed.response) == ("Listen.", "A bell", None, "bell")


@pytest.mark.parametrize("section", SECTIONS)
def test_render_refuses_what_could_not_be_parsed_back(section):
    whole = dict.fromkeys(SECTIONS, "words")
    with pytest.raises(ValueError, match=f"'{section}' is missing or empty"):
        Reasoning(**{**whole, section: "  "}).render()
    with pytest.raises(ValueError, match=f"'{section}' holds the tag </SUMMARY>"):
        Reasoning(**{**whole, section: "so </SUMMARY> what"}).render()


def test_only_text_is_parsed():
    with pytest.raises(ValueError, match="not list"):
        parse_reasoning([1, 2])
