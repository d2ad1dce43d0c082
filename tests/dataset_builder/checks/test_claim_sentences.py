"""Plain English claims, false and true ones, beside what was measured."""

from __future__ import annotations

import held_out_claims
import pytest
from claim_sentences import FALSE, TRUE

from dataset_builder.checks.check import CHECKS


AFTER = " The bark comes a single time."
"""So that the sentence before it is not the conclusion of the reasoning."""
HOLES = {
    "It stays silent for the last six seconds.",  # it may be the dog
    "He speaks of a minute-long recording of his.",
    "It is a purely instrumental recording without any vocals or speech.",
}
"""What no pattern judges rightly."""


def _cases(sentences):
    return [
        pytest.param(check, measured, text, id=f"{check}: {text}")
        for check, groups in sentences.items()
        for measured, texts in groups
        for text in texts
        if text not in HOLES
    ]


def _fails(make_row, check, measured, text):
    return CHECKS[check](make_row(reasoning=text + AFTER, measured=measured)) is not None


@pytest.mark.parametrize("check, measured, text", _cases(FALSE))
def test_false_claims_fail(make_row, check, measured, text):
    assert _fails(make_row, check, measured, text)


@pytest.mark.parametrize("check, measured, text", _cases(TRUE))
def test_true_claims_hold(make_row, check, measured, text):
    assert not _fails(make_row, check, measured, text)


@pytest.mark.parametrize("check", held_out_claims.FALSE)
def test_held_out_sentences_are_as_many_as_promised_and_new(check):
    for held_out, seen in ((held_out_claims.FALSE, FALSE), (held_out_claims.TRUE, TRUE)):
        texts = [text for _, group in held_out[check] for text in group]
        assert len(set(texts)) == len(texts) >= 20
        assert not set(texts) & {text for _, group in seen[check] for text in group}
