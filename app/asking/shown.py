"""An answer on the terminal, section by section as it is written, or as fields for a script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.asking.answering import SampledAnswers, StreamedAnswer, as_written
from modeling_audio_reasoner.choices_audio_reasoner import normalise
from modeling_audio_reasoner.reasoning_audio_reasoner import SECTIONS, Reasoning


if TYPE_CHECKING:
    from rich.console import Console


def show_events(console: Console, answer: StreamedAnswer) -> None:
    """Print each section as it opens, and its text as it is written, until the answer is whole."""
    at_line_start = True
    for event in answer:
        if event.kind == "opened":
            if not at_line_start:  # the section before was not closed
                console.print("\n")
            console.print(f"{event.section}", style="bold cyan", end="\n  ")
        elif event.kind == "text":
            console.print(event.text, end="", markup=False, style=None if event.section else "red")
        else:
            console.print("\n")
        at_line_start = event.kind == "closed"
    if not at_line_start:
        console.print()


def show_votes(console: Console, answers: SampledAnswers, options: Mapping[str, Any]) -> Any:
    """Wait for sampled answers, print the chosen one and the votes, and return what the model's `vote` gave.

    Args:
        options: what `answers` was made with: `num_answers` and `choices`.
    """
    with console.status(f"sampling {options['num_answers']} answers"):
        for _ in answers:
            pass
    voted = answers.voted
    for section in SECTIONS:
        if (text := getattr(voted.reasoning, section)) is not None:
            console.print(section, style="bold cyan", end="\n  ")
            console.print(f"{text}\n", markup=False)
    console.print("votes", style="bold cyan")
    spelt = {} if options["choices"] else as_written(voted.answers, normalise)
    for response, count in voted.votes.items():
        console.print(f"  {count}  {spelt.get(response, response)}", markup=False)
    if silent := len(voted.answers) - sum(voted.votes.values()):
        console.print(f"  {silent}  (no vote: the response names none of the choices, or more than one)")
    if voted.unfinished:
        console.print(f"  {voted.unfinished}  (not waited for, or cut at the token limit)")
    return voted


def answer_fields(answer: Reasoning, voted: Any | None = None) -> dict[str, Any]:
    """An answer's sections (None where one is missing), whether it is well-formed, and the votes if there were any."""
    fields = {section: getattr(answer, section) for section in SECTIONS}
    fields |= {"complete": answer.complete, "problems": list(answer.problems)}
    if voted is not None:
        fields["votes"] = {"of": voted.votes, "agreement": voted.agreement, "unfinished": voted.unfinished}
        fields["votes"]["winner"] = voted.response
    return fields
