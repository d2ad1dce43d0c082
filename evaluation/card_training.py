"""How the training was run that a card is about: its commands, and where the recipe that is quoted says otherwise.

Read from what the run itself recorded as JSON; nothing is unpickled.
"""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modeling_audio_reasoner.training_session_audio_reasoner import SESSIONS, STEPS


ABSOLUTE = re.compile(r"(?<![\w.:/~-])/(?:[^/\s'\"]+/)+")
"""The folders of an absolute path, which say whose machine it was and lead nowhere elsewhere."""


def run_sentences(state: Mapping[str, Any], recipe: Path | None = None) -> list[str]:
    """What a card says of how a run was started, as Markdown.

    Args:
        state: trainer_state.json.
        recipe: the file that the card quotes.
    """
    sessions = ((state.get("stateful_callbacks") or {}).get(SESSIONS) or {}).get("sessions", [])
    sessions = [one for one in sessions if "command" in one]
    said = [_started(one) for one in sessions]
    if state.get("max_steps", 0) > state.get("global_step", 0) > 0:
        said.append(f"The log is of a checkpoint, at step {state['global_step']} of {state['max_steps']}.")
    if recipe is None:
        return said
    if not sessions:
        said.append("Options that stood over the recipe on the command line were not recorded, and are not in it.")
    elif sessions[-1]["recipe_sha256"] not in (None, hashlib.sha256(recipe.read_bytes()).hexdigest()):
        said.append("The recipe below is not the file as it was run: it was changed since, or is another.")
    if differing := differences(state, recipe):
        said.append(f"What the run had where the recipe below says otherwise: {', '.join(differing)}.")
    return said


def _started(session: Mapping[str, Any]) -> str:
    words = ["trl", session["command"]]
    words += [] if session["recipe"] is None else ["--config", session["recipe"]]
    shown = ABSOLUTE.sub("…/", shlex.join([*words, *session["options"]]).replace("'…'", "…"))
    where = "in one process" if session["processes"] == 1 else f"in {session['processes']} processes"
    when = f"From step {session['begins_after']} on it was" if session["begins_after"] else "It was"
    return f"{when} run {where} as `{shown}`."


def differences(state: Mapping[str, Any], recipe: Path) -> list[str]:
    """Numbers of the trainer's state that are not those of the recipe: steps, and epochs where it asks for epochs.

    Shares of a run, as `eval_steps: 0.1`, are not compared: the state holds what they came to.
    """
    import yaml

    keys = yaml.safe_load(recipe.read_text(encoding="utf-8"))
    asked_for_steps = keys.get("max_steps", -1) > 0
    names = (*STEPS, "max_steps" if asked_for_steps else "num_train_epochs")
    return [
        f"`{name}` {state[name]:g} and not {keys[name]:g}"
        for name in names
        if isinstance(keys.get(name), (int, float)) and keys[name] >= 1 and name in state and state[name] != keys[name]
    ]
