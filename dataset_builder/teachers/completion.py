"""What an endpoint wrote, and the reading of it: a value of the asked model, or a named fault. Sends nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from .faults import Fault, TeacherError
from .usage import Usage


SHOWN = 200
"""Characters of a server's or a model's text that an error repeats at most."""
BROKEN = "json_invalid"  # Pydantic's name


@dataclass(frozen=True)
class Completion:
    """One finished response.

    Args:
        text: what the model wrote; empty if nothing.
        usage: tokens it took.
        cut_off: True if it ended at the maximum of tokens.
        refusal: why the model or a filter declined; None if neither did.
    """

    text: str
    usage: Usage
    cut_off: bool = False
    refusal: str | None = None


def read_answer(completion: Completion, answer: type[BaseModel]) -> BaseModel:
    """The value of `answer` that the completion holds.

    Code fences and words around a single JSON object are taken off, since models that are asked by prompt alone
    write them.

    Raises:
        TeacherError: refused, cut_off, empty, broken_json or wrong_schema, with the tokens that were used.
    """
    usage = completion.usage
    if completion.refusal is not None:
        raise TeacherError(Fault.REFUSED, f"the model declined: {shown(completion.refusal)}", usage=usage)
    if completion.cut_off:
        said = f"the answer was cut off after {usage.output_tokens} tokens; raise max_tokens if this is frequent."
        raise TeacherError(Fault.CUT_OFF, said, usage=usage)
    text = completion.text.strip()
    if not text:
        raise TeacherError(Fault.EMPTY, "the endpoint answered without text.", usage=usage)
    try:
        return answer.model_validate_json(text)
    except ValidationError as error:
        problem = _first_problem(error)
    inner = _inner_object(text)
    if problem["type"] == BROKEN and inner is not None and inner != text:
        try:
            return answer.model_validate_json(inner)
        except ValidationError as error:
            problem = _first_problem(error)
    if problem["type"] == BROKEN:
        said = f"{shown(problem['msg'])} in {shown(text, 80)!r}"
        raise TeacherError(Fault.BROKEN_JSON, said, usage=usage)
    where = ".".join(str(part) for part in problem["loc"]) or "the answer"
    raise TeacherError(Fault.WRONG_SCHEMA, f"{where}: {shown(problem['msg'])}", usage=usage)


def shown(text: str, longest: int = SHOWN) -> str:
    """The text on one line, not longer than `longest` characters."""
    line = " ".join(str(text).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def _first_problem(error: ValidationError) -> Any:
    return error.errors(include_url=False, include_input=False)[0]


def _inner_object(text: str) -> str | None:
    first, last = text.find("{"), text.rfind("}")
    return text[first : last + 1] if 0 <= first < last else None
