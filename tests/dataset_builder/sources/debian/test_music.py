"""Scores, what is read back from their MIDI files, and renders that fail."""

from __future__ import annotations

import json
import struct
from collections import Counter, defaultdict

import pytest

from dataset_builder.sources.debian import mma
from dataset_builder.sources.debian.midi_facts import read_midi
from dataset_builder.sources.debian.mma_grooves import GROOVES, Groove
from dataset_builder.sources.debian.mma_scores import LEADS, TEMPO_BANDS, Score, compose


WALTZ = Groove("stdlib/waltz:Waltz", "waltz", 3)
MELODY = (((62, 1), (65, 0.5), (64, 0.5), (74, 1)), ((57, 2), (60, 1)))
SCORE = Score("a", WALTZ, "violin", "slow", 66, "D", "minor", ("Dm", "Gm"), MELODY, 8.5, 7)
TEXT = """RndSeed 7
Tempo 66
Groove stdlib/waltz:Waltz
AllTracks Volume mp
Begin Solo
  Voice Violin
  Octave 5
  Volume f
  Articulate 90
End
1 Dm {4dn;8fn;8en;4dn+;}
2 Gm {2an-;4cn;}
"""


def midi(*tracks: bytes) -> bytes:
    header = b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), 192)
    return header + b"".join(b"MTrk" + struct.pack(">I", len(track)) + track for track in tracks)


TEMPO = b"\x00\xff\x51\x03" + (909_091).to_bytes(3, "big") + b"\x00\xff\x2f\x00"
# Violin on channel 1, two notes by running status, the second's end as a strike of loudness 0; a drum.
PLAYED = b"\x00\xc1\x28\x00\x91\x3e\x60\x81\x40\x3e\x00\x00\x41\x60\x00\x99\x24\x60\x00\xff\x2f\x00"


def test_a_score_in_the_notation():
    assert SCORE.text() == TEXT
    assert SCORE.key == "D minor"


def test_a_bar_of_the_wrong_length_is_refused():
    with pytest.raises(ValueError, match="holds 4 quarter notes and stdlib/waltz:Waltz has bars of 3"):
        Score("a", WALTZ, "violin", "slow", 66, "D", "minor", ("Dm",), (((62, 4),),), 8.5, 7)


def test_scores_are_the_same_every_time():
    assert [score.text() for score in compose()] == [score.text() for score in compose()]
    assert compose(seed=1) != compose(seed=2)


def test_tempo_lead_and_genre_do_not_tell_of_each_other():
    scores = compose()
    assert len({score.name for score in scores}) == len(scores) == 6 * len(GROOVES)
    by_groove = defaultdict(Counter)
    for score in scores:
        by_groove[score.groove.name][score.tempo_class] += 1
    assert all(set(bands.values()) == {2} for bands in by_groove.values())
    pairs = Counter((score.lead, score.tempo_class) for score in scores)
    assert len(pairs) == len(LEADS) * len(TEMPO_BANDS)
    assert max(pairs.values()) - min(pairs.values()) <= 1


def test_scores_are_as_they_say():
    for score in compose():
        low, high = TEMPO_BANDS[score.tempo_class]
        assert low <= score.tempo_bpm <= high
        assert score.chords[0] == score.tonic + ("" if score.mode == "major" else "m")
        assert len(score.chords) * score.groove.beats * 60 / score.tempo_bpm > score.seconds
        assert 8 <= score.seconds <= 12


def test_every_genre_has_groups_for_three_splits():
    assert len(GROOVES) == len({groove.name for groove in GROOVES})
    libraries = defaultdict(set)
    for groove in GROOVES:
        libraries[groove.genre].add(groove.library)
        assert groove.beats == (3 if groove.genre == "waltz" else 4)
    assert len(libraries) == 8
    assert min(len(found) for found in libraries.values()) >= 3


def test_midi_files_are_read_back(tmp_path):
    file = tmp_path / "a.mid"
    file.write_bytes(midi(TEMPO, PLAYED))
    facts = read_midi(file)
    assert [round(tempo) for tempo in facts.tempi] == [66]
    assert facts.notes == {40: [62, 65]}
    assert facts.instruments() == ["drums", "strings"]


