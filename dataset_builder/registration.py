"""`load_dataset("cota")` from anywhere: an explicit choice of which dataset the bare name stands for.

`datasets` has no entry points, so the name is resolved by wrapping the function that finds a dataset's files. It is
never done on import.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

from .writer import is_cota_folder


NAME = "cota"
MARK = "resolves_cota"
"""The attribute of a function that is wrapped already."""
_target: str | None = None


def register(target: str | Path) -> None:
    """Let `load_dataset("cota")` in this process read `target`: a CoTA folder, or `ORG/NAME` on the Hub.

    The name without a registration reads `./cota`, and a registration comes before that. Registering again changes
    the target.

    Raises:
        ValueError: `target` is neither a CoTA folder nor of the form `ORG/NAME`.
    """
    global _target
    folder = Path(target).expanduser()
    if is_cota_folder(folder):
        resolved = str(folder.resolve())
    elif folder.exists() or not re.fullmatch(r"[\w.-]+/[\w.-]+", str(target)):
        raise ValueError(
            f"{str(target)!r} is neither a folder of CoTA nor a repository ORG/NAME of the Hub; give one."
        )
    else:
        resolved = str(target)
    _wrap()
    _target = resolved


def unregister() -> None:
    """Let the bare name read `./cota` again."""
    global _target
    _target = None


def _wrap() -> None:
    import datasets.inspect
    import datasets.load

    for module in (datasets.load, datasets.inspect):
        original = module.dataset_module_factory
        if not hasattr(original, MARK):
            module.dataset_module_factory = _resolving(original)


def _resolving(original: Any) -> Any:
    @functools.wraps(original)
    def dataset_module_factory(path: str, *args: Any, **kwargs: Any) -> Any:
        return original(_target if _target is not None and path == NAME else path, *args, **kwargs)

    setattr(dataset_module_factory, MARK, True)
    return dataset_module_factory
