"""Where AIR-Bench (arXiv 2402.07729) lies, which foundation and chat share.

The file of each part, and beside it a folder of audio for each task and corpus: `<task_name>_<dataset_name>/<path>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evaluation.benchmarks.place import Source, heard, need, present
from evaluation.benchmarks.recording import Recording


SITE = "https://huggingface.co/datasets/qyang1021/AIR-Bench-Dataset"
HUB = "qyang1021/AIR-Bench-Dataset"
SPLITS = ("test",)


def meta_file(folder: Path, part: str, source: Source) -> Path:
    """The file of "Foundation" or "Chat": in the folder of that name, or in the folder itself.

    Raises:
        FileNotFoundError: it is in neither.
    """
    return present(folder, (f"{part}/{part}_meta.json", f"{part}_meta.json"), source)[0]


def item_id(entry: Mapping[str, Any], path: Path, number: int) -> str:
    """What an item is called: `uniq_id` counts anew in each task and corpus."""
    return "/".join(need(entry, name, path, number) for name in ("task_name", "dataset_name", "uniq_id"))


def recording_of(entry: Mapping[str, Any], path: Path, number: int) -> Recording:
    """The recording of an item.

    That of a question of Audio_Grounding is FLAC and ends so, whatever `path` says (`Inference_Foundation.py`).
    """
    task, dataset, name = (need(entry, key, path, number) for key in ("task_name", "dataset_name", "path"))
    names = [f"{name[:-3]}flac", name] if task == "Audio_Grounding" else [name]
    return heard(path.parent, [f"{task}_{dataset}/{one}" for one in names])


def origin_of(entry: Mapping[str, Any], path: Path, number: int) -> str:
    """The name of an item's recording in its corpus."""
    return f"{need(entry, 'dataset_name', path, number)}/{need(entry, 'path', path, number)}"
