"""Whether the choices can be chosen from, and whether response and summary say what the answer says.

Multiple choice is read by `resolve_choice`, the strict scorer that the evaluation uses; an open answer is compared by
its words. Whether the answer is true is not known here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from modeling_audio_reasoner import normalise, resolve_choice

from ..question_text import question_text
from .row_text import Row, counted_words, holds, sentences


SHORT_ANSWER = 4
"""An open answer of up to so many content words has to be in the response with all of them."""
MIN_F1 = 0.5
"""Of the content words of a longer open answer and of the response; or else `MIN_RECALL`."""
MIN_RECALL = 0.8
"""The share of a longer open answer's content words that a longer response has to hold."""

_STOP_WORDS = frozenset(
    {
        "a",
        "an",
        "the",
        "of",
        "in",
        "on",
        "at",
        "to",
        "and",
        "or",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "it",
        "its",
        "this",
        "that",
        "these",
        "those",
        "there",
        "with",
        "by",
        "for",
        "from",
        "as",
        "which",
        "who",
        "what",
        "while",
        "into",
        "he",
        "she",
        "they",
        "his",
        "her",
        "their",
        "i",
        "you",
        "we",
        "some",
    }
)
_YES_NO = {"yes": "yes", "no": "no", "true": "yes", "false": "no"}
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
        said, wanted = _yes_or_no(summary[:20]), _yes_or_no(answer)
        if said and wanted and said != wanted:
            return f"The summary begins with {said!r} and the answer is {answer!r}."
        return None
    kept = " ".join(sentence for sentence in sentences(summary) if not _REJECTS.search(sentence))
    named = resolve_choice(kept, choices)
    if named is not None and choices[named] != answer:
        return f"The summary names {choices[named]!r} and not the answer {answer!r}."
    return None


def open_agreement(answer: str, response: str) -> bool:
    """Whether a response to an open question says what the answer says, by their words.

    Yes and no have to be the same. An answer of up to 4 content words has to be in the response whole, in any order.
    A longer one has to stand in it word for word, or share words with it at a token F1 of 0.5, or have 0.8 of its own
    words there. Numbers count the same as digits and as words up to twelve. Words in another order ("a dog chases a
    cat") agree: this is a net for responses about something else, and the blind teacher is the finer one.
    """
    wanted, found = counted_words(answer), counted_words(response)
    if not wanted or not found:
        return False
    truth = _yes_or_no(answer)
    if truth is not None:
        said = _yes_or_no(response) or _only_yes_or_no(found)
        if len(wanted) == 1 or said != truth:
            return said == truth
    if holds(found, wanted):
        return not _denied(found, wanted)
    short, long = _content(wanted), _content(found)
    shared = sum((Counter(short) & Counter(long)).values())
    if len(short) <= SHORT_ANSWER:
        return shared == len(short) and not _denied(found, short)
    f1 = 2 * shared / (len(short) + len(long))
    return f1 >= MIN_F1 or shared / len(short) >= MIN_RECALL


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
    asked = set(_content(counted_words(row["question"])))
    echoes = [choice for choice in choices if asked & set(_content(counted_words(choice)))]
    return echoes == [row["answer"]]


def _content(tokens: Sequence[str]) -> list[str]:
    """The tokens without stop words; all of them where nothing else is left."""
    return [token for token in tokens if token not in _STOP_WORDS] or list(tokens)


def _yes_or_no(text: str) -> str | None:
    """What `text` opens with, of yes and no."""
    first = counted_words(text)[:1]
    return _YES_NO.get(first[0]) if first else None


def _only_yes_or_no(tokens: Sequence[str]) -> str | None:
    """The one of yes and no that stands anywhere in the tokens, if the other does not."""
    said = {_YES_NO[token] for token in tokens if token in _YES_NO}
    return said.pop() if len(said) == 1 else None


def _denied(found: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether "not", "no" or "isn't" stands right before the only place of the answer's first word, articles apart."""
    places = [index for index, word in enumerate(found) if word == wanted[0]]
    denied = []
    for place in places:
        before = [word for word in found[max(0, place - 3) : place] if word not in ("a", "an", "the")]
        denied.append(bool(before) and before[-1] in ("not", "no", "isn't", "wasn't", "never", "neither"))
    return bool(denied) and all(denied)


def _short(text: str, length: int = 80) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
