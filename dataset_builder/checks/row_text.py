"""The text of a row as the checks read it: sections, words, sentences, what stands in quotes.

Knows nothing of what is right or wrong in it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from modeling_audio_reasoner import SECTIONS


Row = Mapping[str, Any]

_IDEOGRAMS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# Chinese and Japanese write no spaces, so each character is a word; "C#" is another word than "C".
_WORD = re.compile(rf"[{_IDEOGRAMS}]|[^\W_{_IDEOGRAMS}]+(?:'[^\W_{_IDEOGRAMS}]+)*[#♯♭]?")
_QUOTED = re.compile(r"“[^”]{0,400}”|\"[^\"]{0,400}\"|«[^»]{0,400}»|„[^“”]{0,400}[“”]|「[^」]{0,400}」")
_SENTENCE_END = re.compile(r"(?<=[.!?])(?<!\bvs\.)(?<!\bapprox\.)\s+|(?<=[。！？])|\n+")

NUMBER_WORDS = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)


def sections(row: Row, names: Sequence[str] = SECTIONS) -> Iterator[tuple[str, str]]:
    """The named sections with their text, in order; a section that is missing or no text gives the empty string."""
    for name in names:
        text = row.get(name)
        yield name, text if isinstance(text, str) else ""


def words(text: str) -> list[str]:
    """The words of `text` in compatibility form and lower case; a Chinese or Japanese character is a word."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold().replace("’", "'"))


def counted_words(text: str) -> list[str]:
    """`words`, with the numbers from zero to twelve as digits, so that "3" and "three" are one word."""
    return [str(NUMBER_WORDS.index(word)) if word in NUMBER_WORDS else word for word in words(text)]


def holds(outer: Sequence[str], inner: Sequence[str]) -> bool:
    """Whether the words `inner` stand in `outer` one after another; no words stand nowhere."""
    size = len(inner)
    return bool(size) and any(list(outer[at : at + size]) == list(inner) for at in range(len(outer) - size + 1))


def without_quotes(text: str) -> str:
    """`text` with every quotation of up to 400 characters replaced by "…".

    What is quoted was heard in the recording (or is a choice): the row does not itself say it.
    """
    return _QUOTED.sub("…", text)


def sentences(text: str) -> list[str]:
    """The sentences of `text`, split at stops that white space follows, at ideographic stops and at line breaks."""
    return [sentence for part in _SENTENCE_END.split(text) if (sentence := part.strip())]
