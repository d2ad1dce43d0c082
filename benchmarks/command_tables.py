"""The table of docs/commands.md: every command under its heading, with the first sentence of its help."""

from __future__ import annotations

import inspect
import re


MORE = {
    "fetch": "cota.md",
    "build": "building.md",
    "check": "building.md",
    "extract": "demo.md",
    "compose": "train.md",
    "convert": "model.md",
    "merge": "train.md",
    "memory": "model.md",
    "inspect-labels": "train.md",
    "curves": "train.md",
    "evaluate": "evaluate.md",
    "judge": "evaluate.md",
    "score": "evaluate.md",
    "compare": "evaluate.md",
    "card": "evaluate.md",
    "report": "evaluate.md",
    "ask": "ask.md",
    "page": "page.md",
    "serve": "serve.md",
    "publish": "publish.md",
}
"""Where more is said of a command."""


def commands() -> str:
    """A row for each command of `audio-reasoner`, in the order of its help."""
    from app.commands.publish import publish
    from app.main import GROUPS

    rows = ["| | command | | more in |", "|---|---|---|---|"]
    for group, listed in GROUPS.items():
        for place, command in enumerate(listed):
            name = command.__name__.replace("_", "-")
            said = _sentence(inspect.getdoc(command) or "")
            rows.append(f"| {group if not place else ''} | `{name}` | {said} | [{MORE[name]}]({MORE[name]}) |")
    said = _sentence(publish.info.help)
    rows.append(f"| Publishing | `publish model`, `dataset`, `space` | {said} | [publish.md](publish.md) |")
    return "\n".join(rows) + "\n"


def _sentence(text: str) -> str:
    """The first sentence, on one line."""
    return re.split(r"(?<=\.)\s", " ".join(text.split()), maxsplit=1)[0]


TABLES = {"commands": commands}
