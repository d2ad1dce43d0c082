"""Event labels, over the file names of the real packages (names/ lists them; no sound of theirs is here)."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from dataset_builder.audio_reference import AudioReference
from dataset_builder.recording import Recording
from dataset_builder.sources.debian import hydrogen, read_recordings, sonic_pi, wesnoth
from dataset_builder.sources.debian.event_labels import LEAST_GROUPS, EventTable, keep_broad_events


NAMES = Path(__file__).parent / "names"
KIT = """<?xml version="1.0"?>
<drumkit_info xmlns="http://www.hydrogen-music.org/drumkit"><name>A kit</name><instrumentList>{}</instrumentList>
</drumkit_info>"""
INSTRUMENT = "<instrument><name>{}</name><layer><filename>{}</filename></layer></instrument>"


@pytest.fixture(scope="module")
def recordings(lay_into, tmp_path_factory):
    """The three corpora of sound events, every file of them one byte long."""
    cache = tmp_path_factory.mktemp("cache")
    names = (NAMES / "wesnoth.txt").read_text().split("\n")[:-1]
    lay_into(cache, wesnoth.PACKAGES[0], {f"usr/share/games/wesnoth/1.16/{name}": b"." for name in names})
    names = (NAMES / "sonic-pi.txt").read_text().split("\n")[:-1]
    licenses = "Files: *\nLicense: MIT\n\nFiles: etc/samples/bd_808.flac\nCopyright: A\nLicense: CC0\n"
    files = {f"usr/share/{name}": b"." for name in names}
    lay_into(cache, sonic_pi.PACKAGES[0], files | {"usr/share/doc/sonic-pi-samples/copyright": licenses.encode()})
    kits = defaultdict(list)
    for line in (NAMES / "hydrogen.tsv").read_text().split("\n")[:-1]:
        kit, instrument, file = line.split("\t")
        kits[kit].append((instrument.replace("&", "&amp;"), file))
    files = {}
    for kit, instruments in kits.items():
        folder = f"usr/share/hydrogen/data/drumkits/{kit}"
        listed = "".join(INSTRUMENT.format(*instrument) for instrument in instruments)
        files[f"{folder}/drumkit.xml"] = KIT.format(listed).encode()
        files |= {f"{folder}/{file}": b"." for _, file in instruments}
    lay_into(cache, hydrogen.PACKAGES[0], files)
    return read_recordings(cache, ["wesnoth", "sonic-pi", "hydrogen-drumkits"])


def by_title(recordings, title):
    (found,) = {
        (recording.annotations.get("event"), recording.group)
        for recording in recordings
        if recording.annotations["title"] == title
    }
    return found


def test_every_file_is_a_recording_of_its_own(recordings):
    assert len(recordings) == len({recording.id for recording in recordings}) > 700
    assert all(recording.audio.path.is_file() and recording.language is None for recording in recordings)


def test_every_event_class_has_groups_for_three_splits(recordings):
    groups = defaultdict(set)
    for recording in recordings:
        if "event" in recording.annotations:
            groups[recording.annotations["event"]].add(recording.group)
    assert len(groups) >= 35
    assert {event: len(found) for event, found in groups.items() if len(found) < LEAST_GROUPS} == {}


def test_no_class_of_the_tables_is_lost(recordings):
    labelled = {recording.annotations.get("event") for recording in recordings}
    of_tables = {*wesnoth.EVENTS.events.values(), *sonic_pi.EVENTS.events.values()}
    assert of_tables - labelled == set()


def test_every_name_in_the_tables_is_a_file(recordings):
    kinds = {wesnoth.split_name(recording.annotations["title"])[0] for recording in recordings}
    assert set(wesnoth.EVENTS.events) - kinds == set()
    kinds = {sonic_pi.split_name(recording.annotations["title"])[0] for recording in recordings}
    assert set(sonic_pi.EVENTS.events) - kinds == set()


@pytest.mark.parametrize(
    ("title", "event"),
    [
        ("birds2", "birdsong"),
        ("crossbow-fire-miss", "bow shot"),
        ("horn-3", "horn call"),
        ("magic-thorns-miss-2", "magic spell"),
        ("bd_808", "kick drum"),
        ("drum_cymbal_closed", "hi-hat"),
        ("tabla_te_ne", "tabla"),
        ('Kick (Tama Superstar 22")', "kick drum"),
        ("Paiste Ride Flink", "cymbal"),
        ("Sangban1 Bell Mute", "bell"),
        ("vinyl_hiss", None),
        ("gold", None),
    ],
)
def test_labels(recordings, title, event):
    assert by_title(recordings, title)[0] == event


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bow", "bow-miss"),
        ("crossbow", "crossbow-fire-miss"),
        ("troll-hit-1", "troll-hit-4"),
        ("mermaid-hit", "mermaid-die"),
        ("drum_snare_hard", "drum_snare_soft"),
        ("tabla_te_m", "tabla_te2"),
        ("Djembe1 Slap", "Djembe1 Bass"),
        ("Paiste Ride", "Paiste Ride Flink"),
    ],
)
def test_near_identical_recordings_are_one_group(recordings, one, other):
    assert by_title(recordings, one)[1] == by_title(recordings, other)[1]


@pytest.mark.parametrize(
    ("one", "other"), [("horn-1", "horn-2"), ("bd_808", "bd_ada"), ("Djembe1 Slap", "Djembe2 Slap")]
)
def test_takes_of_their_own_are_groups_of_their_own(recordings, one, other):
    assert by_title(recordings, one)[1] != by_title(recordings, other)[1]


def test_loops_are_music_without_an_event(recordings):
    loops = [recording for recording in recordings if recording.annotations["title"].startswith("loop_")]
    assert loops and all(loop.domain == "music" and "event" not in loop.annotations for loop in loops)


def test_licences_of_samples_are_read(recordings):
    licenses = {recording.source_id: recording.license for recording in recordings if recording.source == "sonic-pi"}
    assert licenses["bd_808"] == "CC0-1.0"
    assert licenses["bd_ada"] == "MIT"


def test_kits_of_one_maker_share_groups():
    assert hydrogen.instrument_group("Millo-Drums_v.1", "Cowbell") == hydrogen.instrument_group(
        "Millo_MultiLayered3", "Cowbell"
    )
    assert hydrogen.instrument_group("VariBreaks", "Kick") != hydrogen.instrument_group("HardElectro1", "Kick")


def test_a_sample_belongs_to_the_first_instrument_that_plays_it():
    xml = KIT.format(INSTRUMENT.format("Tom Mid", "tom.flac") + INSTRUMENT.format("Tom Hi", "tom.flac"))
    assert hydrogen.parse_kit(xml) == {"tom.flac": "Tom Mid"}


def test_a_name_cannot_stand_for_two_classes():
    with pytest.raises(ValueError, match="'a' stands for both 'bell' and 'horn'"):
        EventTable({"bell": ("a",), "horn": ("b", "a")})


def test_narrow_classes_lose_the_label_and_keep_the_recording(tmp_path):
    def take(event, group):
        return Recording(
            f"x/{group}",
            AudioReference(tmp_path),
            "x",
            group,
            "sound",
            "MIT",
            None,
            group,
            {"event": event, "title": "t"},
        )

    kept = keep_broad_events(
        [take("bell", "1"), take("bell", "2"), take("bell", "3"), take("horn", "4"), take("horn", "4")]
    )
    assert [recording.annotations.get("event") for recording in kept] == ["bell", "bell", "bell", None, None]
    assert kept[3].annotations == {"title": "t"}
