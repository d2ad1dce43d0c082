"""What the text says of speech and of its language, held to what was measured and to the row's language.

English only, and only claims about the whole clip: a sentence that speaks of a part of it, that supposes, or that
weighs a choice against another, is not judged. A text without such a claim holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .claims import claiming
from .claims_scope import CLIP, is_of_a_part, is_supposed
from .row_text import Row


SPOKEN = 0.3
"""A clip of sound or speech in which speech takes more than this share is not without speech. Music is not judged:
detectors of speech take singing for it."""
UNSPOKEN = 0.01
"""A clip in which speech takes less than this share has nobody who speaks."""

_SPEECH = (
    r"(?:(?:human|audible|spoken|intelligible|male|female|clear)\s+)*(?:speech|talking|speaking|"
    r"(?<=spoken )words?)\b(?!\s+(?:impediment|rate|melody)\b)"
)
_NO_SPEECH = re.compile(
    rf"\b(?:no|without(?:\s+any)?|absence of|lacks?(?:\s+any)?|(?:free|devoid|empty|bare) of(?:\s+(?:any|all))?|"
    rf"no (?:trace|sign) of(?:\s+any)?|hardly any|neither)\s+{_SPEECH}"
    rf"|\b(?:isn['’]t|is not|does not contain|doesn['’]t contain|does not (?:have|hold|feature)|contains? not)"
    rf"\s+any\s+{_SPEECH}"
    r"|\b(?:no[- ]?one|nobody)\s+(?:speaks|talks|is\s+(?:speaking|talking)|says\s+anything|(?:can be|is)\s+heard\s+"
    r"(?:speaking|talking))\b"
    r"|\b(?:no|without(?:\s+any)?)\s+(?:human\s+)?voices?\b(?!\s+(?:change|quality))"
    r"|\bnot a (?:single )?word is (?:spoken|said)\b"
    r"|\bspeech is (?:(?:entirely |completely |wholly )?absent|not (?:present|heard|audible)|nowhere|never)\b"
    r"|\bspeech does not (?:occur|appear|take place)\b",
    re.I,
)
_PERSON = (
    r"(?:man|woman|boy|girl|child|person|adult|speaker|narrator|presenter|announcer|reporter|lecturer|teacher|guide|male|"
    r"female|voice|someone|somebody|host|interviewer)"
)
_SPEAKS = (
    r"(?:speaks|talks|says|reads|explains|announces|asks|narrates|is (?:speaking|talking|saying|reading|explaining|"
    r"asking)|(?:can be|is) heard (?:speaking|talking|saying|reading|explaining|asking))"
)
_CLEARLY = r"(?:clearly |plainly |also )?"
_HEARD = rf"(?:can {_CLEARLY}be {_CLEARLY}(?:heard|made out|discerned)|(?:is|are) {_CLEARLY}(?:heard|audible|present))"
# Voices alone may be those of a crowd, in which a detector finds no speech.
_SOMEBODY_SPEAKS = re.compile(
    rf"\b{_PERSON}(?: voice| speaker)? (?:who )?{_SPEAKS}\b"
    rf"|\b(?:hear|contains|features|holds|captures|of) (?:a|an|one) (?:\w+ )?{_PERSON} (?:who is )?(?:speaking|"
    r"talking)\b"
    r"|\b(?:features|contains|holds) (?:a|one|two) (?:\w+ )?(?:speaker|narrator|lecture|monologue)s?\b"
    r"|\b(?:gives?|giving|holds?|holding|delivers?|delivering) (?:a|his|her) (?:talk|speech|lecture)\b"
    r"|\b(?:people|men|women|speakers|they) (?:have|hold|are having) a (?:conversation|talk|chat|dialogue)\b"
    r"|\b(?:consists of|is) (?:a|an) (?:lecture|monologue|speech|talk) by\b"
    r"|\b(?:he|she) (?:speaks|talks|is speaking|is talking|is saying)\b"
    r"|\b(?:people|two men|two women|men|women|speakers|voices|they) (?:speak|talk|are speaking|are talking|converse|"
    r"are conversing|(?:can be|are) heard (?:speaking|talking|conversing|in conversation))\b"
    r"|\b(?:a|the) (?:conversation|dialogue|monologue|interview) (?:between|among|is heard|takes place)\b"
    r"|\bthere (?:is|are) (?:people|someone|somebody|a man|a woman) (?:talking|speaking)\b"
    r"|\b(?:there is|contains|features|consists of|holds) (?:clear |human |spoken |male |female )*speech\b"
    rf"|(?<!any )(?<!little )(?<!background )\b(?:(?:human |spoken )?speech|spoken words|(?:a|the) speaker)"
    rf" {_HEARD}\b"
    r"|\bthe speech is (?:clear|calm|loud|quiet|slow|fast|even|soft|fluent)\b"
    rf"|\bspeech (?:dominates|fills|runs through) (?:the|this) {CLIP}\b",
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
_SAME = {"nb": "no", "nn": "no", "cmn": "zh"}
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


def check_speech(row: Row) -> str | None:
    """No speech that the sections claim or deny of the whole clip contradicts what was found. Music is not judged."""
    share = (row.get("measured") or {}).get("speech_share")
    if share is None or row.get("domain") == "music":
        return None
    for name, sentence in claiming(row, planning=False):
        denied = _NO_SPEECH.search(sentence)
        if denied and share > SPOKEN and not is_supposed(sentence, denied) and not is_of_a_part(sentence, denied):
            return f"The section '{name}' says {denied.group()!r}, and {share:.0%} of the clip is speech."
        said = _SOMEBODY_SPEAKS.search(sentence)
        if said and not denied and share < UNSPOKEN and not is_supposed(sentence, said):
            return f"The section '{name}' says {said.group()!r}, and no speech was found in the clip."
    return None


def check_language_named(row: Row) -> str | None:
    """A language that the sections say is spoken is the row's `language`; one that they name beside it may differ."""
    code = str(row.get("language") or "").casefold().replace("_", "-").split("-")[0]
    spoken = LANGUAGES.get(_SAME.get(code, code))
    if spoken is None:
        return None
    for name, sentence in claiming(row, planning=False):
        if _TRANSLATED.search(sentence) or any(other in sentence for other in spoken):
            continue
        for found in _languages_said(sentence):
            if not is_supposed(sentence, found):
                return f"The section '{name}' says that {found[1]} is spoken, and the language is {spoken[0]}."
    return None


def _languages_said(sentence: str) -> Iterator[re.Match[str]]:
    for pattern in _SPOKEN_LANGUAGE:
        yield from pattern.finditer(sentence)
