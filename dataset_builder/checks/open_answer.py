"""Whether the response to an open question says what the answer says, by their words.

What a response rejects, and what it leaves open between alternatives, it does not say. Whether the answer is true is
not known here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from .row_text import counted_words, holds


SHORT_ANSWER = 4
"""An open answer of up to so many content words has to be in the response with all of them."""
MIN_F1 = 0.5
"""Of the content words of a longer open answer and of the response; or else `MIN_RECALL`."""
MIN_RECALL = 0.8
"""The share of a longer open answer's content words that a longer response has to hold."""

STOP_WORDS = frozenset(
    counted_words(
        "a an the of in on at to and or is are was were be been it its this that these those there with by for from "
        "as which who what while into he she they his her their i you we some"
    )
)
_YES_NO = {"yes": "yes", "no": "no", "true": "yes", "false": "no"}
_SURELY = frozenset({"indeed", "correct", "certainly", "definitely", "absolutely"})
# "nothing other than rain", "no sound but rain"
_NOTHING_BUT = re.compile(r"\b(?:nothing|none|nobody|no(?: [\w-]+)?) (?:other than|except(?: for)?|but)\b")
# "rain, not snow", "rain rather than snow", "not snow but rain": what follows is rejected, up to the next clause; not
# "no doubt" and "it couldn't be clearer".
_REJECTED = re.compile(
    r"\b(?:(?:rather |other )?than|instead of|as opposed to|unlike|without(?!\s+(?:a\s+)?(?:doubt|question))|"
    r"neither|nor|no(?!\s+(?:doubt|question|mistaking))|"
    r"(?:not(?!\s+only)|cannot|\w+n't)(?!\s+be\s+(?:clearer|plainer|more)))\b"
    r".*?(?=\b(?:but|while|whereas)\b|[,;:!?]|\.(?!\d)|$)"
)
# "two or three", "a dog, a wolf or a fox"; not "three or so".
_ARTICLE = r"(?:(?:an?|the|some)\s+)?"
_ALTERNATIVES = re.compile(
    rf"(?:(?:^|\b(?:an?|the|is|are|either)\s+)[\w-]+,\s+(?:{_ARTICLE}[\w-]+,\s+)*)?"
    rf"\b{_ARTICLE}[\w-]+,?\s+or\s+(?!so\b|more\b|less\b|rather\b){_ARTICLE}[\w-]+"
)
_UNITS = (
    (re.compile(r"(\d)(?=(?:bpm|k?hz|db|s|secs?|mins?)\b)"), r"\1 "),
    (re.compile(r"\bbeats (?:per|a) minute\b"), "bpm"),
    (re.compile(r"\bkilohertz\b"), "khz"),
    (re.compile(r"\bhertz\b"), "hz"),
    (re.compile(r"\bdecibels?\b"), "db"),
    (re.compile(r"(?<=\d )(?:s|secs?|seconds?)\b"), "seconds"),
    (re.compile(r"(?<=\d )(?:mins?|minutes?)\b"), "minutes"),
)
"""One writing for each unit, in lower case."""
_ORDER = re.compile(
    r"\b(?P<swap>after(?! (?:that|this|which)\b)|before (?:that|this|which))\b"
    r"|\b(?:before|after (?:that|this|which)|then|followed by|(?P<more>than))\b"
)
"""Of what stands on either side, the left comes first, or is more; where `swap` is found, the right."""
_COMPARATIVE = re.compile(r"\b(?:less|worse|more|\w+er)\b")
_OPPOSITES = {
    "quieter": "louder",
    "softer": "louder",
    "lower": "higher",
    "slower": "faster",
    "shorter": "longer",
    "later": "earlier",
    "weaker": "stronger",
    "farther": "nearer",
    "less": "more",
    "fewer": "more",
}
"""A comparative, and the one that says the same of the other side."""


