"""What a run was measured on, so that it can be repeated and doubted: model, data, prompt, decoding, code, machine."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import evaluation
from evaluation.benchmarks.registry import template_of
from evaluation.cota import hash_files, read_json
from evaluation.manifest import HUB, model_sha256, today, versions
from evaluation.runs.collect import outputs_hash, questions_hash
from evaluation.runs.settings import RunSettings


if TYPE_CHECKING:
    from inspect_ai.log import EvalLog

MANIFEST = "manifest.json"
FORMAT = 1
"""Of the manifest; raised where it holds other things."""
SCORERS = ("official", "strict", "outputs")
"""The folders of this package that decide a score."""


def manifest_of(
    settings: RunSettings,
    log: EvalLog,
    items: Sequence[Mapping[str, Any]],
    facts: Mapping[str, Any],
    train_data: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """What `manifest.json` holds.

    Args:
        settings: of the run.
        log: inspect's.
        items: as `collect` gives them.
        facts: of a local model's process: class, parameters, device, GPUs, type, threads; empty for an endpoint.
        train_data: what was searched for the items, with the hash of its shards.

    Returns:
        {"format", "settings", "model", "data", "train_data", "prompt", "outputs_sha256", "harness", "scorers_sha256",
        "versions", "hardware", "process", "date", "seconds"}.
    """
    folder = Path(settings.model)
    return {
        "format": FORMAT,
        "settings": settings.to_json(),
        "model": {
            "name": settings.inspect_model,
            "sha256": model_sha256(folder) if settings.is_local else None,
        },
        "data": {
            "items": len(items),
            "questions_sha256": questions_hash(items),
            # Where it was downloaded.
            **(log.eval.metadata or {}).get(HUB, {}),
        },
        "prompt": template_of(settings.benchmark, settings.prompt),
        "outputs_sha256": outputs_hash(items),
        "harness": {"inspect-ai": log.eval.packages.get("inspect_ai"), "task": log.eval.task, "log": _log_of(log)},
        "scorers_sha256": scorers_hash(),
        "code": commit(),
        "versions": versions(),
        "hardware": hardware(facts),
        "process": dict(facts),
        "date": today(),
        "seconds": _seconds(log),
    }


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest at `path`, or in the folder `path`.

    Raises:
        ValueError: it is not there, or of another format.
    """
    path = path / MANIFEST if path.is_dir() else path
    found = read_json(path)
    if found is None:
        raise ValueError(f"{path}: there is no such manifest; `audio-reasoner evaluate` writes one into its output.")
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ValueError(f"{path} is no manifest of format {FORMAT}: it was written by another version; run again.")
    return found


def scorers_hash() -> str:
    """SHA-256 of the code that decides a score: two runs that agree on it are scored alike."""
    root = Path(evaluation.__file__).parent
    files = [path for name in SCORERS for path in sorted((root / name).glob("*.py"))]
    return hash_files(files, root)


def commit() -> dict[str, Any] | None:
    """The commit of this project's checkout and whether it was changed; None where it is installed without one."""
    root = Path(evaluation.__file__).parent.parent
    if not (root / ".git").exists():
        return None

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(root), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        return {
            "commit": git("rev-parse", "HEAD"),
            "changed": bool(git("status", "--porcelain", "--untracked-files=no")),
        }
    except (OSError, subprocess.CalledProcessError):
        return None


def hardware(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The machine: its kind, processors, and the GPUs that a local model's process found."""
    found: dict[str, Any] = {"machine": platform.machine(), "cores": os.cpu_count(), "system": platform.system()}
    return found | ({"gpus": facts["gpus"]} if facts.get("gpus") else {})


def _log_of(log: EvalLog) -> str:
    """The log's name from the folder of the run, in whose folder log it lies."""
    return f"log/{log.location.rpartition('/')[2]}"


def _seconds(log: EvalLog) -> float | None:
    from datetime import datetime

    if not log.stats.started_at or not log.stats.completed_at:
        return None
    began, ended = (datetime.fromisoformat(str(when)) for when in (log.stats.started_at, log.stats.completed_at))
    return round((ended - began).total_seconds(), 1)
