"""Texts of recordings compared: two recordings of one text may not be in two splits. Knows no corpus."""

from __future__ import annotations

import re
import unicodedata


def normalize_text(text: str) -> str:
    """Lower case, no punctuation, single spaces; letters of every script stay."""
    words = re.findall(r"[^\W_]+(?:['’][^\W_]+)*", unicodedata.normalize("NFKC", text).lower())
    return " ".join(words)


def text_group(corpus: str, text: str) -> str:
    """The group of a recording of `text` in `corpus`: the same for the text in every language and every take.

    Raises:
        ValueError: the text holds no word.
    """
    words = normalize_text(text)
    if not words:
        raise ValueError(f"The text {text!r} of {corpus} holds no word.")
    return f"{corpus}/{words}"
