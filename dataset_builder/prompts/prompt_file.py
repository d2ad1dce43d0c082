"""A teacher's prompt as a file: its system text and its request, with places for a row's facts.

The version of a prompt is the hash of its content, so that a row says exactly which words its teacher was given.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any


if TYPE_CHECKING:
    from jinja2 import Template

FOLDER = Path(__file__).parent
SYSTEM, REQUEST = "# System", "# Request"


@dataclass(frozen=True)
class PromptFile:
    """A prompt that was read.

    name: the file's name without its ending.
    version: the first 12 digits of the SHA-256 of its content.
    system, request: its two parts, as Jinja templates.
    text: the whole of it.
    """

    name: str
    version: str
    system: str
    request: str
    text: str

    def render(self, **values: Any) -> tuple[str, str]:
        """System text and request with the values in their places.

        Raises:
            jinja2.UndefinedError: the template names a value that is not given.
        """
        return _template(self.system).render(**values).strip(), _template(self.request).render(**values).strip()


@lru_cache(maxsize=64)
def _template(text: str) -> Template:
    """Compiled once, which takes more time than all the rest of a call on this side."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    return SandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True).from_string(text)


def read_prompt(name: str, path: Path | None = None) -> PromptFile:
    """The prompt `name` of this package, or the one in a file of the user's.

    Raises:
        ValueError: the file lacks one of its two headings.
        OSError: it cannot be read.
    """
    path = path or FOLDER / f"{name}.md"
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there: name a prompt file with the headings {SYSTEM} and {REQUEST}.")
    content = path.read_text(encoding="utf-8")
    before, found, request = content.partition(f"\n{REQUEST}\n")
    _, also, system = before.partition(f"{SYSTEM}\n")
    if not found or not also or not request.strip():
        raise ValueError(f"{path} has not both headings, {SYSTEM!r} and {REQUEST!r}, each on a line of its own.")
    return PromptFile(name, hashlib.sha256(content.encode()).hexdigest()[:12], system, request, content)