def open_agreement(answer: str, response: str) -> bool:
    """Whether a response to an open question says what the answer says, by their words.

    Yes and no have to be the same. An answer of up to 4 content words has to be in the response whole, in any order.
    A longer one has to stand in it word for word, or share words with it at a token F1 of 0.5, or have 0.8 of its own
    words there. Numbers count the same as digits and as words up to twelve, and a unit under all its names. Where the
    answer does not do so itself, what the response rejects ("not", "no", "rather than", "without") and alternatives
    that it leaves open ("or") are no part of it. Two things that the answer has before or after one another, or
    compares ("louder than", as "quieter than" does), may not stand the other way round.

    It cannot tell who does what ("a dog chases a cat"), synonyms and other rewordings, numbers in words over twelve,
    an order told without such words, or what is denied by a verb ("the dog fails to bark") or left open by one ("it
    may be a dog"). It is a net for responses about something else.
    """
    answer, response = _one_writing(answer), _one_writing(response)
    alike = _same_order(answer, response)
    if alike is False:
        return False
    truth = yes_or_no(answer)
    if truth is None:
        answer, response = (_NOTHING_BUT.sub("only", text) for text in (answer, response))
    for pattern in (_REJECTED, _ALTERNATIVES):
        if truth is None and not pattern.search(answer):
            response = pattern.sub(" … ", response)
    if alike:  # "a before b" is "b after a"
        answer, response = (_COMPARATIVE.sub(_opposite, _ORDER.sub(" ", text)) for text in (answer, response))
    wanted, found = counted_words(answer), counted_words(response)
    if not wanted or not found:
        return False
    if truth is not None:
        said = yes_or_no(response) or _only_yes_or_no(found) or _yes_or_no_in_other_words(found)
        if len(wanted) == 1 or said != truth:
            return said == truth
    if holds(found, wanted):
        return not _denied(found, wanted)
    short, long = content(wanted), content(found)
    shared = sum((Counter(short) & Counter(long)).values())
    if len(short) <= SHORT_ANSWER:
        return shared == len(short) and not _denied(found, short)
    f1 = 2 * shared / (len(short) + len(long))
    return f1 >= MIN_F1 or shared / len(short) >= MIN_RECALL


def content(tokens: Sequence[str]) -> list[str]:
    """The tokens without stop words; all of them where nothing else is left."""
    return [token for token in tokens if token not in STOP_WORDS] or list(tokens)


def yes_or_no(text: str) -> str | None:
    """What `text` opens with, of yes and no."""
    first = counted_words(text)[:1]
    return _YES_NO.get(first[0]) if first else None


def _only_yes_or_no(tokens: Sequence[str]) -> str | None:
    """The one of yes and no that stands anywhere in the tokens, if the other does not."""
    said = {_YES_NO[token] for token in tokens if token in _YES_NO}
    return said.pop() if len(said) == 1 else None


def _yes_or_no_in_other_words(tokens: Sequence[str]) -> str | None:
    """What the tokens open with, as "not at all" and "certainly" do."""
    surely = tokens[0] in _SURELY
    if tokens[0] == "never" or tokens[int(surely) : int(surely) + 1] == ["not"]:
        return None if tokens[1:2] == ["only"] else "no"
    return "yes" if surely else None


def _one_writing(text: str) -> str:
    """`text` in lower case, with one name for each unit."""
    text = text.casefold().replace("’", "'")
    for pattern, unit in _UNITS:
        text = pattern.sub(unit, text)
    return text


def _same_order(answer: str, response: str) -> bool | None:
    """Whether the response has the two sides of the answer's order the same way round; None where it is not plain."""
    wanted, found = _order(answer), _order(response)
    if wanted is None or found is None or wanted[0] != found[0]:
        return None
    (_, first, second), (_, left, right) = wanted, found
    same, other = len(first & left) + len(second & right), len(first & right) + len(second & left)
    return None if same == other else same > other


def _order(text: str) -> tuple[str, frozenset[str], frozenset[str]] | None:
    """What orders the text, `time` or a comparative before "than", and the content words of either side alone."""
    word = _ORDER.search(text)
    if word is None:
        return None
    left, right = text[: word.start()], text[word.end() :]
    if not counted_words(left):  # "after the dog barks, the bell rings"
        right, _, left = right.partition(",")
    compared = (_COMPARATIVE.findall(left) or ["than"])[-1] if word["more"] else "time"
    if word["swap"] or compared in _OPPOSITES:
        left, right = right, left
    before, after = (frozenset(content(counted_words(side))) for side in (left, right))
    return _OPPOSITES.get(compared, compared), before - after, after - before


def _opposite(comparative: re.Match[str]) -> str:
    return _OPPOSITES.get(comparative[0], comparative[0])


def _denied(found: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether "not" or "no" stands right before the only place of the answer's first word, articles apart."""
    places = [index for index, word in enumerate(found) if word == wanted[0]]
    denied = []
    for place in places:
        before = [word for word in found[max(0, place - 3) : place] if word not in ("a", "an", "the")]
        denied.append(bool(before) and before[-1] in ("not", "no", "never", "neither"))
    return bool(denied) and all(denied)
