"""All facts of a recording together: those that apply, as JSON, the same every time."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from known_sounds import RATE, cadence, noise, sine, voice

from dataset_builder.measuring import facts as module
from dataset_builder.measuring.facts import measure
from dataset_builder.recording import DOMAINS


DOCUMENTED = set(re.findall(r"^\| `(\w+)`", module.__doc__ or "", flags=re.MULTILINE))
ALWAYS = {"duration", "rate", "loudness", "peak", "clipped", "silence", "silent_share", "speech", "speech_share"}


def strictly_json(facts: dict) -> str:
    return json.dumps(facts, allow_nan=False)


def test_the_facts_of_speech(spoken):
    facts = measure(spoken, RATE, "speech")
    assert facts["duration"] == 7.0
    assert facts["rate"] == RATE
    assert -30 < facts["loudness"] < -15
    assert facts["clipped"] == 0
    assert facts["silent_share"] == pytest.approx(4 / 7, abs=0.05)
    assert facts["speech_share"] == pytest.approx(3 / 7, abs=0.08)
    assert 90 < facts["pitch_range"][0] < facts["pitch_range"][2] < 160
    assert not {"tempo", "key"} & set(facts)


def test_facts_by_domain(spoken):
    assert "pitch_range" in measure(spoken, RATE, "speech")
    for domain in ("sound", "music"):
        assert not {"pitch_range", "pitch_voiced_share"} & set(measure(spoken, RATE, domain))
    assert measure(cadence(9, "minor"), RATE, "music")["key"] == "A minor"
    assert "key" not in measure(cadence(9, "minor"), RATE, "sound")


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize(
    "wave",
    [
        np.zeros(3 * RATE, dtype=np.float32),
        np.full(3 * RATE, 0.5, dtype=np.float32),
        np.full(1, 1.0, dtype=np.float32),
        voice(0.01),
        sine(997, 5, RATE, 3),
        1e-9 * noise(5, RATE),
        np.eye(1, 5 * RATE, 7, dtype=np.float32)[0],
    ],
    ids=["silence", "constant", "one sample", "10 ms", "overdriven", "all but silent", "one click"],
)
@pytest.mark.parametrize("rate", [8_000, RATE, 192_000])
def test_nothing_is_ever_not_a_number(wave, rate, domain):
    facts = measure(wave, rate, domain)
    strictly_json(facts)
    assert set(facts) >= ALWAYS
    assert set(facts) <= DOCUMENTED
    assert 0 <= facts["silent_share"] <= 1
    assert 0 <= facts["speech_share"] <= 1


def test_silence_is_silent_throughout():
    facts = measure(np.zeros(3 * RATE, dtype=np.float32), RATE, "sound")
    assert facts["loudness"] is None and facts["peak"] is None
    assert facts["silence"] == [[0.0, 3.0]] and facts["silent_share"] == 1.0
    assert facts["speech"] == [] and facts["speech_share"] == 0.0
    assert "bandwidth" not in facts and "dynamic_range" not in facts


def test_the_same_samples_give_the_same_facts(spoken):
    for domain in DOMAINS:
        assert strictly_json(measure(spoken, RATE, domain)) == strictly_json(measure(spoken.copy(), RATE, domain))


def test_the_waveform_is_left_as_it_was(spoken):
    kept = spoken.copy()
    kept.flags.writeable = False
    measure(kept, RATE, "music")
    assert np.array_equal(kept, spoken)


@pytest.mark.parametrize(
    ("wave", "rate", "domain", "error"),
    [
        (np.zeros(0, dtype=np.float32), RATE, "sound", "zero samples"),
        (np.array([0.0, np.nan], dtype=np.float32), RATE, "sound", "NaN"),
        (np.zeros((2, 9), dtype=np.float32), RATE, "sound", r"shape \(2, 9\)"),
        (np.zeros(9, dtype=np.int16), RATE, "sound", "int16"),
        (np.zeros(9, dtype=np.float32), 0, "sound", "rate is 0"),
        (np.zeros(9, dtype=np.float32), RATE, "noise", "sound, speech, music"),
    ],
)
def test_what_cannot_be_measured_is_refused(wave, rate, domain, error):
    with pytest.raises(ValueError, match=error):
        measure(wave, rate, domain)
