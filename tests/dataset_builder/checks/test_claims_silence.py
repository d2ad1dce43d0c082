"""Claims about silence against what was measured."""

from __future__ import annotations

import pytest

from dataset_builder.checks.claims_silence import check_silence


@pytest.mark.parametrize(
    "measured, text",
    [
        ({"silent_share": 0.1}, "The recording is completely silent."),
        ({"silent_share": 0.1}, "The clip remains silent."),
        ({"silent_share": 0.0}, "It is silent throughout."),
        ({"silent_share": 0.4}, "The clip holds only silence."),
        ({"silent_share": 0.2}, "There are no sounds at all."),
        ({"silent_share": 0.2}, "Nothing can be heard."),
        ({"silent_share": 0.5}, "The engine runs without any pauses."),
        ({"silent_share": 0.9}, "There is no silence in it."),
        ({"silence": [[2.0, 2.6]]}, "A silence of ten seconds follows."),
        ({"silence": []}, "A five-second pause follows."),
        ({"silent_share": 0.1}, "The first half of the recording is silent."),
        ({"silent_share": 0.2, "silence": [[8.0, 10.0]]}, "The clip is silent for 5 seconds."),
        ({"silent_share": 0.0}, "Most of the clip is silent."),
        ({"silent_share": 0.7}, "A quarter of the clip is silent."),
        ({"silent_share": 0.7}, "Less than 40% of the recording is silence."),
        ({"silent_share": 0.2, "silence": [[8.0, 10.0]]}, "There is no silence."),
    ],
)
def test_wrong_claims_about_silence_fail(make_row, measured, text):
    assert check_silence(make_row(caption=text, measured=measured)) is not None


@pytest.mark.parametrize(
    "measured, text",
    [
        ({"silent_share": 0.95}, "The recording is completely silent."),
        ({"silent_share": 0.4}, "The first half of the recording is silent."),
        ({"silent_share": 0.2}, "A fifth of the clip is silent."),
        ({"silent_share": 0.2, "silence": [[8.0, 10.0]]}, "20% of the clip is silent."),
        ({"silent_share": 0.7}, "The rest of the clip is silent."),
        ({"silent_share": 0.7}, "Most of the clip is silent, and more than half of the recording is silence."),
        ({"silent_share": 0.2}, "Not much of it: most of the clip is silent in the other choice."),
        ({"silent_share": 0.1, "silence": [[9.0, 10.0]]}, "There is no silence."),
        ({"silent_share": 0.1}, "The clip is silent except for a bell."),
        ({"silent_share": 0.1}, "After the bell nothing can be heard."),
        ({"silent_share": 0.1}, "The dog falls silent."),
        ({"silent_share": 0.1}, "The recording is not silent throughout."),
        ({"silent_share": 0.1}, "If nothing can be heard, the first choice fits."),
        ({"silent_share": 0.1}, "The engine runs without any pauses."),
        ({"silent_share": 0.5}, "She speaks without pauses between the words."),
        ({"silent_share": 0.1}, "The man whispers: “It is silent throughout.”"),
        ({"silence": [[2.0, 4.8]]}, "A silence of three seconds follows."),
        ({}, "It is silent throughout."),
        (None, "It is silent throughout, with a ten-second pause."),
    ],
)
def test_other_claims_about_silence_hold(make_row, measured, text):
    assert check_silence(make_row(caption=text, measured=measured)) is None
