"""Which of the choices a RESPONSE names: the strict scorer.

It decides nothing by likeness: either the response names exactly one choice in its own words, or it abstains
(and the row counts as wrong). It does not know the right answer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from string import ascii_lowercase


_QUOTED = re.compile(r"“([^”]+)”|\"([^\"]+)\"|‘([^’]+)’|(?<!\w)'([^']+)'(?!\w)|`([^`]+)`|\*\*([^*]+)\*\*")
_EDGE = " \t\n\"'“”‘’`*.,;:!?()[]"
_ACCIDENTAL = "#♯♭+"  # 'C' is not named by 'C#'
# Before a choice: "not a", "there is no", "it cannot be the", "I don't hear any", "rather than".
_REJECTED = re.compile(
    r"\b(?:not|no|nor|never|neither|cannot|\w{2,7}n['’]t|rather than|instead of|except|excluding)\s+"
    r"(?:(?:be|been|hear|a|an|any|the|that of|by|option|choice)\s+)*[\"'“‘`*(\[]*$"
)
# After it: "is wrong", "isn't right", "would not be the answer". Not "is not barking", which is said of what is there.
_CLOSED = r"[ \t\"'”’`*)\]}]*"
_VERB = r"\b(?:is|are|was|were|can|could|would|does|do|must|sounds|seems)"
_DENIED = re.compile(
    rf"{_CLOSED}{_VERB} (?:be )?(?:wrong|incorrect|false|impossible|excluded|ruled out)\b|"
    rf"{_CLOSED}{_VERB}(?: ?not|n['’]t) (?:be )?(?:the )?(?:correct|right|true|possible|answer)\b"
)
# Of a letter nothing else is said than whether it is the answer.
_LETTER_DENIED = re.compile(rf"{_DENIED.pattern}|{_CLOSED}{_VERB}(?: ?not|n['’]t)\b(?! (?:only|just|merely)\b)")
_LOOK_BACK = 80  # Characters: no rejection is longer, and long responses take no long time.


# What may follow an option letter: an end, a bracket, a stop, or a word that goes on about the option. Not the rest of
# a word ("B-side", "B:maj7", "e.g.", "D'accord"), an accidental ("C#") or a noun ("A dog", "C major").
_ABOUT_IT = r"(?:is|are|was|were|because|since|as|or|and)\b"
_AFTER = rf"(?![\w{_ACCIDENTAL}])(?!\s*[-–'’]\w)(?![.:]\w)(?![^\S\n]+(?!{_ABOUT_IT})\w)"
_BEFORE = r"[\s\"'“‘`*(\[{]*"
_LETTER = r"(?P<letter>[A-Za-z])"
_LETTERED = (
    # "B", "b.", "(B) cat", "B: cat", "**B**", at the start of a line.
    re.compile(rf"^[ \t\"'“‘`*(\[{{]*{_LETTER}{_AFTER}", re.MULTILINE),
    # "The answer is B.", "Answer: (b)", "option B", "the correct choice would be **B**".
    re.compile(
        r"\b(?:answer|option|choice|letter)(?: is| was| would be| should be)?(?: option| choice)?(?:\s*[:=–-])?"
        rf"{_BEFORE}{_LETTER}{_AFTER}",
        re.IGNORECASE,
    ),
    # "I choose (B)", "\\boxed{B}", "<answer>B</answer>".
    re.compile(rf"(?<!\w)\(\s*{_LETTER}\s*\)"),
    re.compile(rf"[\[{{>]\s*{_LETTER}\s*[\]}}<]"),
)
# "or C", ", D", "and (D)", "/B", as they go on after a letter.
_JOINED = r"[\s\"'”’`*)\]}.]*(?:,|/|&|\bor\b|\band\b)+(?: or| and)?"
_FURTHER_LETTERS = re.compile(rf"(?:{_JOINED}{_BEFORE}(?:option |choice )?[A-Za-z]{_AFTER})*")
_LONE_LETTER = re.compile(r"(?<![A-Za-z])[A-Za-z](?![A-Za-z])")


def normalise(text: str) -> str:
    """`text` in compatibility form and lower case, single spaces, without quotes and stops at its ends.

    Accidentals stay, so that "C#" and "C" differ.
    """
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return re.sub(r"\s+", " ", folded).strip(_EDGE)


def resolve_choice(response: str | None, choices: Sequence[str], letters: bool = False) -> int | None:
    """The index of the one choice that `response` names, or None.

    In this order: the whole response is a choice; its quoted (or bold) words are choices, and all the same one;
    exactly one choice occurs in it as whole words. An occurrence inside that of a longer choice ("dog" in "dog
    barking"), right after a rejection ("not a dog", "no dog") or right before one ("dog is wrong") does not count. Two
    that fit, or two choices that normalise to the same text, resolve to None.

    Args:
        response: what was answered; None resolves to None.
        choices: the texts of the choices, in the order in which they were shown.
        letters: whether the choices were shown under letters (A, B, …), so that "B", "(b)", "B. cat", "Option B" and
            "The answer is B." name the second. A letter and a text that name different choices resolve to None. Where
            a choice is itself a letter, letters mean nothing; neither do they unless asked for.
    """
    named = choices_named(response, choices, letters)
    return named.pop() if len(named) == 1 else None


def choices_named(response: str | None, choices: Sequence[str], letters: bool = False) -> set[int]:
    """The indices of all choices that `response` names, none or several where [`resolve_choice`] gives None.

    Args:
        response, choices, letters: as `resolve_choice` takes them.
    """
    if response is None:
        return set()
    names = [normalise(choice) for choice in choices]
    text = normalise(response)
    exact = {index for index, name in enumerate(names) if name and name == text}
    named = exact or _named_in_quotes(response, names) or _named_as_words(text, names)
    if letters and len(exact) != 1 and not any(_LONE_LETTER.fullmatch(name) for name in names):
        lettered = _named_by_letter(response, names)
        if lettered:
            # The letter was given for an answer; texts beside it may be the other choices, talked about.
            named = lettered if not named or lettered <= named else named | lettered
    return named


def _named_by_letter(response: str, names: Sequence[str]) -> set[int]:
    """Indices of the choices whose letters `response` gives as an answer, not in passing, and does not reject."""
    response = unicodedata.normalize("NFKC", response)
    given: set[int] = set()
    rejected: set[int] = set()
    for pattern in (*_LETTERED, *_beside_its_text(names)):
        for match in pattern.finditer(response):
            further = _FURTHER_LETTERS.match(response, match.end("letter"))
            end = max(match.end(), further.end() if further else 0)
            places = [match.start("letter")]
            if further:
                places += [further.start() + each.start() for each in _LONE_LETTER.finditer(further[0])]
            denied = _is_rejected(response, match.start(), end, _LETTER_DENIED)
            (rejected if denied else given).update(places)
    indices = {ord(response[place].casefold()) - ord("a") for place in given - rejected}
    return {index for index in indices if index < len(names)}


def _beside_its_text(names: Sequence[str]) -> list[re.Pattern[str]]:
    """For each letter right before its own choice, as in "b) cat", wherever it stands."""
    return [
        re.compile(rf"(?<![\w'’])(?P<letter>{letter})[).:]+\s*[\"'“‘`*]*{re.escape(name)}(?!\w)", re.IGNORECASE)
        for letter, name in zip(ascii_lowercase, names, strict=False)
        if name
    ]


def _is_rejected(text: str, start: int, end: int, denied: re.Pattern[str] = _DENIED) -> bool:
    """Whether what stands from `start` to `end` of `text` is said not to be."""
    before = text[max(0, start - _LOOK_BACK) : start].casefold()
    return bool(_REJECTED.search(before) or denied.match(text[end : end + _LOOK_BACK].casefold()))


def _named_in_quotes(response: str, names: Sequence[str]) -> set[int]:
    """Indices of the choices that stand in quotes in `response` and are not rejected there."""
    response = unicodedata.normalize("NFKC", response)
    found: set[int] = set()
    for match in _QUOTED.finditer(response):
        words = normalise(next(group for group in match.groups() if group is not None))
        if not _is_rejected(response, match.start(), match.end()):
            found |= {index for index, name in enumerate(names) if name and name == words}
    return found


def _named_as_words(text: str, names: Sequence[str]) -> set[int]:
    """Indices of the choices that occur in `text` as whole words, outside any longer choice, not rejected."""
    spans: list[tuple[int, int, int]] = []
    for index, name in enumerate(names):
        if name:
            pattern = rf"(?<![\w]){re.escape(name)}(?![\w{_ACCIDENTAL}])"
            spans += [(match.start(), match.end(), index) for match in re.finditer(pattern, text)]
    found: set[int] = set()
    for start, end, index in spans:
        inside_longer = any(s <= start and end <= e and e - s > end - start for s, e, _ in spans)
        if not inside_longer and not _is_rejected(text, start, end):
            found.add(index)
    return found
