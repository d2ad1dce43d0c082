"""The code that `trust_remote_code=True` runs of a model folder: what its settings name, and what that imports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


SETTINGS = ("config.json", "processor_config.json", "preprocessor_config.json", "tokenizer_config.json")


def needed_code(folder: Path) -> set[str]:
    """Names of the files that the folder's classes are loaded from, as transformers finds them.

    Raises:
        ValueError: no setting names a class, one names code of another repository, or a file is missing.
    """
    from transformers.dynamic_module_utils import get_relative_import_files

    found: set[str] = set()
    for name in sorted(_classes(folder)):
        if "--" in name:
            raise ValueError(
                f"{folder}: `auto_map` names {name}, code of another repository; save model and processor by "
                "save_pretrained of this package, which copies the code beside them."
            )
        module = folder / f"{name.rpartition('.')[0]}.py"
        files = {module} if found >= {module.name} else _with_imports(module, get_relative_import_files)
        for file in sorted(files):
            if not file.is_file():
                raise ValueError(
                    f"{folder}: no {file.name}, which is of the code that loads it; put this version's into it by "
                    "python -c 'from modeling_audio_reasoner.saving_audio_reasoner import save_code; "
                    f'save_code("{folder}")\'.'
                )
        found |= {file.name for file in files}
    if not found:
        raise ValueError(
            f"{folder}: its settings name no code (`auto_map`): this is not a folder of this package; "
            "`audio-reasoner convert` makes one of Qwen2-Audio's weights."
        )
    return found


def _with_imports(module: Path, imports_of: Any) -> set[Path]:
    try:
        return {module, *map(Path, imports_of(module))}
    except FileNotFoundError as error:
        return {Path(error.filename)}


def _classes(folder: Path) -> set[str]:
    """The classes that the settings name, as "module.Class"."""
    found: set[str] = set()
    for name in SETTINGS:
        path = folder / name
        if path.is_file():
            try:
                found.update(_named(json.loads(path.read_text(encoding="utf-8"))))
            except ValueError:
                raise ValueError(f"{path} is not JSON: save the folder again.") from None
    return found


def _named(settings: Any) -> Iterator[str]:
    """The classes in each `auto_map` of settings, however deep."""
    if not isinstance(settings, dict):
        return
    for key, value in settings.items():
        if key == "auto_map" and isinstance(value, dict):
            for given in value.values():
                yield from (name for name in (given if isinstance(given, list) else [given]) if name)
        else:
            yield from _named(value)


def altered_code(folder: Path, names: set[str]) -> list[str]:
    """Those of a folder's code files that are not as in this version of the package."""
    import modeling_audio_reasoner

    here = Path(modeling_audio_reasoner.__file__).parent
    return sorted(
        name
        for name in names
        if not (here / name).is_file() or (folder / name).read_bytes() != (here / name).read_bytes()
    )
