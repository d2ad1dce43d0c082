"""The grammar of a structured answer: parse it, render it, say what is missing.

An answer thinks in four sections and then responds (Audio-Reasoner, arXiv 2503.02318, section 3 and the authors'
`inference.py`)::

    <THINK><PLANNING>…</PLANNING><CAPTION>…</CAPTION><REASONING>…</REASONING><SUMMARY>…</SUMMARY></THINK><RESPONSE>…</RESPONSE>

This module knows text only: nothing of models, tokens or audio. It uses the standard library alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise


SECTIONS = ("planning", "caption", "reasoning", "summary", "response")
THINK_SECTIONS = SECTIONS[:-1]

SYSTEM_PROMPT = (
    "You are an audio deep-thinking model. Upon receiving a question, please respond in two parts: <THINK> and "
    "<RESPONSE>. The <THINK> section should be further divided into four parts: <PLANNING>, <CAPTION>, <REASONING>, "
    "and <SUMMARY>."
)
"""The paper's system prompt, word for word (the authors' `inference.py`)."""


def _opening(name: str) -> str:
    return f"<{name.upper()}>"


def _closing(name: str) -> str:
    return f"</{name.upper()}>"


TAGS = ("<THINK>",) + tuple(tag for name in THINK_SECTIONS for tag in (_opening(name), _closing(name)))
TAGS += ("</THINK>", "<RESPONSE>", "</RESPONSE>")
"""The twelve tags in the order of a well-formed answer."""

TAG_PATTERN = re.compile("|".join(re.escape(tag) for tag in TAGS))


@dataclass(frozen=True)
class Reasoning:
    """One structured answer. Sections carry no surrounding white space: it is stripped on construction.

    `complete` is true when the text was well-formed; otherwise `problems` lists what it lacks, one sentence each, and
    a section that could not be found is `None`.
    """

    planning: str | None = None
    caption: str | None = None
    reasoning: str | None = None
    summary: str | None = None
    response: str | None = None
    complete: bool = True
    problems: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in SECTIONS:
            text = getattr(self, name)
            if text is not None:
                object.__setattr__(self, name, text.strip())
        object.__setattr__(self, "problems", tuple(self.problems))

    def render(self) -> str:
        """The answer as the model writes it; `parse_reasoning` is the inverse.

        Raises:
            ValueError: a section is missing or empty, or its text holds a tag of the grammar.
        """
        for name in SECTIONS:
            text = getattr(self, name)
            if not text:
                raise ValueError(
                    f"The section '{name}' is missing or empty: an answer needs all of {', '.join(SECTIONS)}."
                )
            if found := TAG_PATTERN.search(text):
                raise ValueError(
                    f"The section '{name}' holds the tag {found.group()}, which would end it: remove the tag."
                )
        think = "".join(f"{_opening(name)}{getattr(self, name)}{_closing(name)}" for name in THINK_SECTIONS)
        return f"<THINK>{think}</THINK><RESPONSE>{self.response}</RESPONSE>"


def parse_reasoning(text: str) -> Reasoning:
    """Parse a model's answer; never raises on text, whatever it holds.

    White space between tags is allowed. On a malformed answer every section that can be found is still returned
    (its first occurrence, up to the next tag), `complete` is false and `problems` says what is wrong.
    """
    if not isinstance(text, str):
        raise ValueError(
            f"parse_reasoning takes the answer as a str, not {type(text).__name__}: decode the tokens first."
        )
    tags = list(TAG_PATTERN.finditer(text))
    sections: dict[str, str] = {}
    problems: list[str] = []
    for name in SECTIONS:
        found, problem = _find_section(text, tags, name)
        if found is not None:
            sections[name] = found
        if problem:
            problems.append(problem)
    names = [tag.group() for tag in tags]
    for tag in ("<THINK>", "</THINK>"):
        if tag not in names:
            problems.append(f"{tag} is missing")
    problems.extend(_stray_text(text, tags))
    if not problems and names != list(TAGS):
        problems.append("the tags are out of order or repeated")
    return Reasoning(**sections, complete=not problems, problems=tuple(problems))


def _find_section(text: str, tags: list[re.Match[str]], name: str) -> tuple[str | None, str | None]:
    """The section's text up to the next tag, and what is wrong with it, if anything."""
    openings = [index for index, tag in enumerate(tags) if tag.group() == _opening(name)]
    if not openings:
        return None, f"the section '{name}' is missing"
    start = tags[openings[0]].end()
    following = tags[openings[0] + 1] if openings[0] + 1 < len(tags) else None
    body = text[start : following.start() if following else len(text)].strip()
    if len(openings) > 1:
        return body, f"the section '{name}' is opened {len(openings)} times"
    if following is None or following.group() != _closing(name):
        return body, f"the section '{name}' is not closed"
    if not body:
        return body, f"the section '{name}' is empty"
    return body, None


def _stray_text(text: str, tags: list[re.Match[str]]) -> list[str]:
    """Text that stands outside every section: before the first tag, between sections, after the response."""
    problems = []
    if tags and text[: tags[0].start()].strip():
        problems.append("there is text before the first tag")
    for tag, following in pairwise(tags):
        closes = tag.group().startswith("</") or tag.group() == "<THINK>"
        if closes and text[tag.end() : following.start()].strip():
            problems.append(f"there is text between {tag.group()} and {following.group()}")
    if tags and tags[-1].group() == "</RESPONSE>" and text[tags[-1].end() :].strip():
        problems.append("there is text after </RESPONSE>")
    return problems
