"""What a training was started with, kept in its trainer_state.json, and what a resumed one keeps of what it was told.

A recipe does not say how it was run: options on the command line stand over it, and training_args.bin is a pickle. So
each start leaves its options in the trainer's state, which every checkpoint holds as JSON. Knows the trainer's state
and the command line of `trl`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any


SESSIONS = "audio_reasoner_sessions"
"""Where the starts of a run stand, among the `stateful_callbacks` of trainer_state.json."""
STEPS = ("logging_steps", "eval_steps", "save_steps")
_SECRET = re.compile(r"(hub_token|_key|secret|password)$")
_TOKEN = re.compile(r"hf_\w{8,}")
HIDDEN = "…"


def session(argv: Sequence[str], begins_after: int, processes: int) -> dict[str, Any]:
    """How a run was started, or went on.

    Args:
        argv: the command line of the process, as Python has it.
        begins_after: steps that were done before.
        processes: that train together.

    Returns:
        `begins_after`, `processes`, and where `trl` started it: `command` ("sft"), `recipe` (the path that was given,
        or None), `recipe_sha256`, and `options` (the words beside it, without tokens and keys).
    """
    found: dict[str, Any] = {"begins_after": begins_after, "processes": processes}
    script = Path(argv[0]) if argv else Path()
    if script.parts[-3:-1] != ("trl", "scripts"):
        return found
    options = list(argv[1:])
    recipe = None
    for place, word in enumerate(options):
        if word == "--config" and place + 1 < len(options):
            recipe = options[place + 1]
            del options[place : place + 2]
            break
        if word.startswith("--config="):
            recipe = options.pop(place).partition("=")[2]
            break
    file = None if recipe is None else Path(recipe)
    digest = hashlib.sha256(file.read_bytes()).hexdigest() if file is not None and file.is_file() else None
    return {
        **found,
        "command": script.stem,
        "recipe": recipe,
        "recipe_sha256": digest,
        "options": without_secrets(options),
    }


def without_secrets(options: Sequence[str]) -> list[str]:
    """The words of a command line, with a mark in the place of tokens and keys."""
    shown: list[str] = []
    hidden = False
    for word in options:
        name, given, _ = word.partition("=")
        if word.startswith("--"):
            hidden = _SECRET.search(name.replace("-", "_")) is not None
            shown.append(f"{name}={HIDDEN}" if hidden and given else _TOKEN.sub(HIDDEN, word))
        else:
            shown.append(HIDDEN if hidden else _TOKEN.sub(HIDDEN, word))
    return shown


def record_session(state: Any, started: dict[str, Any]) -> None:
    """Add a start to a trainer's state, after those of the run that it goes on with."""
    before = state.stateful_callbacks.get(SESSIONS) or {}
    earlier = [one for one in before.get("sessions", []) if one["begins_after"] < started["begins_after"]]
    state.stateful_callbacks[SESSIONS] = {"sessions": [*earlier, started]}


def hold_steps(args: Any, state: Any) -> list[str]:
    """Let a run that goes on log, evaluate and save at the steps that it was told.

    transformers' trainer takes them from the checkpoint, and what is asked for on the command line goes for nothing.

    Returns:
        for each that changed, what it is now and what it was.
    """
    if not state.global_step:
        return []
    before = {name: getattr(state, name) for name in STEPS}
    state.compute_steps(args, state.max_steps)
    return [
        f"{name} {getattr(state, name)} (it was {was} before)"
        for name, was in before.items()
        if getattr(state, name) != was
    ]


__all__ = ["SESSIONS", "STEPS", "hold_steps", "record_session", "session", "without_secrets"]
