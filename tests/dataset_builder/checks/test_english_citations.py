"""Citations of the reference in plain English: sentences the grammar was made with, and sentences it was not."""

from __future__ import annotations

import pytest
from citation_sentences import HELD_OUT, HELD_OUT_HARMLESS, SEEN, SEEN_HARMLESS

from dataset_builder.checks.leaks import check_citations


AFTER = " The bark comes a single time."
"""So that the sentence before it is not the conclusion of the reasoning."""


@pytest.mark.parametrize("text", SEEN)
def test_citations_fail(make_row, text):
    found = check_citations(make_row(reasoning=text + AFTER))
    assert found is not None and found.startswith("The section 'reasoning' cites")


@pytest.mark.parametrize("text", SEEN_HARMLESS)
def test_what_only_sounds_like_a_citation_holds(make_row, text):
    assert check_citations(make_row(reasoning=text + AFTER)) is None


def test_the_shares_of_sentences_that_the_grammar_was_not_made_with(make_row, capsys):
    """The share is printed: it says more of other texts than the lists above, of which every sentence is right."""
    caught = [text for text in HELD_OUT if check_citations(make_row(reasoning=text + AFTER))]
    refused = [text for text in HELD_OUT_HARMLESS if check_citations(make_row(reasoning=text + AFTER))]
    with capsys.disabled():
        print(
            f"\n{len(caught)} of {len(HELD_OUT)} citations held out are caught; of {len(HELD_OUT_HARMLESS)} harmless"
        )
        print(f"sentences held out {len(refused)} are refused: {refused}")
    assert len(caught) >= 0.9 * len(HELD_OUT)
    assert not refused


@pytest.mark.parametrize("section", ["planning", "caption"])
def test_the_answer_is_not_stated_before_the_reasoning(make_row, section):
    text = "So the correct answer is the rooster crowing, and I follow each call from its start."
    assert check_citations(make_row(**{section: text})) is not None
    for later in ("reasoning", "summary", "response"):
        assert check_citations(make_row(**{later: text})) is None


def test_the_reasoning_may_end_in_the_answer(make_row):
    assert check_citations(make_row(reasoning="It comes three times. The correct answer is the rooster.")) is None
    begun = "The correct answer is the rooster. It comes three times."
    assert (check_citations(make_row(reasoning=begun)) or "").endswith("'correct answer is'.")


def test_the_summary_says_the_answer(make_row):
    assert check_citations(make_row(summary="The answer is therefore the rooster crowing.")) is None
