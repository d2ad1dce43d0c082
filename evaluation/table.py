"""The results of an evaluation as a table for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any


if TYPE_CHECKING:
    from rich.table import Table


def percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"


def whole(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f}"


def margin_words(margin: float) -> str:
    return f"{100 * abs(margin):.1f} points {'above' if margin >= 0 else 'below'}"


def results_table(results: Mapping[str, Any]) -> Table:
    """Accuracy by domain and task beside what it has to beat, in percent."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    controls = [name for name in results["conditions"] if name != "real"]
    title = f"{results['questions']} held-out questions, accuracy in percent"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=0, pad_edge=False, show_edge=False)
    table.add_column("", no_wrap=True)
    headings = ["n", "accu-\nracy", "95%", "chance", "text\nonly"]
    headings += [{"silence": "si-\nlence", "shuffled": "shuf-\nfled"}[name] for name in controls]
    for heading in (*headings, "MMAU", "com-\nplete", "no\nchoice"):
        table.add_column(heading, justify="right", no_wrap=True)
    for line in results["table"]:
        real = line["real"]
        name = {"all": "all", "domain": line["domain"], "task": f" {line['task']}"}[line["scope"]]
        cells = [str(real["total"]), percent(real["accuracy"])]
        cells += [f"{100 * real['low']:.0f}–{100 * real['high']:.0f}", whole(line["chance"])]
        cells += [whole(line["text_only"]), *(whole(line[control]["accuracy"]) for control in controls)]
        cells += [whole(real["mmau_accuracy"]), percent(real["complete"]), str(real["abstained"])]
        table.add_row(name, *cells, style="bold" if line["scope"] != "task" else "")
    return table


def summary_sentences(results: Mapping[str, Any]) -> list[str]:
    """What the table says, in sentences: the headline, the controls, the structure, the speed."""
    whole = results["table"][0]
    real, timing = whole["real"], results["conditions"]["real"]
    domains = [line for line in results["table"] if line["scope"] == "domain"]
    below = [line["domain"] for line in domains if not line["above_baseline"]]
    tasks = [line for line in results["table"] if line["scope"] == "task"]
    unheard = [f"{line['task']} ({line['domain']})" for line in tasks if not line["above_baseline"]]
    heard = len(tasks) - len(unheard)
    return [
        f"Accuracy {percent(real['accuracy'])}% ({percent(real['low'])} to {percent(real['high'])}) on "
        f"{real['total']} held-out questions, {margin_words(whole['margin'])} the best of what does not hear "
        f"({whole['baseline']['name']}, {percent(whole['baseline']['accuracy'])}%).",
        "In each domain the interval's lower end is above chance, text-only, silence and shuffled."
        if not below
        else f"The interval's lower end is not above all baselines in: {', '.join(below)}.",
        f"Of {len(tasks)} tasks, {heard} {'is' if heard == 1 else 'are'} above all four in the same way"
        + (f"; not shown to be heard: {', '.join(unheard)}." if unheard else "."),
        f"Structure complete in {percent(real['complete'])}% of the answers; in {real['abstained']} the response "
        f"names none of the choices or more than one; {real['truncated']} were cut at the token limit.",
        f"{timing['rows_per_second']:.1f} answers/s, {timing['new_tokens_per_second']:.0f} tokens/s "
        f"({results['process'].get('device', '?')}, {results['process'].get('threads', '?')} threads).",
    ]
