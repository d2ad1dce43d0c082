"""The tables of docs/ablations.md, and what they say in words, from recipes/ablations/results.json."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


FOLDER = Path(__file__).parent.parent / "recipes" / "ablations"
NOT_MADE = "The runs have not been made yet; the commands below make them.\n"
Found = Mapping[str, Any]


def ablations() -> str:
    """A row for each variant: accuracy over the seeds, the difference to `full`, and what the answers are like."""
    return accuracy_table(results) if (results := _results()) else NOT_MADE


def ablation_domains() -> str:
    """A row for each variant: accuracy by domain, and in it the difference to `full`."""
    return domain_table(results) if (results := _results()) else ""


def ablation_findings() -> str:
    """The comparisons in words, and the figure."""
    if not (results := _results()):
        return ""
    return (
        "\n".join(
            [
                *findings(results),
                "",
                not_made(results),
                "![Accuracy of each variant](../recipes/ablations/accuracy.png)",
            ]
        )
        + "\n"
    )


def accuracy_table(results: Found) -> str:
    """As `ablations`, of what recipes/ablation_results.py collected."""
    lines = [
        "| | accuracy | 95% | of each seed | to `full` | 95% | silence | as taught | tokens of an answer |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, found in results["variants"].items():
        whole, gap = found["accuracy"]["all"], found["difference"].get("all")
        seeds = ", ".join(map(_percent, found["seeds"].values()))
        cells = [f"`{name}`", _percent(whole["mean"]), _ends(whole), seeds]
        cells += [_points(gap["mean"]), _signed_ends(gap)] if gap else ["", ""]
        cells += [_percent(found["silence"]), _percent(found["as_taught"]), f"{found['answer_tokens']:.1f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def domain_table(results: Found) -> str:
    """As `ablation_domains`, of what recipes/ablation_results.py collected."""
    domains = list(results["by_domain"])
    lines = [
        f"| | {' | '.join(f'{domain} | to `full`' for domain in domains)} |",
        f"|---|{'---:|' * 2 * len(domains)}",
    ]
    for name, found in results["variants"].items():
        cells = [f"`{name}`"]
        for domain in domains:
            part, gap = found["accuracy"][domain], found["difference"].get(domain)
            cells.append(f"{_percent(part['mean'])} ({_ends(part)})")
            cells.append(f"{_points(gap['mean'])} ({_signed_ends(gap)})" if gap else "")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def findings(results: Found) -> list[str]:
    """Sentences, one a list item: what was measured, then each variant against `full`."""
    variants = results["variants"]
    full = next(iter(variants))
    seeds = len(variants[full]["seeds"])
    own = "with warm-ups of its own" if seeds == 1 else "each with warm-ups of its own"
    warm_ups = own if results["warm_ups"] == "own" else "with one pair of warm-ups for all"
    lines = [
        f"{results['questions']} held-out questions about {results['recording_groups']} groups of recordings, {seeds} "
        f"{'seed' if seeds == 1 else 'seeds'} {warm_ups}, {results['steps']} steps of "
        f"{results['rows'] // results['steps']} rows; chance is {_percent(results['chance'])}%. "
        f"Measured on {results['date']}."
        + (" With one seed the intervals say nothing of how much chance in training does." if seeds == 1 else ""),
        "",
    ]
    for name, found in variants.items():
        if name == full:
            continue
        gap = found["difference"]["all"]
        accuracy, whole = (_percent(variants[which]["accuracy"]["all"]["mean"]) for which in (name, full))
        tokens = found["trained_tokens"] / variants[full]["trained_tokens"]
        lines.append(
            f"- `{name}`: {accuracy}% against {whole}%, {_verdict(gap)}. "
            f"Of the tokens of `{full}` it was trained on {tokens:.0%}."
        )
    return lines


def not_made(results: Found) -> str:
    """Which of the runs that the Makefile plans are not in the results, in a sentence; empty where all are."""
    planned = {
        name: re.search(rf"^{name} \?= (.+)$", (FOLDER / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        for name in ("VARIANTS", "SEEDS")
    }
    variants, seeds = (found[1].split() for found in planned.values() if found)
    missing: dict[str, list[str]] = {}
    for variant in variants:
        made = results["variants"].get(variant, {"seeds": {}})["seeds"]
        if lacking := [seed for seed in seeds if seed not in made]:
            missing.setdefault(", ".join(lacking), []).append(f"`{variant}`")
    if not missing:
        return ""
    parts = [f"{', '.join(names)} with seed {lacking}" for lacking, names in missing.items()]
    return f"Not made yet: {'; '.join(parts)}.\n"


def _verdict(gap: Found) -> str:
    """A difference in words, by its intervals."""
    words = f"{_points(gap['mean'])} points ({_signed_ends(gap)})"
    if gap["low"] <= 0 <= gap["high"]:
        return f"{words}, which cannot be told from no difference"
    side = "better" if gap["mean"] > 0 else "worse"
    if gap["low_together"] <= 0 <= gap["high_together"]:
        return f"{words}, {side} by itself, but not sure with five comparisons made at once"
    return f"{words}, {side} with five comparisons made at once too"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}"


def _points(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", "−")


def _ends(found: Found) -> str:
    return f"{100 * found['low']:.0f}–{100 * found['high']:.0f}"


def _signed_ends(found: Found) -> str:
    return f"{_points(found['low'])} to {_points(found['high'])}"


def _results() -> Found | None:
    path = FOLDER / "results.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


TABLES: dict[str, Callable[[], str]] = {
    "ablations": ablations,
    "ablation_domains": ablation_domains,
    "ablation_findings": ablation_findings,
}
