"""Whether the sections are written in the language they are wanted in. The language of the recording is no concern.

Judged by py3langid, a naive Bayes over byte n-grams with 97 languages, loaded when the first text is judged.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from .row_text import Row, sections, without_quotes


WANTED = "en"
MIN_LETTERS = 40
"""Shorter texts are not judged. Of 300 texts of this length in each of seven languages (Asterisk's announcements and
the dialogues of Fish Fillets) the English ones had a probability of English of 0.71 or more, and all others of less
than `MIN_PROBABILITY`; with 20 letters 0.3% of the English ones fell below it, and 2% of the Italian ones did not."""
MIN_PROBABILITY = 0.05
"""Of the wanted language, below which a text is in another."""
JUDGED = ("planning", "caption", "reasoning", "summary")
"""The response is left out: it may be a translation, a transcript or a name."""


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def language_probabilities(text: str) -> dict[str, float]:
    """The probability of each language, by two-letter code, the most probable first."""
    return {str(code): float(probability) for code, probability in _identifier().rank(text)}


def check_language(row: Row, wanted: str = WANTED) -> str | None:
    """No section with at least 40 letters is in another language than `wanted`.

    Quotations are left out, so that a section may quote the speech it describes. For another language pass
    `partial(check_language, wanted="fr")` to `run_checks`.

    Raises:
        ValueError: py3langid does not know the wanted language.
    """
    if wanted not in _identifier().labels:
        known = ", ".join(sorted(_identifier().labels))
        raise ValueError(f"py3langid does not know the language {wanted!r}; it knows {known}.")
    for name, text in sections(row, JUDGED):
        own = without_quotes(text)
        if sum(character.isalpha() for character in own) < MIN_LETTERS:
            continue
        probabilities = language_probabilities(own)
        if probabilities[wanted] < MIN_PROBABILITY:
            return f"The section '{name}' is in the language {next(iter(probabilities))!r} and not in {wanted!r}."
    return None