@pytest.mark.parametrize("content", [b"RIFF....", midi(TEMPO, PLAYED)[:-9]])
def test_what_is_no_whole_midi_file_is_refused(tmp_path, content):
    file = tmp_path / "a.mid"
    file.write_bytes(content)
    with pytest.raises(ValueError, match="a.mid"):
        read_midi(file)


@pytest.fixture
def studio(unpacked, monkeypatch):
    """A tenth of the scores, the packages in the cache, and a stand-in for MMA and fluidsynth.

    It fails for the scores whose names are in the set that this returns.
    """
    scores = compose()[::12]
    monkeypatch.setattr(mma, "compose", lambda: scores)
    unpacked(mma._PROGRAM, {"usr/bin/mma": b"", "usr/share/mma/lib/a.mma": b""})
    unpacked(mma._SOUNDFONT, {"usr/share/sounds/sf2/TimGM6mb.sf2": b""})
    monkeypatch.setattr(mma, "require_programs", lambda cache: None)
    broken: set[str] = set()

    def play(score, folder, work, program, soundfont):
        if score.name in broken:
            raise ValueError("MMA says: the note lies after the bar's end")
        (folder / f"{score.name}.flac").write_bytes(b"flac")
        return {"name": score.name, "bytes": 4, "instruments": ["drums"]}

    monkeypatch.setattr(mma, "_render_score", play)
    return broken


def test_renders_know_their_scores(cache, studio):
    steps = []
    assert mma.render(cache, 2, lambda done, whole: steps.append((done, whole))) == []
    scores = mma.compose()
    assert steps[-1] == (len(scores), len(scores))
    recordings = mma.read(cache)
    assert len(recordings) == len(scores)
    first, score = recordings[0], scores[0]
    assert first.id == f"mma/{score.name}" and first.group == f"mma/{score.groove.name}"
    assert first.annotations["tempo_bpm"] == score.tempo_bpm
    assert first.annotations["chords"] == list(score.chords)
    assert first.annotations["lead_instrument"] == score.lead
    json.dumps(first.annotations)


def test_a_failed_score_is_reported_and_left_out(cache, studio):
    name = mma.compose()[3].name
    studio.add(name)
    assert mma.render(cache, 2) == [f"The score {name} was left out: MMA says: the note lies after the bar's end"]
    assert f"mma/{name}" not in {recording.id for recording in mma.read(cache)}


def test_many_failed_scores_are_an_error(cache, studio):
    studio.update(score.name for score in mma.compose())
    with pytest.raises(OSError, match="57 of 57 scores could not be rendered; the first: .*bar's end"):
        mma.render(cache, 2)
    with pytest.raises(FileNotFoundError, match="run `audio-reasoner fetch`"):
        mma.read(cache)


def test_a_render_that_went_missing_is_named(cache, studio):
    mma.render(cache, 2)
    mma.read(cache)[5].audio.path.unlink()
    with pytest.raises(OSError, match=f"{mma.compose()[5].name}.flac is missing"):
        mma.read(cache)


def test_a_missing_fluidsynth_is_named(cache, monkeypatch):
    monkeypatch.setattr(mma.shutil, "which", lambda program: None)
    with pytest.raises(FileNotFoundError, match="install the package fluidsynth"):
        mma.require_programs(cache)


def test_clips_are_cut_faded_and_levelled(tmp_path):
    import numpy as np
    import soundfile

    wav, flac = tmp_path / "a.wav", tmp_path / "a.flac"
    soundfile.write(wav, np.full((3000, 2), 0.25), 1000)
    mma._write_clip(wav, flac, 2.0)
    waveform, rate = soundfile.read(flac)
    assert (len(waveform), rate) == (2000, 1000)
    assert waveform.max() == pytest.approx(mma.PEAK, abs=1e-3)
    assert waveform[-1] == 0
    with pytest.raises(ValueError, match="lasts 3.00 s"):
        mma._write_clip(wav, flac, 3.5)
