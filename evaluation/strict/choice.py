"""Which choice an output names, or why it names none. Knows nothing of the right answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modeling_audio_reasoner.choices_audio_reasoner import choices_named, normalise, resolve_choice
from modeling_audio_reasoner.reasoning_audio_reasoner import parse_reasoning


NO_PREDICTION = "there is no prediction"
EMPTY = "the prediction is empty"
NO_RESPONSE = "it reasons and has no <RESPONSE>"
NONE = "it names none of the choices"
SEVERAL = "it names more than one of the choices"


@dataclass(frozen=True)
class NamedChoice:
    """The text of the choice that an output names; or None, and the problem that it has."""

    choice: str | None
    problem: str | None = None


def response_of(output: str) -> str | None:
    """What of `output` is the answer: its RESPONSE where it has the tags of a structured answer, else all of it.

    None where it has such tags and no RESPONSE, as when it was cut while it reasoned.
    """
    if "<RESPONSE>" in output or "<THINK>" in output:
        return parse_reasoning(output).response
    return output


def prediction_of(output: str) -> str:
    """What of `output` is scored: its RESPONSE where it is structured and has one, else all of it."""
    response = response_of(output)
    return output if response is None else response


def named_choice(output: str | None, choices: Sequence[str], letters: bool = False) -> NamedChoice:
    """The one choice that `output` names, by `modeling_audio_reasoner.resolve_choice`.

    Args:
        output: what was predicted; None where nothing was.
        choices: as they were shown. A text that stands there twice is one choice.
        letters: whether the letter of a choice names it, too.
    """
    if output is None:
        return NamedChoice(None, NO_PREDICTION)
    response = response_of(output)
    if response is None:
        return NamedChoice(None, NO_RESPONSE)
    if not normalise(response):
        return NamedChoice(None, EMPTY)
    index = resolve_choice(response, choices, letters)
    if index is None:
        # Repeated texts resolve to nothing, as any two that fit; blanked, the others keep their letters.
        firsts = [choice if choice not in choices[:place] else "" for place, choice in enumerate(choices)]
        index = resolve_choice(response, firsts, letters)
    if index is None:
        return NamedChoice(None, SEVERAL if choices_named(response, choices, letters) else NONE)
    return NamedChoice(choices[index])
