"""How a question is put to a model: a template with the question and its choices, named in every manifest."""

from __future__ import annotations

import string

from evaluation.benchmarks.question import Question


LISTED = "{question}\nChoose one: {listed}."
"""As the questions of CoTA are asked, and the default: no letters."""
LETTERED = "{question}\n{lettered}\nAnswer with the letter and the text of one choice."
AIR_BENCH = (
    "Choose the most suitable answer from options A, B, C, and D to respond the question in next line, you may only "
    "choose A or B or C or D.\n{question}\n{options}"
)
"""AIR-Bench's own (`Inference_Foundation.py` of github.com/OFA-Sys/AIR-Bench), whose scorer reads a letter that comes
first. An option that a question lacks is left away here and shown as "None" there."""
FIELDS = ("question", "listed", "lettered", "options")
PROMPTS = {"listed": LISTED, "lettered": LETTERED, "air_bench": AIR_BENCH}


def asked(question: Question, prompt: str = "listed") -> str:
    """The whole text of a question.

    Args:
        question: one with choices is put by the prompt; an open one is its own text.
        prompt: the name of a prompt, or a template: `{question}`, `{listed}` (a; b; c), `{lettered}` ((A) a, a line
            each) and `{options}` (A. a, a line each).

    Raises:
        ValueError: the prompt is neither, or has other fields; or it wants letters for more choices than there are.
    """
    if question.asked is not None:
        return question.asked
    if not question.choices:
        return question.text
    template = PROMPTS.get(prompt, prompt)
    fields = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
    if not fields >= {"question"} or fields - set(FIELDS) or not fields & set(FIELDS[1:]):
        raise ValueError(
            f"prompt {prompt!r} is none of {', '.join(PROMPTS)} and no template with {{question}} and one of "
            "{listed}, {lettered} and {options}: name one, or write one."
        )
    shown = {"question": question.text, "listed": "; ".join(question.choices)}
    if fields & {"lettered", "options"}:
        pairs = _lettered(question)
        shown["lettered"] = "\n".join(f"({letter}) {choice}" for letter, choice in pairs)
        shown["options"] = "\n".join(f"{letter}. {choice}" for letter, choice in pairs)
    return template.format(**shown)


def _lettered(question: Question) -> list[tuple[str, str]]:
    """Each choice with its letter. A gap between two others keeps its letter and is not shown."""
    if len(question.choices) > len(string.ascii_uppercase):
        raise ValueError(
            f"question {question.id} has {len(question.choices)} choices and there are "
            f"{len(string.ascii_uppercase)} letters: use the prompt listed."
        )
    letters = string.ascii_uppercase[: len(question.choices)]
    return [(letter, choice) for letter, choice in zip(letters, question.choices, strict=True) if choice]
