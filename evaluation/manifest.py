"""What a result was measured on: hashes of model and data, decoding, seeds, versions, date."""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import os
import platform
from functools import lru_cache
from pathlib import Path
from typing import Any

from evaluation.cota import hash_files, read_json


HUB = "hub"
"""The field of a log's metadata that says which repository and commit the questions were downloaded from."""
# What a model folder answers with: weights, code, configuration, tokenizer, template.
_ANSWERS_WITH = (".safetensors", ".bin", ".json", ".py", ".jinja", ".txt", ".model")
_WRITTEN_BY_TRAINING = (
    "trainer_state.json",
    "training_args.bin",
    "all_results.json",
    "train_results.json",
    "eval_results.json",
)


def model_files(model: Path) -> list[Path]:
    """The files of a model folder that its answers depend on (not its card, nor training's own records).

    Raises:
        ValueError: when the folder is not a model folder.
    """
    if not model.is_dir():
        raise ValueError(f"{model}: no such folder; give the folder of a trained model, for example demo/model.")
    if read_json(model / "config.json") is None:
        raise ValueError(f"{model}: not a model folder, it has no config.json; give the folder of a trained model.")
    files = [
        path
        for path in sorted(model.iterdir())
        if path.is_file() and path.suffix in _ANSWERS_WITH and path.name not in _WRITTEN_BY_TRAINING
    ]
    if not any(path.suffix in (".safetensors", ".bin") for path in files):
        raise ValueError(f"{model}: not a whole model folder, it has no weights (*.safetensors); train it to the end.")
    if not any((model / name).is_file() for name in ("processor_config.json", "preprocessor_config.json")):
        raise ValueError(
            f"{model}: not a whole model folder, it has no processor_config.json or preprocessor_config.json; "
            "save the processor beside the model."
        )
    return files


def model_sha256(model: Path) -> str:
    """sha256 of the files that a model's answers depend on, taken once of files that do not change meanwhile.

    Raises:
        ValueError: as `model_files`.
    """
    files = model_files(model)
    states = (path.stat() for path in files)
    return _hash_of(
        model, tuple((path, state.st_size, state.st_mtime_ns) for path, state in zip(files, states, strict=True))
    )


@lru_cache(maxsize=4)
def _hash_of(model: Path, files: tuple[tuple[Path, int, int], ...]) -> str:
    return hash_files([path for path, _, _ in files], model)


def versions() -> dict[str, str]:
    """Versions of Python and of what an answer and a score depend on."""
    names = (
        "torch",
        "transformers",
        "tokenizers",
        "datasets",
        "pyarrow",
        "soundfile",
        "numpy",
        "trl",
        "audio-reasoner",
    )
    found = {"python": platform.python_version()}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def today() -> str:
    return datetime.datetime.now(datetime.timezone.utc).date().isoformat()


def write_json(path: Path, content: Any) -> None:
    """Write JSON, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    os.replace(partial, path)
