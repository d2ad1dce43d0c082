"""The telephone prompts of Asterisk: five languages, one voice a language, 8 kHz, parallel by key.

Licences as in the packages' debian/copyright: CC-BY-SA-3.0, the Italian and the Russian ones CC-BY-3.0.
"""

from __future__ import annotations

import gzip
import re
from pathlib import Path

from ...audio_reference import AudioReference
from ...recording import Recording
from .packages import Package, require_package
from .spoken_text import normalize_text, text_group


NAME = "asterisk"
LICENSES = {
    "en": "CC-BY-SA-3.0",
    "es": "CC-BY-SA-3.0",
    "fr": "CC-BY-SA-3.0",
    "it": "CC-BY-3.0",
    "ru": "CC-BY-3.0",
}
GENDERS = {"f": "female", "m": "male"}
_CLIP = r"usr/share/asterisk/sounds/(?P<voice>[^/]+)/(?P<key>.+)\.wav"
_VOICE = re.compile(r"[a-z]{2}_[A-Z]{2}_(?P<gender>[fm])_(?P<name>.+)")


def _texts_package(language: str) -> Package:
    return Package((f"asterisk-core-sounds-{language}",), ("usr/share/doc/*/core-sounds-*.txt.gz",))


def _clips_package(language: str) -> Package:
    return Package((f"asterisk-core-sounds-{language}-wav",), ("usr/share/asterisk/sounds/*.wav",))


PACKAGES = tuple(make(language) for language in LICENSES for make in (_texts_package, _clips_package))


def parse_transcripts(text: str) -> dict[str, str]:
    """Read lines `key: text`; comments (`;`) and sounds that nobody speaks (`[…]`, `(…)`) are left out."""
    transcripts = {}
    for line in text.splitlines():
        key, colon, spoken = line.partition(":")
        spoken = " ".join(spoken.strip().strip(".…").split()) if colon else ""
        if line.startswith(";") or not spoken or spoken[0] in "[(" or not normalize_text(spoken):
            continue
        transcripts[key.strip()] = spoken
    return transcripts


def read(cache: Path) -> list[Recording]:
    """The prompts that have a transcript and a clip."""
    transcripts = {}
    for language in LICENSES:
        unpacked = require_package(cache, _texts_package(language))
        with gzip.open(unpacked.only(r".*/core-sounds-[a-z]+\.txt\.gz"), "rt", encoding="utf-8") as stream:
            transcripts[language] = parse_transcripts(stream.read())

    recordings = []
    for language, texts in transcripts.items():
        unpacked = require_package(cache, _clips_package(language))
        for match in unpacked.matching(_CLIP):
            key, voice = match["key"], _VOICE.fullmatch(match["voice"])
            if key not in texts or voice is None:
                continue
            english = transcripts["en"].get(key)
            annotations = {
                "transcript": texts[key],
                "speaker": f"{NAME}-{voice['name'].lower()}",
                "gender": GENDERS[voice["gender"]],
                "style": "telephone prompt",
                "key": key,
            }
            if english is not None:
                annotations["translation_en"] = english
            recordings.append(
                Recording(
                    id=f"{NAME}-{language}/{key}",
                    audio=AudioReference(unpacked.folder / match.string),
                    source=f"{NAME}-{language}",
                    source_id=key,
                    domain="speech",
                    license=LICENSES[language],
                    language=language,
                    group=text_group(NAME, english or texts[key]),
                    annotations=annotations,
                )
            )
    return recordings
