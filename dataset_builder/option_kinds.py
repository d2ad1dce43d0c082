"""Whether what a build's YAML gives is of the kind that its taker's annotations name, and a sentence where it is not.

Knows kinds and no meaning: whether a number or a name makes sense is for the taker to say.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError


STRICT = ConfigDict(strict=True, allow_inf_nan=False)
"""`yes please` is no true, and `'3'` no number: what was meant is asked for instead of guessed."""
WANTED = {
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a number that is not infinite",
    "string_type": "text",
    "dict_type": "names and values",
    "list_type": "a list",
    "sequence_str": "a list",
    "is_instance_of": "a list",
    "tuple_type": "a list",
    "too_long": "a shorter list",
    "too_short": "a longer list",
    "missing": "a longer list",
}
"""What to give, by pydantic's name for what was found wrong."""
NO_TEXT = (bool, int, float, date)
"""What YAML takes words without quotes for: `no` for false, `1.0` for a number."""


def check_kinds(taker: Callable[..., Any], given: Mapping[str, Any]) -> None:
    """Hold arguments from a YAML file against the annotations of the class or function that takes them.

    Names that it does not take are left for it to refuse. An empty text is refused, and an empty list where leaving it
    out means another.

    Raises:
        ValueError: a value is of another kind; names it, and says what to give.
    """
    hints = get_type_hints(taker.__init__ if inspect.isclass(taker) else taker)
    defaults = {name: parameter.default for name, parameter in inspect.signature(taker).parameters.items()}
    for name, value in given.items():
        if name in hints:
            _check(name, value, hints[name])
            if isinstance(value, str) and not value.strip():
                raise ValueError(f"{name} is {value!r}: give text, or leave it out.")
            if isinstance(value, (list, tuple)) and not value and defaults[name] != ():
                raise ValueError(f"{name} is empty: name at least one, or leave it out for all.")


def _check(name: str, value: Any, kind: Any) -> None:
    try:
        TypeAdapter(kind, config=STRICT).validate_python(value)
    except ValidationError as error:
        problems = error.errors()
    else:
        return
    where, found, steps = name, value, problems[0]["loc"]
    of_a_name = steps[-1:] == ("[key]",)
    for step in steps[:-2] if of_a_name else steps:
        if isinstance(found, Mapping) and step in found:
            where, found = f"{where}: {step}", found[step]
        elif isinstance(found, list) and isinstance(step, int) and step < len(found):
            where, found = f"{where}[{step}]", found[step]
    if of_a_name:
        where, found = f"a name in {where}", next(key for key in found if key == steps[-2])
    wanted = dict.fromkeys(WANTED.get(problem["type"], problem["msg"]) for problem in problems)
    unquoted = isinstance(found, NO_TEXT) and "text" in wanted
    quoted = ", in quotes, since YAML reads something else without them" if unquoted else ""
    raise ValueError(f"{where} is {found!r}: give {' or '.join(wanted)}{quoted}.")
