"""Whether a row gives away what only its writers knew: the reference, the corpus, the name of the file, the answer.

The phrases are in `english_citations` and `leak_patterns`. Whether a section says too much about the *sound* is no
concern of this module.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .english_citations import english_citation
from .leak_patterns import CITATIONS, CORPORA
from .row_text import NUMBER_WORDS, Row, holds, sections, sentences, without_quotes, words


_CORPUS = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in sorted(CORPORA, key=len, reverse=True)))
MIN_ID = 4
"""A source id of fewer characters may stand in a text by chance."""
MIN_DIGITS = 6
"""A source id of digits alone needs so many: numbers of up to five digits are said in recordings."""


def check_citations(row: Row) -> str | None:
    """No section, nor the question, cites a label, note, caption, transcript, measurement, file or known answer.

    What stands in quotes is left out: it is what somebody says in the recording, or a choice.
    """
    for name, text in (("question", str(row["question"])), *sections(row)):
        heard = without_quotes(text)
        said = sentences(heard)
        cited = [english_citation(sentence, name, at == len(said)) for at, sentence in enumerate(said, 1)]
        cited += [found.group().strip() for pattern in CITATIONS if (found := pattern.search(heard))]
        if words_found := next(filter(None, cited), None):
            return f"{_place(name)} cites what a listener does not have: {words_found!r}."
    return None


def check_source_named(row: Row) -> str | None:
    """Neither the corpus nor the id of the recording stands in the question, the choices or a section.

    The corpora known by name are looked for in their own spelling; the row's `source` and `source_id` (parts of a mix
    are joined by "+") only where they cannot be ordinary words: an id has a digit, an underscore or capitals within,
    and at least 4 characters; one of digits alone has at least 6.
    """
    texts = (("question", " ".join((str(row["question"]), *row["choices"]))), *sections(row))
    names = list(_own_names(row))
    for name, text in texts:
        if found := _CORPUS.search(text):
            return f"{_place(name)} names the corpus {found.group()!r}."
        for own in names:
            if own in text and re.search(rf"(?<![\w-]){re.escape(own)}(?![\w-])", text):
                return f"{_place(name)} holds {own!r}, a name of the recording or of its corpus."
    return None


def check_question(row: Row) -> str | None:
    """The question does not hold the answer, unless it holds all the choices, or offers alternatives with "or".

    Left out are answers of one letter, yes, no and numbers up to twelve ("which one"), and what follows "how" ("how
    fast is it?").
    """
    asked, answer = words(str(row["question"])), words(str(row["answer"]))
    if not answer or " ".join(answer) in {"yes", "no", "true", "false", *NUMBER_WORDS}:
        return None
    if len("".join(answer)) < 2 or not holds(asked, answer) or holds(asked, ["how", *answer]):
        return None
    others = [words(choice) for choice in row["choices"] if choice != row["answer"]]
    offered = all(holds(asked, other) for other in others) if others else "or" in asked
    return None if offered else f"The question holds its answer {row['answer']!r}."


def _own_names(row: Row) -> Iterator[str]:
    for field in ("source", "source_id"):
        for part in str(row.get(field) or "").split("+"):
            stem = re.sub(r"\.\w{2,4}$", "", part.rsplit("/", 1)[-1])
            yield from (name for name in dict.fromkeys((part, stem)) if _is_no_word(name))


def _is_no_word(name: str) -> bool:
    if name.isdigit():
        return len(name) >= MIN_DIGITS
    return len(name) >= MIN_ID and bool(re.search(r"\d|_|[a-z][A-Z]|[A-Z]{2}[a-z]", name))


def _place(name: str) -> str:
    return "The question" if name == "question" else f"The section '{name}'"
