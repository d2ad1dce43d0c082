"""The sound effects of Battle for Wesnoth, labelled through the table below.

Licence as in the package's debian/copyright: GPL-2.0-or-later.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from ...audio_reference import AudioReference
from ...recording import Recording
from .event_labels import EventTable
from .packages import Package, require_package


NAME = "wesnoth"
LICENSE = "GPL-2.0-or-later"
PACKAGES = (
    Package(
        ("wesnoth-1.16-data", "wesnoth-1.18-data", "wesnoth-1.14-data"),
        (
            "usr/share/games/wesnoth/*/data/core/sounds/*",
            "usr/share/games/wesnoth/*/data/campaigns/*/sounds/*",
            "usr/share/games/wesnoth/*/sounds/*",
        ),
    ),
)

# A blow's "-miss" twin is the same swing without the impact, so both lie in one group.
# Numbered variants are takes of their own except where their waveforms correlate by more than 0.4.
ONE_TAKE = {
    "bat-hit",
    "chat",
    "horse-hit",
    "human-die",
    "human-hit",
    "ink",
    "miss",
    "naga-hit",
    "skeleton-die",
    "throw",
    "troll-die",
    "troll-hit",
}
EVENTS = EventTable(
    {
        "birdsong": ("birds", "morning"),
        "bow shot": ("bow", "bow-puny", "crossbow", "dart", "sling", "sling-big"),
        "blade": ("axe", "hatchet", "knife", "spear", "sword", "throwing-knife", "dagger-swish"),
        "club blow": ("club", "flail", "mace", "staff", "fist", "tail"),
        "gunshot": ("thunderstick", "dragonstick", "gunshot"),
        "explosion": ("explosion", "cave-in", "rumble"),
        "fire": ("campfire", "fire", "flame-big", "melee-fire", "torch", "fuse"),
        "horn call": ("horn", "fanfare-short"),
        "horse": ("horse-canter", "horse-elf-canter", "horse-die", "horse-hit"),
        "wolf growl": ("wolf-growl", "wolf-die", "wolf-hit"),
        "bird screech": ("gryphon-shriek", "gryphon-die", "gryphon-hit"),
        "boar": ("tusker-charge", "tusker-die", "tusker-hit"),
        "hiss": ("hiss", "hiss-big", "hiss-die", "hiss-hit"),
        "bones rattling": ("skeleton-hit", "skeleton-big-hit", "skeleton-big-die", "skeleton-die"),
        "cry of pain": (
            *(
                "human-die",
                "human-hit",
                "human-female-die",
                "human-female-hit",
                "human-old-die",
                "human-old-hit",
            ),
            *("dwarf-die", "dwarf-hit", "elf-hit", "mermaid"),
        ),
        "monster growl": (
            *(
                "drake-die",
                "drake-hit",
                "goblin-die",
                "goblin-hit",
                "lich-die",
                "lich-hit",
                "naga-die",
                "naga-hit",
            ),
            *("ogre-die", "ogre-hit", "orc-die", "orc-hit", "orc-small-die", "orc-small-hit", "troll-die"),
            *("troll-hit", "yeti-die", "yeti-hit", "zombie-attack", "zombie-hit", "ghoul-hit", "ugg"),
        ),
        "magic spell": (
            *(
                "magic-dark",
                "magic-dark-big",
                "magic-faeriefire",
                "magic-holy",
                "magic-missile",
                "magicmissile",
            ),
            *("magic-thorns", "heal"),
        ),
        "squelch": ("ink", "mud-fist", "mud-glob", "squishy", "water-blast"),
        "creaking wood": ("wose-attack", "wose-die", "wose-hit", "entangle"),
        "bell": ("bell",),
    }
)
_CLIP = r"usr/share/games/wesnoth/[^/]+/(?P<source_id>.*sounds/.+\.(?:ogg|wav))"


def split_name(name: str) -> tuple[str, str]:
    """`"bow-miss"` -> (`"bow"`, `"bow"`): what it is a sound of, and the take it comes from."""
    take = re.sub(r"-miss(?=-\d+$|$)", "", name)
    take = re.sub(r"^squishy-.*|^mermaid-.*", lambda match: match.group().split("-")[0], take)
    take = take.removesuffix("-fire") if "bow" in take else take
    kind = re.sub(r"-?\d+$", "", take)
    return kind, kind if kind in ONE_TAKE else take


def read(cache: Path) -> list[Recording]:
    """All sound effects; those whose name says clearly what is heard have an `event`."""
    unpacked = require_package(cache, PACKAGES[0])
    recordings = []
    for match in unpacked.matching(_CLIP):
        source_id = match["source_id"]
        name = PurePosixPath(source_id).stem
        kind, take = split_name(name)
        event = EVENTS.label(kind)
        recordings.append(
            Recording(
                id=f"{NAME}/{source_id}",
                audio=AudioReference(unpacked.folder / match.string),
                source=NAME,
                source_id=source_id,
                domain="sound",
                license=LICENSE,
                language=None,
                group=f"{NAME}/{take}",
                annotations={"title": name} | ({"event": event} if event else {}),
            )
        )
    return recordings
