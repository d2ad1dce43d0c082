"""What the text says of silence, of speech and of its language, held to what was measured and to the row's language.

English only, and only claims about the whole clip: a sentence that speaks of a part of it, that supposes, or that
weighs a choice against another, is not judged. A text without such a claim holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .claims import claiming
from .row_text import Row
from .spoken_numbers import NUMBER, number_value


SILENT = 0.8
"""A clip of which less than this share is silent is not silent throughout."""
PAUSING = 0.3
"""A clip of which more than this share is silent is not without silence."""
SPOKEN = 0.3
"""A clip of sound or speech in which speech takes more than this share is not without speech. Music is not judged:
detectors of speech take singing for it."""
UNSPOKEN = 0.01
"""A clip in which speech takes less than this share has nobody who speaks."""

_PART = re.compile(
    r"\b(?:first|last|after\w*|before|until|till|during|between|beginning|start|starts|end|ends|ending|then|when|"
    r"while|most|mostly|"
    r"part|portion|half|seconds?|minutes?|except|besides|apart|other|otherwise|further|additional|more|brief\w*|"
    r"moments?|at times|"
    r"background|intro|outro|once|finally|initially|later|earlier|nearly|almost|but|follow\w*|momentary|section)\b",
    re.I,
)
_SUPPOSED = re.compile(
    r"\b(?:if|whether|would|could|might|may|should|unless|suppose|imagine|likely|possibly|perhaps|seems?|listen for|"
    r"check|determine|decide|"
    r"rather than|instead of|unlike|as opposed to|ruled out|rules out|rule out|ruling out|not|nor|isn't|doesn't|"
    r"don't|does|do|"
    r"choices?|options?|alternatives?|question|asks|compare\w*|typical\w*|usually|often|suggests?|impl\w+|like|"
    r"as though)\b|\?",
    re.I,
)
_ALL_SILENT = re.compile(
    r"\b(?:clip|recording|audio|track|excerpt|file)\s+(?:is|was|remains|stays)\s+(?:completely |entirely |totally |"
    r"fully |wholly )?silent\b"
    r"|\bsilent throughout\b|\b(?:complete|total|utter|absolute|only|nothing but|just) silence\b|"
    r"\bno sounds? (?:at all|whatsoever)\b"
    r"|\bnothing (?:is|can be|could be) heard\b|\bno audible (?:sounds?|content|events?)\b",
    re.I,
)
_NEVER_SILENT = re.compile(
    r"\b(?:no|without(?: any)?|never any|free of) (?:audible |noticeable )?(?:silences?|silent (?:gaps?|parts?|"
    r"passages?|moments?)|pauses?)\b"
    r"|\bnever (?:silent|pauses|falls silent)\b",
    re.I,
)
_LONG_SILENCE = re.compile(
    rf"\b(?P<low>{NUMBER})[\s-]*(?:full |whole |long )?(?:seconds?|secs?|s)[\s-]+(?:long |of )?(?:complete |total |"
    rf"dead )?(?:silence|pause)\b"
    rf"|\b(?:silence|pause) (?:of|lasting|that lasts|lasts)(?: for)?(?: about| around| roughly|"
    rf" approximately)? (?P<high>{NUMBER})[\s-]*(?:seconds?|secs?|s)\b",
    re.I,
)
_NO_SPEECH = re.compile(
    r"\b(?:no|without(?: any)?|absence of|lacks?(?: any)?) (?:human |audible |spoken )?(?:speech|talking|speaking|"
    r"speakers?|words|dialogue|"
    r"conversation|narration)\b(?!\s+(?:impediment|rate|melody))|\b(?:no[- ]?one|nobody) (?:speaks|talks|is speaking|"
    r"is talking|says anything)\b"
    r"|\b(?:no|without(?: any)?) (?:human )?voices?\b(?!\s+(?:change|quality))",
    re.I,
)
_PERSON = (
    r"(?:man|woman|boy|girl|child|person|speaker|narrator|presenter|announcer|male|female|voice|someone|somebody|host|"
    r"interviewer)"
)
_SOMEBODY_SPEAKS = re.compile(
    rf"\b{_PERSON}(?: voice| speaker)? (?:who )?(?:speaks|talks|says|is speaking|is talking|is saying|"
    rf"can be heard (?:speaking|talking))\b"
    r"|\b(?:people|two men|two women|men|women|speakers|voices|they) (?:speak|talk|are speaking|are talking|converse|"
    r"are conversing)\b"
    r"|\b(?:a|the) (?:conversation|dialogue|monologue|interview) (?:between|among|is heard|takes place)\b"
    r"|\b(?:there is|contains|features|consists of) (?:clear |human |spoken |male |female )*speech\b",
    re.I,
)

LANGUAGES: dict[str, tuple[str, ...]] = {
    **{
        "af": ("Afrikaans",),
        "ar": ("Arabic",),
        "be": ("Belarusian",),
        "bg": ("Bulgarian",),
        "bn": ("Bengali", "Bangla"),
    },
    **{"ca": ("Catalan", "Valencian"), "cs": ("Czech",), "cy": ("Welsh",), "da": ("Danish",), "de": ("German",)},
    **{
        "el": ("Greek",),
        "en": ("English",),
        "eo": ("Esperanto",),
        "es": ("Spanish", "Castilian"),
        "et": ("Estonian",),
    },
    **{"eu": ("Basque",), "fa": ("Persian", "Farsi"), "fi": ("Finnish",), "fr": ("French",), "ga": ("Irish",)},
    **{"gl": ("Galician",), "he": ("Hebrew",), "hi": ("Hindi",), "hr": ("Croatian",), "hu": ("Hungarian",)},
    **{"hy": ("Armenian",), "id": ("Indonesian",), "is": ("Icelandic",), "it": ("Italian",), "ja": ("Japanese",)},
    **{"ka": ("Georgian",), "ko": ("Korean",), "lt": ("Lithuanian",), "lv": ("Latvian",), "mn": ("Mongolian",)},
    **{"ms": ("Malay",), "nl": ("Dutch", "Flemish"), "no": ("Norwegian",), "pl": ("Polish",), "pt": ("Portuguese",)},
    **{"ro": ("Romanian",), "ru": ("Russian",), "sk": ("Slovak",), "sl": ("Slovenian", "Slovene"), "sr": ("Serbian",)},
    **{
        "sv": ("Swedish",),
        "sw": ("Swahili",),
        "ta": ("Tamil",),
        "te": ("Telugu",),
        "th": ("Thai",),
        "tr": ("Turkish",),
    },
    **{"uk": ("Ukrainian",), "ur": ("Urdu",), "vi": ("Vietnamese",), "yue": ("Cantonese",)},
    **{"zh": ("Chinese", "Mandarin", "Cantonese")},
}
"""English names of the languages by code. A row in a language that is not here is not judged."""
_SAME = {"nb": "no", "nn": "no", "cmn": "zh", "iw": "he", "in": "id"}
_NAMES = "|".join(sorted({name for names in LANGUAGES.values() for name in names}, key=len, reverse=True))
_SPOKEN_LANGUAGE = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?:speak(?:s|ing)?|spoken|talk(?:s|ing)?|convers(?:e|es|ing))\b"
        rf"(?:\s+(?!or\b)[\w']+){{0,4}}?\s+in\s+(?:\w+\s+)?({_NAMES})\b",
        rf"\b(?:speech|dialogue|conversation|utterance|monologue|announcement|voice|speaker|words)\s+(?:is|are|"
        rf"was)\s+(?:spoken\s+)?in\s+({_NAMES})\b",
        rf"\b(?:speak(?:s|ing)?|spoken)\s+(?:(?:fluent|native|clear|standard|fluently|clearly)\s+)?({_NAMES})\b",
        rf"\b({_NAMES})(?:[- ]language)?\s+(?:speech|dialogue|conversation|utterance|monologue|announcement|"
        rf"is\s+spoken|is\s+being\s+spoken)\b",
        rf"\blanguage\s+(?:spoken\s+|used\s+|heard\s+|being\s+spoken\s+)?(?:here\s+|in\s+the\s+\w+\s+)?(?:is|"
        rf"was)\s+(?:clearly\s+|identified\s+as\s+)?({_NAMES})\b",
    )
)
_TRANSLATED = re.compile(
    r"\btranslat\w*|\brender\w*|\bequivalent|\bmean(?:s|ing)\b|\binto\b|\baccent\b|\bsubtitle", re.I
)


def check_silence(row: Row) -> str | None:
    """Silence that the sections claim of the whole clip, deny, or give a length in seconds, was measured."""
    measured: dict[str, Any] = row.get("measured") or {}
    share, gaps = measured.get("silent_share"), measured.get("silence")
    for name, sentence in claiming(row, planning=False):
        if gaps is not None and not _SUPPOSED.search(sentence):
            longest = max((end - start for start, end in gaps), default=0.0)
            for gap in _LONG_SILENCE.finditer(sentence):
                seconds = number_value(gap["low"] or gap["high"])
                if seconds > longest + max(1.0, 0.3 * seconds):
                    return f"The section '{name}' says {gap.group()!r}, and the longest silence lasts {longest:.1f} s."
        if share is None or _PART.search(sentence) or _SUPPOSED.search(sentence):
            continue
        if (found := _ALL_SILENT.search(sentence)) and share < SILENT:
            return f"The section '{name}' says {found.group()!r}, and {share:.0%} of the clip is silent."
        if (found := _NEVER_SILENT.search(sentence)) and share > PAUSING:
            return f"The section '{name}' says {found.group()!r}, and {share:.0%} of the clip is silent."
    return None


def check_speech(row: Row) -> str | None:
    """Speech that the sections claim or deny of the whole clip was, or was not, found in it. Music is not judged."""
    share = (row.get("measured") or {}).get("speech_share")
    if share is None or row.get("domain") == "music":
        return None
    for name, sentence in claiming(row, planning=False):
        if _SUPPOSED.search(sentence):
            continue
        denied = _NO_SPEECH.search(sentence)
        if denied and share > SPOKEN and not _PART.search(sentence):
            return f"The section '{name}' says {denied.group()!r}, and {share:.0%} of the clip is speech."
        said = _SOMEBODY_SPEAKS.search(sentence)
        if said and not denied and share < UNSPOKEN:
            return f"The section '{name}' says {said.group()!r}, and no speech was found in the clip."
    return None


def check_language_named(row: Row) -> str | None:
    """A language that the sections say is spoken is the row's `language`; one that they name beside it may differ."""
    code = str(row.get("language") or "").casefold().replace("_", "-").split("-")[0]
    spoken = LANGUAGES.get(_SAME.get(code, code))
    if spoken is None:
        return None
    for name, sentence in claiming(row, planning=False):
        if _SUPPOSED.search(sentence) or _TRANSLATED.search(sentence) or any(other in sentence for other in spoken):
            continue
        for language in _languages_said(sentence):
            return f"The section '{name}' says that {language} is spoken, and the language is {spoken[0]}."
    return None


def _languages_said(sentence: str) -> Iterator[str]:
    for pattern in _SPOKEN_LANGUAGE:
        yield from (match[1] for match in pattern.finditer(sentence))
