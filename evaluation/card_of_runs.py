"""What a model's card shows of runs of benchmarks, from their manifests and scores. Computes nothing anew."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evaluation.cota import read_json
from evaluation.model_index import model_index, run_title
from evaluation.outputs.table import outputs_sentences
from evaluation.report.run_page import decoding_words
from evaluation.runs.contamination import FIELD, contamination_sentences
from evaluation.runs.finished import FinishedRun, check_scored, finished_run
from evaluation.runs.manifest import MANIFEST
from evaluation.runs.table import number, run_name, run_sentences
from evaluation.runs.trust import TRUST


SIDES = ("strict", "official")


def run_record(folder: Path, model_hash: str, source: Mapping[str, str | None] | None = None) -> dict[str, Any]:
    """What the card shows of a run.

    Args:
        folder: of a run that is done.
        model_hash: sha256 of the model folder that the card is for.
        source: "source_name" and "source_url" of the results, for the Hub; left out unless given.

    Returns:
        {"title", "lines", "groups", "sentences", "facts", "command", "model_index"}: the cells of the table of all
        runs, a line or two; those of the table by group; what has to be said; what it was measured on, by name; how
        it is repeated; and the fields of huggingface_hub's `EvalResult`, a list.

    Raises:
        ValueError: the run is not done, not whole or not scored, is of another model or of an endpoint, or is a
            control; or its controls are those of other answers.
    """
    run = finished_run(folder)
    _check_model(run, model_hash)
    trust = _trust_of(run)
    return {
        "title": run_title(run),
        "lines": _lines(run, trust),
        "groups": _group_lines(run),
        "sentences": _sentences(run),
        "facts": _facts(run),
        "command": f"audio-reasoner evaluate --from {folder.resolve().name}/{MANIFEST} --output FOLDER",
        "model_index": model_index(run, source),
    }


def _check_model(run: FinishedRun, model_hash: str) -> None:
    settings, found = run.settings, run.manifest["model"]["sha256"]
    if found is None:
        raise ValueError(
            f"{run.folder}: this run is of {run.manifest['model']['name']}, which answers elsewhere, so nothing shows "
            "that it is this model: evaluate the model folder."
        )
    if found != model_hash:
        raise ValueError(
            f"{run.folder}: this run is of another model (sha256 {found[:12]}, the folder has {model_hash[:12]}); "
            "evaluate this folder first."
        )
    if settings["heard"] != "real" or settings["permutation"]:
        what = f"heard {settings['heard']!r}" if settings["heard"] != "real" else "choices in another order"
        raise ValueError(
            f"{run.folder}: this run is a control ({what}); give the folder of the run that it belongs to."
        )
    check_scored(run.folder, run.scores)


def _trust_of(run: FinishedRun) -> Mapping[str, Any] | None:
    trust = read_json(run.folder / TRUST)
    if trust is None:
        return None
    real = trust["runs"][0]
    if any(real[name] != run.scores[name] for name in ("n", *SIDES)):
        raise ValueError(
            f"{run.folder / TRUST} compares with other answers than those that are scored here: run "
            "`audio-reasoner evaluate` with --trust into this folder again."
        )
    return trust


def _lines(run: FinishedRun, trust: Mapping[str, Any] | None) -> list[list[str]]:
    """The run's line of the table, and one without the items that are in the training data where that is known."""
    scores, manifest, measure = run.scores, run.manifest, run.scores["measure"]
    unit = "" if measure == "accuracy" else f" ({measure})"
    answered_by = [
        manifest["date"],
        f"inspect-ai {manifest['harness']['inspect-ai']}",
        f"`{manifest['scorers_sha256'][:12]}`",
    ]
    best, margin = _best_control(trust, measure)
    cut = f"{100 * scores['cut'] / scores['n']:.1f}"
    lines = [[f"{run_title(run)}{unit}", *_figures(scores, measure), best, margin, cut, *answered_by]]
    clean = scores.get(FIELD)
    if clean is not None:
        name = f"without {clean['removed']} items found in the training data"
        lines.append([name, *_figures(clean, measure), "–", "–", "–", *answered_by])
    return [[cell(text) for text in line] for line in lines]


