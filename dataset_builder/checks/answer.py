"""Whether the choices can be chosen from, and whether response and summary say what the answer says.

Multiple choice is read by `resolve_choice`, the strict scorer that the evaluation uses; an open answer is compared by
`open_answer`. Whether the answer is true is not known here.
"""

from __future__ import annotations

import re

from modeling_audio_reasoner import normalise, resolve_choice

from ..question_text import question_text
from .open_answer import content, open_agreement, yes_or_no
from .row_text import Row, counted_words, sentences


_META_CHOICE = re.compile(
    r"^(?:all|none|neither|both|any|either)\b.{0,12}\b(?:(?:the )?above|of (?:these|those|the others?|the (?:choices|"
    r"options)))\b"
    r"|^(?:both|neither|either) (?:option |choice )?[a-d]\b.{0,5}\b[a-d]$|^[a-d] (?:and|or|&) [a-d]$"
    r"|^(?:other|unknown|not sure|i (?:do not|don't) know|not given|not stated|n/a)$"
    r"|^(?:it )?(?:cannot|can't|can not) be (?:determined|known|told|inferred)"
)
_LETTERED = re.compile(r"^\(?[A-Ha-h1-8][).:]\s+\S")
# That of one choice alone is a letter only where it cannot be an initial ("C. Saint-Saëns") or a score ("3: 2").
_SURELY_LETTERED = re.compile(r"^(?:\(?[A-Ha-h1-8]\)\s*\S|[A-Ha-h1-8]:\s+[^\W\d]|[A-Ha-h1-8]\.\s+[a-z])")
_LISTED_IN_QUESTION = re.compile(r"(?:^|[?.:;,]\s*|\n\s*)\(?([A-Ha-h1-8])[).:]\s+[^\W\d]")
_REJECTS = re.compile(
    r"\b(?:not|no|nor|never|neither|without|isn't|wasn't|doesn't|don't|excludes?|excluded|excluding|eliminates?|"
    r"eliminated|rejected|unlike|unlikely|less likely|rather than|instead of|as opposed to|rules? out|ruled out|"
    r"ruling out|"
    r"against|contrasts?|compared|whether|although|though|while)\b",
    re.I,
)


def check_choices(row: Row) -> str | None:
    """The choices, where there are any: distinct, one the answer, none with a letter or about the others."""
    choices = list(row["choices"])
    if not choices:
        return None
    if len(choices) < 2:
        return f"There is one choice, {choices[0]!r}: a question has two or more, or none."
    try:
        question_text(row["question"], choices)
    except ValueError as error:
        return str(error)
    seen: dict[str, str] = {}
    for choice in choices:
        plain = normalise(choice)
        if plain in seen:
            return f"The choices {seen[plain]!r} and {choice!r} are the same."
        if _META_CHOICE.search(plain):
            return f"The choice {choice!r} is about the choices or says nothing of the recording."
        seen[plain] = choice
    lettered = [choice for choice in choices if _SURELY_LETTERED.match(choice)]
    if lettered or all(_LETTERED.match(choice) for choice in choices):
        return f"The choices carry letters or numbers of their own, such as {(lettered or choices)[0]!r}."
    if found := _LISTED_IN_QUESTION.search(row["question"]):
        return f"The question lists choices of its own, with {found.group().strip()!r}."
    if row["answer"] not in choices:
        return f"The answer {row['answer']!r} is none of the choices {choices}."
    return None


def check_response(row: Row) -> str | None:
    """The response names the answer: of the choices it alone, of an open question its words (see `open_agreement`)."""
    answer, response, choices = row["answer"], row["response"] or "", list(row["choices"])
    if not choices:
        if open_agreement(answer, response):
            return None
        return f"The response {_short(response)!r} does not say what the answer {_short(answer)!r} says."
    named = resolve_choice(response, choices)
    if named is None:
        return f"The response {_short(response)!r} does not name exactly one of the choices."
    if choices[named] != answer:
        return f"The response names {choices[named]!r} and the answer is {answer!r}."
    return None


def check_summary(row: Row) -> str | None:
    """The summary names no other choice than the answer, outside sentences that rule choices out.

    A summary that names no choice, or the answer among others, holds. Of an open question it is a summary that opens
    with yes where the answer is no, or the other way round, that fails.
    """
    summary, answer, choices = row["summary"] or "", row["answer"], list(row["choices"])
    if not choices:
        said, wanted = yes_or_no(summary[:20]), yes_or_no(answer)
        if said and wanted and said != wanted:
            return f"The summary begins with {said!r} and the answer is {answer!r}."
        return None
    kept = " ".join(sentence for sentence in sentences(summary) if not _REJECTS.search(sentence))
    named = resolve_choice(kept, choices)
    if named is not None and choices[named] != answer:
        return f"The summary names {choices[named]!r} and not the answer {answer!r}."
    return None


def answer_is_longest(row: Row) -> bool | None:
    """Whether the answer is longer than every other choice, in characters; None where there are no choices.

    A statistic for the card and no check: of n choices about 1 in n may be. More is a giveaway of the whole build.
    """
    choices = list(row["choices"])
    if row["answer"] not in choices or len(choices) < 2:
        return None
    return all(len(row["answer"]) > len(choice) for choice in choices if choice != row["answer"])


def answer_echoes_question(row: Row) -> bool | None:
    """Whether the answer alone of the choices shares a content word with the question; None without choices.

    A statistic like `answer_is_longest`.
    """
    choices = list(row["choices"])
    if row["answer"] not in choices or len(choices) < 2:
        return None
    asked = set(content(counted_words(row["question"])))
    echoes = [choice for choice in choices if asked & set(content(counted_words(choice)))]
    return echoes == [row["answer"]]


def _short(text: str, length: int = 80) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
