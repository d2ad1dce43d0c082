"""Reads a YAML recipe into a dataclass, or says in one sentence why it cannot.

Knows nothing of what the fields mean: each recipe's dataclass checks its own values in `__post_init__`.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar


Config = TypeVar("Config", bound=Any)


def read_recipe(path: str | Path, config_class: type[Config], **overrides: str) -> Config:
    """Read the YAML file at `path` into a `config_class`.

    Args:
        path: a YAML file that holds one mapping.
        config_class: a dataclass; its fields are the keys that are allowed.
        overrides: values that stand in place of those in the file, as text of the command line.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is not a mapping, it names an unknown key, it lacks a required one, or a value is refused.
    """
    import yaml

    if not Path(path).is_file():
        raise FileNotFoundError(f"{path} is not a file: --config takes a recipe, a YAML file.")
    try:
        values = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        place = f" (line {error.problem_mark.line + 1})" if getattr(error, "problem_mark", None) else ""
        raise ValueError(f"{path} is not valid YAML{place}: correct it.") from error
    if not isinstance(values, dict):
        raise ValueError(f"{path} holds no mapping of keys to values: write one key a line, as in 'seed: 0'.")
    values.update({key: yaml.safe_load(text) for key, text in overrides.items()})
    fields = {field.name: field for field in dataclasses.fields(config_class)}
    unknown = sorted(set(map(str, values)) - set(fields))
    if unknown:
        raise ValueError(
            f"{path} names {'an unknown key' if len(unknown) == 1 else 'unknown keys'}: {', '.join(unknown)}. "
            f"The keys of this recipe are {', '.join(fields)}."
        )
    required = (dataclasses.MISSING, dataclasses.MISSING)
    lacking = [n for n, f in fields.items() if (f.default, f.default_factory) == required and n not in values]
    if lacking:
        raise ValueError(f"{path} lacks {', '.join(lacking)}: add a line for each.")
    try:
        return config_class(**values)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error


def check_number(name: str, value: object, low: float, high: float = float("inf"), whole: bool = False) -> None:
    """Refuse a value that is not a number of `low` to `high`, with a sentence that names the key."""
    kinds = int if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
        kind = "a whole number" if whole else "a number"
        bounds = f"of at least {low}" if high == float("inf") else f"from {low} to {high}"
        hint = ""
        if isinstance(value, str):
            hint = " YAML reads 1e-3 as text: write 1.0e-3."
        raise ValueError(f"{name} is {value!r}: give {kind} {bounds}.{hint}")


def run_recipe(main: Callable[[Config], None], config_class: type[Config], argv: Sequence[str] | None = None) -> int:
    """Command line of a recipe script: `--config FILE`, and `--key value` for every key of the recipe.

    Returns the exit status: 1 after an expected error (bad recipe, data or disk), of which one sentence is printed.
    """
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--config", required=True, help="the recipe, a YAML file")
    for field in dataclasses.fields(config_class):
        parser.add_argument(f"--{field.name}", default=argparse.SUPPRESS, help="overrides the recipe's value")
    arguments = vars(parser.parse_args(argv))
    try:
        main(read_recipe(arguments.pop("config"), config_class, **arguments))
    except (OSError, ValueError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0
