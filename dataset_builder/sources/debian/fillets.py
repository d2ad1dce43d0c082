"""The acted dialogue of Fish Fillets NG in Czech and Dutch, with the text in both and in English (GPL-2.0-only)."""

from __future__ import annotations

import re
from pathlib import Path

from ...audio_reference import AudioReference
from ...recording import Recording
from .packages import Package, require_package
from .spoken_text import normalize_text, text_group


NAME = "fillets"
LICENSE = "GPL-2.0-only"
LANGUAGES = ("cs", "nl")
LEADS = {"font_small": "small fish", "font_big": "big fish"}
_SCRIPTS = Package(("fillets-ng-data",), ("usr/share/games/fillets-ng/script/*dialogs_[cn][sl].lua",))
_CLIP = r"usr/share/games/fillets-ng/sound/(?P<level>[^/]+)/(?P<language>[a-z]{2})/(?P<id>[^/]+)\.ogg"
_SCRIPT = r"usr/share/games/fillets-ng/script/(?P<level>[^/]+)/[a-z_]*dialogs_(?P<language>[a-z]{2})\.lua"
_LINE = re.compile(
    r'dialogId\("(?P<id>[^"]+)",\s*"(?P<font>[^"]*)",\s*"(?P<english>(?:[^"\\]|\\.)*)"\)\s*'
    r'dialogStr\("(?P<text>(?:[^"\\]|\\.)*)"\)'
)


def _clips_package(language: str) -> Package:
    return Package((f"fillets-ng-data-{language}",), ("usr/share/games/fillets-ng/sound/*.ogg",))


PACKAGES = (_SCRIPTS, *(_clips_package(language) for language in LANGUAGES))


def parse_dialogue(script: str) -> dict[str, tuple[str, str, str]]:
    """Read a level's dialogue: line id -> (font of the speaker, English text, text in the script's language).

    A line without a text in the script's language is left out, and so is one that nobody speaks (no word in it).
    """
    lines = {}
    for match in _LINE.finditer(script):
        english, text = (_unescape(match[name]) for name in ("english", "text"))
        if normalize_text(english) and normalize_text(text):
            lines[match["id"]] = (match["font"], english, text)
    return lines


def _unescape(text: str) -> str:
    return " ".join(re.sub(r"\\(.)", r"\1", text).split())


def read(cache: Path) -> list[Recording]:
    """The clips that have a text; those without one are cries and noises."""
    scripts = require_package(cache, _SCRIPTS)
    dialogue: dict[tuple[str, str], dict[str, tuple[str, str, str]]] = {}
    for match in scripts.matching(_SCRIPT):
        lines = parse_dialogue((scripts.folder / match.string).read_text(encoding="utf-8"))
        dialogue.setdefault((match["level"], match["language"]), {}).update(lines)

    recordings = []
    for language in LANGUAGES:
        unpacked = require_package(cache, _clips_package(language))
        for match in unpacked.matching(_CLIP):
            line = dialogue.get((match["level"], language), {}).get(match["id"])
            if line is None or match["language"] != language:
                continue
            font, english, text = line
            source_id = f"{match['level']}/{match['id']}"
            role = LEADS.get(font, font.removeprefix("font_") or "unnamed")
            recordings.append(
                Recording(
                    id=f"{NAME}-{language}/{source_id}",
                    audio=AudioReference(unpacked.folder / match.string),
                    source=f"{NAME}-{language}",
                    source_id=source_id,
                    domain="speech",
                    license=LICENSE,
                    language=language,
                    group=text_group(NAME, english),
                    annotations={
                        "transcript": text,
                        "translation_en": english,
                        "speaker": f"{NAME}-{language}-{role.replace(' ', '-')}",
                        "role": role,
                        "lead": font in LEADS,
                        "level": match["level"],
                        "style": "acted dialogue",
                    },
                )
            )
    return recordings
