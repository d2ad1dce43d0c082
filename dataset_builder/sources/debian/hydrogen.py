"""The drum kits of Hydrogen: struck instruments, each in several loudnesses, labelled by the kits' own files.

Licences as in the package's debian/copyright, by kit.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

from ...audio_reference import AudioReference
from ...recording import Recording
from .packages import Package, require_package


NAME = "hydrogen-drumkits"
PACKAGES = (
    Package(
        ("hydrogen-drumkits",),
        tuple(f"usr/share/hydrogen/data/drumkits/*.{ending}" for ending in ("flac", "wav", "aiff", "xml")),
    ),
)
LICENSES = {
    "Audiophob": "CC0-1.0",
    "BJA_Pacific": "CC-BY-SA-3.0-US",
    "ColomboAcousticDrumkit": "GPL-2.0-or-later",
    "ElectricEmpireKit": "GPL-2.0-or-later",
    "ForzeeStereo": "GPL-2.0-only",
    "Gimme A Hand 1.0": "GPL-2.0-only",
    "HardElectro1": "GPL-2.0-or-later",
    "Millo-Drums_v.1": "GPL-2.0-only",
    "Millo_MultiLayered2": "GPL-2.0-only",
    "Millo_MultiLayered3": "GPL-2.0-only",
    "The Black Pearl 1.0": "GPL-2.0-only",
    "VariBreaks": "GPL-2.0-or-later",
    "circAfrique v4": "CC-BY-SA-3.0",
    "rumpf_kit_z01_h2": "CC-BY-3.0",
}
# Kits of one maker share takes: their instruments of one name are one group.
MAKERS = {
    "Gimme A Hand 1.0": "MacArthur",
    "The Black Pearl 1.0": "MacArthur",
    "Millo-Drums_v.1": "Millo",
    "Millo_MultiLayered2": "Millo",
    "Millo_MultiLayered3": "Millo",
}
# The files of this kit do not sound like the instruments they stand in for.
UNLABELLED = {"Audiophob"}
EVENTS = (
    ("cowbell", r"cowbell|agogo"),
    ("bell", r"(sangban|dununba|kenkeni)\d* bell"),
    ("hand drum", r"djembe|sangban|dununba|kenkeni|conga|bongo|cajon"),
    ("kick drum", r"kick|bass ?drum"),
    ("rim click", r"stick|rim click"),
    ("snare drum", r"snare|redo super"),
    ("hi-hat", r"hi-?hat|\bhat\b|\bo?hh\b"),
    ("cymbal", r"crash|ride|china|splash|cymbal|paiste bell"),
    ("tom", r"\btom"),
    ("hand clap", r"clap"),
    ("finger snap", r"snap"),
    ("tambourine", r"tambourine"),
    ("wood block", r"wood ?block|clave"),
    ("struck glass", r"waterglass"),
    ("maraca", r"maraca"),
)
_CLIP = r"usr/share/hydrogen/data/drumkits/(?P<kit>[^/]+)/(?P<name>[^/]+)\.(?:flac|wav|aiff)"
_KIT = r"usr/share/hydrogen/data/drumkits/(?P<kit>[^/]+)/drumkit\.xml"


def event_of(instrument: str) -> str | None:
    """The event class of an instrument as a kit names it, None where the name says too little."""
    name = instrument.lower()
    return next((event for event, pattern in EVENTS if re.search(pattern, name)), None)


def instrument_group(kit: str, instrument: str) -> str:
    """The group of an instrument's samples: all its loudnesses and strokes, and those of its maker's other kits."""
    body = re.sub(r"\(.*?\)", "", instrument.lower())
    body = re.sub(r"\b(slap|tone|bass|hit|mute|flink|choke|rimshot|swish|softest|jazz|rock)$", "", body.strip())
    return f"{NAME}/{MAKERS.get(kit, kit)}/{' '.join(body.split()) or instrument}"


def parse_kit(xml: str) -> dict[str, str]:
    """Read drumkit.xml: a sample's file name -> the first instrument that plays it."""
    root = ElementTree.fromstring(re.sub(r'\sxmlns(:\w+)?="[^"]*"|\sxsi:\w+="[^"]*"', "", xml))
    instruments: dict[str, str] = {}
    for instrument in root.iter("instrument"):
        for file in instrument.iter("filename"):
            name = (instrument.findtext("name") or "").strip()
            if file.text and name:
                instruments.setdefault(PurePosixPath(file.text).name, name)
    return instruments


def read(cache: Path) -> list[Recording]:
    """The samples that an instrument of their kit plays; unnamed and empty ones are left out."""
    unpacked = require_package(cache, PACKAGES[0])
    instruments = {
        match["kit"]: parse_kit((unpacked.folder / match.string).read_text("utf-8", errors="replace"))
        for match in unpacked.matching(_KIT)
    }
    recordings = []
    for match in unpacked.matching(_CLIP):
        kit, path = match["kit"], PurePosixPath(match.string)
        instrument = instruments.get(kit, {}).get(path.name)
        if instrument is None or kit not in LICENSES or path.stem == "emptySample":
            continue
        event = None if kit in UNLABELLED else event_of(instrument)
        recordings.append(
            Recording(
                id=f"{NAME}/{kit}/{path.stem}",
                audio=AudioReference(unpacked.folder / path),
                source=NAME,
                source_id=f"{kit}/{path.stem}",
                domain="sound",
                license=LICENSES[kit],
                language=None,
                group=instrument_group(kit, instrument),
                annotations={"title": instrument} | ({"event": event} if event else {}),
            )
        )
    return recordings