def _best_control(trust: Mapping[str, Any] | None, measure: str) -> tuple[str, str]:
    """The control with the highest strict figure, and how far the run is above it."""
    if trust is None:
        return "not run", "–"
    real, *others = trust["runs"]
    controls = [line for line in others if not line["name"].startswith("order-") and line["strict"] is not None]
    if not controls or real["strict"] is None:
        return "not run" if not controls else "–", "–"
    best = max(controls, key=lambda line: line["strict"])
    margin = number(real["strict"] - best["strict"], measure, signed=True)
    return f"{run_name(best['name'])}: {number(best['strict'], measure)}", margin


def _figures(line: Mapping[str, Any], measure: str) -> list[str]:
    """n, strict, its interval, official."""
    interval = line["intervals"]["strict"]
    return [
        str(line["n"]),
        number(line["strict"], measure),
        "–" if interval is None else " to ".join(number(end, measure) for end in interval),
        number(line["official"], measure),
    ]


def _group_lines(run: FinishedRun) -> list[list[str]]:
    measure = run.scores["measure"]
    return [
        [cell(grouping), cell(group.replace("_", " ")), *_figures(line, measure)]
        for grouping, groups in run.scores["by_group"].items()
        for group, line in groups.items()
    ]


def _sentences(run: FinishedRun) -> list[str]:
    """What was counted and found, as the run's own page says it; items are not listed."""
    figures = {**run.scores, "problems": []}
    said = [*run_sentences(figures), *outputs_sentences(figures), *contamination_sentences(figures)]
    return [line.strip() for line in said]


def _facts(run: FinishedRun) -> dict[str, str]:
    """What the run was measured on, by name, as Markdown."""
    manifest = run.manifest
    questions = f"{manifest['data']['items']}, sha256 `{manifest['data']['questions_sha256']}`"
    if manifest["data"].get("revision"):
        questions += f", revision `{manifest['data']['revision']}`"
    harness = f"inspect-ai {manifest['harness']['inspect-ai']}, scorers sha256 `{manifest['scorers_sha256']}`"
    if manifest["code"] is not None:
        harness += f", commit `{manifest['code']['commit']}`{' with changes' if manifest['code']['changed'] else ''}"
    hardware = manifest["hardware"]
    return {
        "date": manifest["date"],
        "model sha256": f"`{manifest['model']['sha256']}`",
        "questions": questions,
        "prompt": f"`{json.dumps(manifest['prompt'], ensure_ascii=False)}`",
        "decoding": decoding_words(run.settings),
        "outputs sha256": f"`{manifest['outputs_sha256']}`",
        "harness": harness,
        **({} if manifest["judge"] is None else {"judge": _named(manifest["judge"])}),
        **{f"training data searched {place}": _searched(one) for place, one in enumerate(manifest["train_data"], 1)},
        "machine": ", ".join([hardware["machine"], f"{hardware['cores']} cores", *hardware.get("gpus", [])]),
        "versions": ", ".join(f"{name} {version}" for name, version in manifest["versions"].items()),
    }


def _named(fields: Mapping[str, Any]) -> str:
    """What is known of a judge, but for its address."""
    said = [f"`{fields['judge']}`"]
    for name, value in fields.items():
        if name not in ("judge", "base_url") and value is not None:
            said.append(f"{name.replace('_', ' ')} {value}")
    return ", ".join(said)


def _searched(one: Mapping[str, Any]) -> str:
    return f"{Path(one['folder']).name}, split {one['split']}, {one['rows']} rows, sha256 `{one['sha256']}`"


def check_distinct(records: Mapping[Path, Mapping[str, Any]]) -> None:
    """Raise ValueError for two runs that the Hub's model-index cannot tell apart; names their folders.

    Args:
        records: what `run_record` gives, by folder.
    """
    seen: dict[tuple[Any, ...], Path] = {}
    for folder, record in records.items():
        places = {
            tuple(result[f"dataset_{name}"] for name in ("type", "config", "split", "revision"))
            for result in record["model_index"]
        }
        for place in places & seen.keys():
            raise ValueError(
                f"{seen[place]} and {folder} are both runs of {record['title']}: the card and the Hub's metadata hold "
                "one of each; leave one out."
            )
        seen |= dict.fromkeys(places, folder)


def cell(text: str) -> str:
    """A text as a cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")
