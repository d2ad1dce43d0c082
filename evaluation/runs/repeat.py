"""Repeat a run from its manifest, and say whether the outputs are the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from evaluation.manifest import model_sha256, write_json
from evaluation.runs.collect import ITEMS, outputs_hash, read_lines
from evaluation.runs.manifest import read_manifest
from evaluation.runs.settings import RunSettings


REPEATED = "repeated.json"


def repeat(
    path: Path, output: Path, model: str | None = None, data: str | None = None, **options: Any
) -> dict[str, Any]:
    """Run again what a manifest describes, into a folder of its own.

    Args:
        path: the manifest, or the folder that holds it.
        output: the folder of the new run.
        model, data: where they lie now, should that be another place.
        options: as `run` takes them.

    Returns:
        {"identical", "outputs_sha256", "expected_sha256", "n", "changed", "unnamed", "differs", "scores"}: "changed"
        lists the items whose output is another one. It is None where the items of the first run are not beside its
        manifest, or are those of another run; "unnamed" says so, and is None else. "differs" says what besides the
        outputs is not as it was: versions, machine, scorers, what was asked.

    Raises:
        ValueError: the model is not there, or not the one of the manifest, or the output folder is the manifest's own.
        FileNotFoundError: the data are not there.
    """
    path = Path(path)
    before = read_manifest(path)
    folder = path if path.is_dir() else path.parent
    if output.resolve() == folder.resolve():
        raise ValueError(f"{output} is the folder of the manifest: name another one for the repetition.")
    settings = RunSettings.from_json(before["settings"], str(path))
    if model is not None:
        settings = replace(settings, model=model)
    if data is not None:
        settings = replace(settings, data=data, revision=None)
    elif before["data"].get("revision"):
        settings = replace(settings, revision=before["data"]["revision"])
    expected = before["model"]["sha256"]
    if expected is not None and not settings.is_local:
        raise ValueError(f"{settings.model}, the model of {path}, is not here: say where it lies by --model.")
    if settings.data is not None and not Path(settings.data).is_dir():
        raise FileNotFoundError(f"{settings.data}, the data of {path}, are not here: say where they lie by --data.")
    if expected is not None:
        folder_of_model = Path(settings.model)
        found = model_sha256(folder_of_model)
        if found != expected:
            raise ValueError(
                f"{folder_of_model} is not the model of {path}: its files have the hash {found[:12]}, there it is "
                f"{expected[:12]}. Put that model there, or run the benchmark anew."
            )
    from evaluation.runs.run import run  # heavy: what is wrong with the manifest is said before

    scores = run(settings, output, **options)
    after = read_manifest(output)
    changed, unnamed = _changed(folder, before, output)
    result = {
        "identical": after["outputs_sha256"] == before["outputs_sha256"],
        "outputs_sha256": after["outputs_sha256"],
        "expected_sha256": before["outputs_sha256"],
        "n": scores["n"],
        "changed": changed,
        "unnamed": unnamed,
        "differs": differences(before, after),
        "scores": {side: scores[side] for side in ("official", "strict")},
    }
    write_json(output / REPEATED, result)
    return result


def _changed(folder: Path, manifest: Mapping[str, Any], output: Path) -> tuple[list[str] | None, str | None]:
    """The items whose output is another one; or None, and why they cannot be named."""
    path = folder / ITEMS
    if not path.is_file():
        why = "is not there, which the run wrote beside its manifest: put it there, or name the run's folder"
        return None, f"{path} {why}"
    items = read_lines(path)
    if outputs_hash(items) != manifest["outputs_sha256"]:
        why = "does not hold the outputs that the manifest is of: one of the two was changed or is another's"
        return None, f"{path} {why}"
    before, after = ({item["id"]: item["output"] for item in found} for found in (items, read_lines(output / ITEMS)))
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name)), None


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What of a manifest is another in a repetition, a sentence each; dates and durations left out."""
    said = []
    for name in ("data", "prompt", "scorers_sha256", "harness", "code", "versions", "hardware", "process"):
        one, other = before.get(name), after.get(name)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            for key in sorted(one.keys() | other.keys()):
                if key != "log" and one.get(key) != other.get(key):
                    said.append(f"{name}.{key}: {one.get(key)} then, {other.get(key)} now")
        elif one != other:
            said.append(f"{name}: {one} then, {other} now")
    return said
