"""What the terminal, or a script, is told of a plan and of what became of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from app.publishing.plan import Plan


if TYPE_CHECKING:
    from rich.console import Console

    from app.publishing.model_question import Answer
    from app.publishing.send import Sent

WORDS = {"model": "model", "dataset": "data set", "space": "Space"}
SHOWN = 5
"""Names that a sentence lists."""


def show_files(console: Console, plan: Plan) -> None:
    """Each file with its size, and the card."""
    for file in plan.files:
        console.print(f"{file.size:15,} B  {file.name}", markup=False)
    card = plan.card_at("<the commit that is sent>")
    console.print(f"\nThe card, README.md:\n\n{card}", markup=False)


def show_plan(console: Console, plan: Plan, answer: Answer | None, dry_run: bool) -> None:
    """What was checked, what stays, what has to be read, and how much is sent where."""
    if answer is not None:
        console.print(
            f"A fresh process loaded {answer.model_class} by the folder's own code and answered about a tone "
            f"({answer.audio_tokens} embeddings): {' '.join(answer.text.split())[:200]!r}",
            markup=False,
        )
    if plan.left_out:
        console.print(f"Not sent: {_listed(plan.left_out)}.", markup=False)
    for note in plan.notes:
        console.print(note, markup=False)
    verb = "would be sent" if dry_run else "are sent"
    console.print(
        f"{len(plan.files)} files, {plan.size / 1e6:.1f} MB, {verb} to the {WORDS[plan.kind]} {plan.repository}.",
        markup=False,
    )


def show_sent(console: Console, plan: Plan, sent: Sent) -> None:
    """The commit, and the line that users load it with."""
    if sent.beside:
        console.print(f"The repository also holds, from before: {_listed(sent.beside)}.", markup=False)
    console.print(f"{sent.address} has it as commit {sent.commit}.", markup=False)
    if sent.card_commit != sent.commit:
        console.print(f"Its card, which pins that commit, is in commit {sent.card_commit}.", markup=False)
    load = f'"{plan.repository}", revision="{sent.commit}"'
    lines = {
        "model": f"AutoModel.from_pretrained({load}, trust_remote_code=True)",
        "dataset": f"load_dataset({load})",
    }
    if plan.kind in lines:
        console.print(lines[plan.kind], markup=False)


def plan_fields(plan: Plan, answer: Answer | None, sent: Sent | None) -> dict[str, Any]:
    """The same for a script: files with their bytes, card, notes, the answer about a tone, the commits once sent."""
    return {
        "kind": plan.kind,
        "repository": plan.repository,
        "files": [{"name": file.name, "bytes": file.size} for file in plan.files],
        "bytes": plan.size,
        "not_sent": list(plan.left_out),
        "notes": list(plan.notes),
        "card": plan.card_at(sent.commit if sent else "<commit>"),
        "answer": None if answer is None else asdict(answer),
        "sent": None if sent is None else asdict(sent),
    }


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{', '.join(names[:SHOWN])}{more}"
