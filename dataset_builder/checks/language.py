"""Whether the sections are written in the language they are wanted in. The language of the recording is no concern.

Judged by py3langid, a naive Bayes over byte n-grams with 97 languages, loaded when the first text is judged.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from .row_text import Row, sections, without_quotes


WANTED = "en"
MIN_LETTERS = 60
MIN_PROBABILITY = 0.99
JUDGED = ("planning", "caption", "reasoning", "summary")
"""The response is left out: it may be a translation, a transcript or a name."""


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_pickled_model(MODEL_FILE, norm_probs=True)


def language_of(text: str) -> tuple[str, float]:
    """The two-letter code of the most probable language of a text and its probability."""
    code, probability = _identifier().classify(text)
    return str(code), float(probability)


def check_language(row: Row, wanted: str = WANTED) -> str | None:
    """No section of at least 60 letters is, with a probability of 0.99, in another language than `wanted`.

    Quotations are left out, so that a section may quote the speech it describes. For another language pass
    `partial(check_language, wanted="fr")` to `run_checks`.
    """
    for name, text in sections(row, JUDGED):
        own = without_quotes(text)
        if sum(character.isalpha() for character in own) < MIN_LETTERS:
            continue
        code, probability = language_of(own)
        if code != wanted and probability >= MIN_PROBABILITY:
            return f"The section '{name}' is in the language {code!r} and not in {wanted!r}."
    return None
