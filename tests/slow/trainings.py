"""Trainings of the slow tests: tiny models and tones, started as a user starts them, and ended where they hang."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random

import yaml


ROOT = Path(__file__).parent.parent.parent
sys.path[:0] = [str(ROOT / "recipes"), str(ROOT / "tests" / "recipes")]
TRL = str(Path(sys.executable).parent / "trl")
RECIPE = {
    "model_name_or_path": "composed",
    "trust_remote_code": True,
    "dtype": "float32",
    "dataset_name": "cota",
    "assistant_only_loss": True,
    "max_length": None,
    "remove_unused_columns": False,
    "learning_rate": 3.0e-3,
    "weight_decay": 0.05,
    "use_cpu": True,
    "bf16": False,
    "report_to": "none",
    "logging_steps": 1,
    "logging_nan_inf_filter": False,
    "save_strategy": "no",
    "ddp_timeout": 60,
    "seed": 0,
}
"""Processes that wait for each other longer than `ddp_timeout` seconds end with an error."""


def write_composed(place: Path, changes: dict[str, dict] | None = None, tied: bool = True) -> Path:
    """A tiny model of random weights, put together from its parts, with fields of its configs changed.

    Its head is the table of its language model where it is `tied`, else a matrix of its own.
    """
    from tiny_parts import write_language_model, write_whisper

    from modeling_audio_reasoner.compose_audio_reasoner import compose_audio_reasoner

    text = write_language_model(place / "text", "qwen3", tie_word_embeddings=tied)
    compose_audio_reasoner(write_whisper(place / "whisper"), text, place / "composed")
    path = place / "composed" / "config.json"
    fields = json.loads(path.read_text(encoding="utf-8"))
    for part, changed in (changes or {}).items():
        fields[part] |= changed
    path.write_text(json.dumps(fields), encoding="utf-8")
    return place / "composed"


def write_mixed(folder: Path, heard: Sequence[bool]) -> Path:
    """Tones, where rows that are not `heard` hold text alone, as rows about no recording do. Both splits are alike."""
    from datasets import load_dataset
    from synthetic_cota import write_cota

    write_cota(folder, train=len(heard), validation=len(heard))

    def without(row: dict, index: int) -> dict:
        turns = [
            {"role": turn["role"], "content": [part for part in turn["content"] if part["type"] == "text"]}
            for turn in row["messages"]
        ]
        return {"messages": row["messages"] if heard[index] else turns}

    for split in ("train", "validation"):
        path = folder / "data" / f"{split}.parquet"
        rows = load_dataset("parquet", data_files=str(path), split="train")
        rows = rows.map(without, with_indices=True, features=rows.features, keep_in_memory=True)
        rows.to_parquet(path)
    return folder


def write_recipe(place: Path, name: str, **changes: object) -> Path:
    path = place / f"{name}.yaml"
    path.write_text(yaml.safe_dump({**RECIPE, "output_dir": name, **changes}), encoding="utf-8")
    return path


def begin(command: Sequence[str], place: Path) -> subprocess.Popen[str]:
    """Start a command in a session of its own, so that all its processes can be killed at once."""
    with (place / f"log-{Random().randrange(2**32)}.txt").open("w") as log:
        return subprocess.Popen(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=place,
            env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
            start_new_session=True,
        )


def run(command: Sequence[str], place: Path, seconds: float = 150) -> None:
    """Run a command to its end.

    Raises:
        AssertionError: it failed, or it took longer than `seconds`; nothing of it runs on.
    """
    before = set(place.glob("log-*.txt"))
    process = begin(command, place)
    (log,) = set(place.glob("log-*.txt")) - before
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGTERM)  # accelerate's launcher ends its processes by this
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise AssertionError(f"{command} hung: {log.read_text()[-4000:]}") from None
    assert code == 0, log.read_text()[-6000:]


def history(folder: Path) -> list[dict[str, float]]:
    """What a run's last checkpoint says of each step, without times, and tokens, which TRL counts from zero again."""
    last = max(folder.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2]))
    state = json.loads((last / "trainer_state.json").read_text(encoding="utf-8"))
    timed = ("runtime", "per_second", "num_tokens")
    return [{key: value for key, value in entry.items() if not key.endswith(timed)} for entry in state["log_history"]]


def losses(folder: Path, name: str = "loss") -> list[float]:
    return [entry[name] for entry in history(folder) if name in entry]
