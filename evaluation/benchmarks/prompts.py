"""How a question is put to a model: a template with the question and its choices, named in every manifest."""

from __future__ import annotations

import string

from evaluation.benchmarks.question import Question


LISTED = "{question}\nChoose one: {listed}."
"""As the questions of CoTA are asked, and the default: no letters."""
LETTERED = "{question}\n{lettered}\nAnswer with the letter and the text of one choice."
FIELDS = ("question", "listed", "lettered")
PROMPTS = {"listed": LISTED, "lettered": LETTERED}


def asked(question: Question, prompt: str = "listed") -> str:
    """The whole text of a question.

    Args:
        question: one with choices is put by the prompt; an open one is its own text.
        prompt: the name of a prompt, or a template: `{question}`, `{listed}` (a; b; c) and `{lettered}` ((A) a, a line
            each).

    Raises:
        ValueError: the prompt is neither, or has other fields.
    """
    if question.asked is not None:
        return question.asked
    if not question.choices:
        return question.text
    template = PROMPTS.get(prompt, prompt)
    fields = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
    if not fields >= {"question"} or fields - set(FIELDS) or not fields & {"listed", "lettered"}:
        raise ValueError(
            f"prompt {prompt!r} is none of {', '.join(PROMPTS)} and no template with {{question}} and {{listed}} or "
            "{lettered}: name one, or write one."
        )
    return template.format(question=question.text, listed="; ".join(question.choices), lettered=_lettered(question))


def _lettered(question: Question) -> str:
    letters = string.ascii_uppercase[: len(question.choices)]
    return "\n".join(f"({letter}) {choice}" for letter, choice in zip(letters, question.choices, strict=True))
