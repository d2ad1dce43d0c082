"""What is wrong with a run can mostly be said at once: before inspect is imported, and long before anything is asked.

Imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from evaluation.benchmarks.place import place_of
from evaluation.benchmarks.registry import reader_of, split_of
from evaluation.manifest import model_files
from evaluation.runs.controls import CONTROLS
from evaluation.runs.manifest import MANIFEST, read_manifest
from evaluation.runs.settings import RunSettings


PATHS = ("model", "data")
"""The settings that name a folder, which may be said in several ways."""
PATH_BEGINS = ("/", ".", "~")
"""How no model of inspect's begins."""


def check_at_once(settings: RunSettings, output: Path, controls: Mapping[str, RunSettings]) -> None:
    """Refuse a run and its controls by what lies on the disk; downloads nothing.

    Args:
        settings: of the run.
        output: its folder.
        controls: the settings of its controls by name, as `controls_of` gives them.

    Raises:
        ValueError, FileNotFoundError: the split is unknown, the model's or the benchmark's folder is not there or not
            whole, or a folder of results holds another run.
    """
    split = split_of(settings.benchmark, settings.split)
    if settings.is_local:
        model_files(Path(settings.model))
    elif settings.model.startswith(PATH_BEGINS):
        raise ValueError(f"model {settings.model} is no folder here: check the path.")
    if settings.folder is not None:
        place_of(settings.folder, reader_of(settings.benchmark).source, split)
    check_folder(settings, output)
    for name, control in controls.items():
        check_folder(control, output / CONTROLS / name)


def check_folder(settings: RunSettings, output: Path) -> None:
    """Refuse a folder that holds another run: what lies there would be mixed with this one's.

    Raises:
        ValueError: names the setting that is another one.
    """
    if not (output / MANIFEST).is_file():
        return
    before = RunSettings.from_json(read_manifest(output)["settings"], str(output / MANIFEST))
    for name, value in settings.to_json().items():
        found = before.to_json()[name]
        same = found == value or (name in PATHS and None not in (found, value) and _place(found) == _place(value))
        if not same:
            raise ValueError(
                f"{output} holds a run with another {name} ({found} there, {value} here): name another folder of "
                "results, or take that one away."
            )


def _place(path: str) -> Path:
    return Path(path).absolute()
