"""What inspect keeps of an exception, as a person reads it."""

from __future__ import annotations

import ast


SENTENCES = frozenset({"Exception", "FileNotFoundError", "ModelStopped", "OSError", "RuntimeError", "ValueError"})
"""Exceptions whose text is a sentence by itself."""
AROUND_ANOTHER = "ModelGenerateError"
"""inspect's own, whose text is the whole request, and what was raised on its last line."""


def error_words(message: str) -> str:
    """The text of an exception that is written as Python shows it; any other message as it is.

    "ValueError('a.wav is empty.')" is "a.wav is empty."; "KeyError('path')" is "KeyError: path". Of a request that an
    endpoint refused, what it said is left, without the request.
    """
    message = message.strip()
    try:
        shown = ast.parse(message, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return message
    if not isinstance(shown, ast.Call) or not isinstance(shown.func, (ast.Name, ast.Attribute)):
        return message
    name = ast.unparse(shown.func)
    values = [part.value for part in shown.args if isinstance(part, ast.Constant)]
    texts = [value.strip() for value in values if isinstance(value, str) and value.strip()]
    if not texts:
        return ": ".join([name, *map(str, values)])
    if name == AROUND_ANOTHER:
        return error_words(texts[0].splitlines()[-1])
    return texts[0] if name in SENTENCES else f"{name}: {', '.join(texts)}"
