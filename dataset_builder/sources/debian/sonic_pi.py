"""The samples of Sonic Pi: drums, tabla, guitar, electronic sounds; mostly CC0, each file's licence is read."""

from __future__ import annotations

import re
from pathlib import Path

from ...audio_reference import AudioReference
from ...recording import Recording
from .event_labels import EventTable
from .packages import Package, require_package


NAME = "sonic-pi"
PACKAGES = (Package(("sonic-pi-samples",), ("usr/share/sonic-pi/*.flac", "usr/share/*/samples/*.flac")),)
SPDX = {"CC0": "CC0-1.0", "MIT": "MIT", "CC-BY-SA-4.0": "CC-BY-SA-4.0"}
EVENTS = EventTable(
    {
        "kick drum": ("bd", "drum_bass", "drum_heavy_kick", "elec_hollow_kick", "elec_soft_kick"),
        "snare drum": (
            *(
                "sn",
                "drum_snare",
                "elec_snare",
                "elec_hi_snare",
                "elec_lo_snare",
                "elec_mid_snare",
                "elec_filt_snare",
                "drum_roll",
            ),
        ),
        "tom": ("drum_tom_hi", "drum_tom_lo", "drum_tom_mid", "elec_fuzz_tom"),
        "cymbal": ("drum_cymbal", "drum_splash", "elec_cymbal"),
        "hi-hat": ("drum_cymbal_closed", "drum_cymbal_open", "drum_cymbal_pedal"),
        "cowbell": ("drum_cowbell",),
        "bell": ("perc_bell", "elec_bell", "elec_chime", "elec_triangle"),
        "tabla": ("tabla",),
        "guitar": ("guit",),
        "synth bass": ("bass",),
        "finger snap": ("perc_snap",),
        "wood block": ("elec_wood",),
        "electronic blip": (
            *(
                "elec_beep",
                "elec_blip",
                "elec_blup",
                "elec_flip",
                "elec_ping",
                "elec_plip",
                "elec_pop",
                "elec_tick",
            ),
            "elec_twip",
        ),
        "robot noise": ("mehackit_robot", "glitch_robot"),
        "telephone": ("mehackit_phone",),
        "whoosh": ("ambi_dark_woosh", "ambi_swoosh", "perc_swash", "perc_swoosh"),
        "humming drone": (
            "ambi_drone",
            "ambi_glass_hum",
            "ambi_haunted_hum",
            "ambi_lunar_land",
            "ambi_soft_buzz",
        ),
        "record scratch": ("vinyl_backspin", "vinyl_rewind", "vinyl_scratch"),
        "explosion": ("misc_cineboom",),
    }
)
# Kinds of many takes by different hands: every file is a group of its own.
OWN_TAKES = {"bd", "sn", "bass", "guit"}
_CLIP = r"usr/share/.*/(?P<name>[^/]+)\.flac"


def split_name(name: str) -> tuple[str, str]:
    """`"drum_snare_hard"` -> (`"drum_snare"`, `"drum_snare"`): what it is a sound of, and the take it comes from."""
    take = re.sub(r"_(hard|soft|full)$", "", name)
    if name.startswith("tabla_"):  # one instrument: a stroke's variants are near-identical
        stroke = re.match(r"tabla_(te|tas|tun|ghe|ke|na|re|dhec)", name)
        return "tabla", stroke.group() if stroke else name
    kind = re.sub(r"\d+$", "", take)
    if EVENTS.label(kind) is None and kind.split("_")[0] in OWN_TAKES:
        return kind.split("_")[0], name
    return kind, take


def parse_licenses(copyright_text: str) -> dict[str, str]:
    """Read a debian/copyright file: name of a sample, without folder and ending -> SPDX; `""` is the rest's."""
    licenses = {}
    for stanza in copyright_text.split("\n\n"):
        files = re.search(r"^Files:((?:.|\n(?=\s))*)", stanza, flags=re.MULTILINE)
        named = re.search(r"^License: *(\S+)", stanza, flags=re.MULTILINE)
        if files is None or named is None:
            continue
        for file in files[1].split():
            name = "" if file == "*" else Path(file).stem
            if file == "*" or "/samples/" in file:
                licenses[name] = SPDX.get(named[1], named[1])
    return licenses


def read(cache: Path) -> list[Recording]:
    """All samples; loops are music, everything else is sound."""
    unpacked = require_package(cache, PACKAGES[0])
    licenses = parse_licenses(unpacked.only(r"usr/share/doc/[^/]+/copyright").read_text(encoding="utf-8"))
    recordings = []
    for match in unpacked.matching(_CLIP):
        name = match["name"]
        kind, take = split_name(name)
        event = EVENTS.label(kind)
        recordings.append(
            Recording(
                id=f"{NAME}/{name}",
                audio=AudioReference(unpacked.folder / match.string),
                source=NAME,
                source_id=name,
                domain="music" if name.startswith("loop_") else "sound",
                license=licenses.get(name, licenses[""]),
                language=None,
                group=f"{NAME}/{take}",
                annotations={"title": name} | ({"event": event} if event else {}),
            )
        )
    return recordings
