"""Collects what the ablations' runs answered: accuracy of each variant over its seeds, and its difference to `full`.

    python recipes/ablation_results.py --runs demo/ablations --dataset cota

Reads what `recipes/ablations/Makefile` wrote, so far as it is there, and what an earlier results.json kept of runs
whose folders are gone: of each variant all seeds that `full` has too. An answer is right where its RESPONSE names the
right choice and no other, by the strict scorer, whatever stands before it: so all variants are judged alike. Writes
recipes/ablations/results.json and accuracy.png (`--output`); `python benchmarks/write_tables.py` puts them into
docs/ablations.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ablation_figure import write_figure
from ablation_intervals import DRAWS, draw_accuracies, interval, recording_groups
from ablation_runs import FULL, SHARES, Run, read_runs, to_keep
from text_sources import read_text_rows


TOGETHER = 0.99
"""Of five differences at once, 95% by Bonferroni."""
DOMAINS = ("sound", "speech", "music")


def recordings_of(files: Iterable[Path], ids: list[str]) -> list[list[str]]:
    """The names of the recordings that each question is about.

    Args:
        files: the Parquet shards of the split.
        ids: of the questions.

    Raises:
        ValueError: a question is not in the shards.
    """
    import pyarrow.parquet as parquet

    names: dict[str, list[str]] = {}
    for file in files:
        for row in parquet.read_table(file, columns=["id", "source_id", "annotations"]).to_pylist():
            facts = row["annotations"]
            facts = (json.loads(facts) if isinstance(facts, str) else facts) or {}
            heard = [str(part["id"]) for part in facts.get("recordings") or [] if part.get("id") is not None]
            names[row["id"]] = heard or [str(row["source_id"])]
    if lacking := [name for name in ids if name not in names]:
        raise ValueError(f"The question {lacking[0]} is not in the data: give by --dataset the folder it came from.")
    return [names[name] for name in ids]


def answer_tokens(dataset_name: str, tokenizer: Any) -> float:
    """Tokens that are trained on in a row of the train split, in the mean."""
    messages = [
        [{"role": role, "content": [{"type": "text", "text": text}]} for role, text in row["turns"]]
        for row in read_text_rows(dataset_name, "train")
    ]
    encoded = tokenizer.apply_chat_template(
        messages, tokenize=True, return_dict=True, return_assistant_tokens_mask=True
    )
    return float(np.mean([sum(mask) for mask in encoded["assistant_masks"]]))


def collect(
    runs: Mapping[str, list[Run]],
    questions: Sequence[Mapping[str, Any]],
    recordings: list[list[str]],
    tokens: Mapping[str, float],
) -> dict[str, Any]:
    """What results.json holds.

    Args:
        runs, questions: as `read_runs` gives them.
        recordings: of each question, as `recordings_of` gives them.
        tokens: of each variant, as `answer_tokens` gives them.
    """
    groups = recording_groups(recordings)
    correct = {name: np.array([run.correct() for run in chosen]) for name, chosen in runs.items()}
    asked = {domain: np.array([row["domain"] == domain for row in questions]) for domain in DOMAINS}
    scopes = {"all": np.full(len(questions), True)} | {name: rows for name, rows in asked.items() if rows.any()}
    found: dict[str, dict[str, Any]] = {name: {"accuracy": {}, "difference": {}} for name in runs}
    for scope, rows in scopes.items():
        chosen_rows = {name: answers[:, rows] for name, answers in correct.items()}
        drawn = draw_accuracies(chosen_rows, groups[rows])
        for name, answers in chosen_rows.items():
            found[name]["accuracy"][scope] = {"mean": float(answers.mean())} | _ends(drawn[name])
            if name != FULL:
                mean = float(answers.mean() - chosen_rows[FULL].mean())
                difference = drawn[name] - drawn[FULL]
                found[name]["difference"][scope] = {"mean": mean} | _ends(difference)
                if scope == "all":
                    low, high = interval(difference, TOGETHER)
                    found[name]["difference"][scope] |= {"low_together": low, "high_together": high}
    for name, chosen in runs.items():
        found[name]["seeds"] = {str(run.seed): float(run.correct().mean()) for run in chosen}
        heard_silence = all("silence" in run.right for run in chosen)
        found[name] |= {share: float(np.mean([getattr(run, share) for run in chosen])) for share in SHARES} | {
            "silence": float(np.mean([run.correct("silence") for run in chosen])) if heard_silence else None,
            "answer_tokens": tokens[name],
            "trained_tokens": round(tokens[name] * chosen[0].rows),
        }
    first = runs[FULL][0]
    everyone = [run for chosen in runs.values() for run in chosen]
    return {
        "questions": len(questions),
        "recording_groups": int(groups.max()) + 1,
        "by_domain": {name: int(rows.sum()) for name, rows in scopes.items() if name != "all"},
        "chance": float(np.mean([1 / len(row["choices"]) for row in questions])),
        "steps": first.steps,
        "rows": first.rows,
        "draws": DRAWS,
        "variants": found,
        "warm_ups": "own" if all(run.warm_ups == "own" for run in everyone) else "shared",
        "date": max(run.date for run in everyone),
        "runs": to_keep(runs),
    }


def _ends(drawn: np.ndarray) -> dict[str, float]:
    low, high = interval(drawn)
    return {"low": low, "high": high}


def write(place: Path, dataset: Path, output: Path) -> dict[str, Any]:
    """Write results.json and accuracy.png; returns what results.json holds.

    Raises:
        ValueError: there is nothing to compare, or what is there does not go together.
        OSError: a file cannot be read or written.
    """
    from transformers import AutoTokenizer

    earlier = output / "results.json"
    kept = json.loads(earlier.read_text(encoding="utf-8")) if earlier.is_file() else None
    runs, questions = read_runs(place, kept)
    split = runs[FULL][0].basis["split"]
    recordings = recordings_of(
        sorted((dataset / "data").rglob(f"{split}-*.parquet")), [row["id"] for row in questions]
    )
    # The one of every run; beside the models it would ask to run their code.
    tokenizer = AutoTokenizer.from_pretrained(min((place / "initial").iterdir()))
    tokens = {name: answer_tokens(str(place / "data" / name), tokenizer) for name in runs}
    results = collect(runs, questions, recordings, tokens)
    output.mkdir(parents=True, exist_ok=True)
    (output / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    write_figure(results, output / "accuracy.png")
    return results


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=Path, default=Path("demo/ablations"), help="the folder of the runs")
    parser.add_argument("--dataset", type=Path, default=Path("cota"), help="the folder of CoTA")
    parser.add_argument("--output", type=Path, default=Path("recipes/ablations"), help="the folder to write to")
    given = parser.parse_args(argv)
    try:
        results = write(given.runs, given.dataset, given.output)
    except (OSError, ValueError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    for name, found in results["variants"].items():
        whole = found["accuracy"]["all"]
        seeds = ", ".join(f"{100 * value:.1f}" for value in found["seeds"].values())
        line = (
            f"{name:<18} {100 * whole['mean']:5.1f}  ({100 * whole['low']:.1f} to {100 * whole['high']:.1f}; {seeds})"
        )
        if gap := found["difference"].get("all"):
            line += f"  {100 * gap['mean']:+.1f}  ({100 * gap['low']:+.1f} to {100 * gap['high']:+.1f})"
        print(line)
    print(f"{given.output / 'results.json'} and {given.output / 'accuracy.png'} are written.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
