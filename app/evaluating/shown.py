"""A run, its controls and a repetition on the terminal, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer


if TYPE_CHECKING:
    from rich.console import Console

    from app.evaluating.whole_run import Done

SHOWN = 10
"""So many items that changed in a repetition are named; all are in its file."""


def show(done: Done, output: Path, console: Console, as_json: bool) -> None:
    """Print the figures of a run; with `as_json` also as JSON on stdout, where the console is stderr."""
    from evaluation.outputs.table import outputs_sentences, outputs_table
    from evaluation.runs.contamination import contamination_sentences
    from evaluation.runs.table import run_sentences, trust_sentences, trust_table
    from evaluation.table import results_table, summary_sentences

    scores = done.scores
    if as_json:
        typer.echo(json.dumps(scores | {"trust": done.trust}, ensure_ascii=False, indent=2))
    console.print(outputs_table(scores) if done.held_out is None else results_table(done.held_out))
    said = [] if done.held_out is None else summary_sentences(done.held_out)
    said += [*run_sentences(scores), *outputs_sentences(scores), *contamination_sentences(scores)]
    _say(console, said)
    if done.trust is not None:
        console.print(trust_table(done.trust, scores["measure"]))
        _say(console, trust_sentences(done.trust, scores["measure"]))
    if not scores["answered_now"]:
        console.print("The answers were there from an earlier run of the same settings.", highlight=False)
    viewer = f"inspect view --log-dir {output / 'log'}"
    console.print(f"Results: {output}, the page {done.page}; {viewer}", highlight=False, markup=False)


def show_repetition(found: Mapping[str, Any], manifest: Path, console: Console, as_json: bool) -> None:
    """Print whether a repetition's outputs are the same, and what besides is not as it was."""
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    if found["identical"]:
        console.print(f"Identical: all {found['n']} outputs are those of {manifest}.", highlight=False)
    elif found["changed"] is None:
        hashes = f"{found['outputs_sha256'][:12]} now, {found['expected_sha256'][:12]} in {manifest}"
        _say(console, [f"Not identical: the {found['n']} outputs have another hash ({hashes})."])
        _say(console, [f"Which of them changed cannot be said: {found['unnamed']}."])
    else:
        sentence = f"Not identical: {len(found['changed'])} of {found['n']} outputs are others than in {manifest}."
        _say(console, [sentence, *(f"  {name}" for name in found["changed"][:SHOWN])])
    _say(console, [f"Other than then: {sentence}." for sentence in found["differs"]])


def _say(console: Console, sentences: list[str]) -> None:
    for sentence in sentences:
        console.print(sentence, highlight=False, markup=False)
