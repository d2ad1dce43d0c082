"""The arguments of a processor's call -> its prompts and their recordings, or an error.

Knows how many placeholders a prompt holds; knows neither tokens nor waveforms.
"""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from typing import Any


def prompts_of(text: Any) -> list[str]:
    """One prompt or several as a list.

    Raises:
        ValueError: there is none, or something that is no text.
    """
    if text is None:
        raise ValueError("text is missing: pass a prompt, with one placeholder for each recording.")
    prompts = [text] if isinstance(text, str) else text
    if not isinstance(prompts, (list, tuple)):
        raise ValueError(f"text is a {type(text).__name__}: pass a prompt as a str, or a list of them.")
    if not prompts:
        raise ValueError("text is an empty list: pass at least one prompt.")
    for number, prompt in enumerate(prompts, 1):
        if not isinstance(prompt, str):
            raise ValueError(f"text holds a {type(prompt).__name__} as prompt {number}: pass each prompt as a str.")
    return list(prompts)


def recordings_of(audio: Any, placeholders: list[int] | None) -> list[Any]:
    """The recordings of a call in order: of one, a list, or a list for each prompt.

    Args:
        audio: what was passed; a list of numbers is one waveform; None for each of prompts without placeholders.
        placeholders: how many each prompt holds, to which lists by prompt are compared; None to compare nothing.

    Raises:
        ValueError: an array of several recordings, None for a recording, or lists that are not those of the prompts.
    """
    if hasattr(audio, "ndim") and audio.ndim > 1:
        raise ValueError(
            f"audio has shape {tuple(audio.shape)}: pass a list with one waveform (samples,) for each recording."
        )
    if not isinstance(audio, (list, tuple)) or _is_waveform(audio):
        return [audio]
    by_prompt = [isinstance(item, (list, tuple)) and not _is_waveform(item) for item in audio]
    found = [part for item, several in zip(audio, by_prompt, strict=True) for part in (item if several else [item])]
    if not any(placeholders or [1]) and all(recording is None for recording in audio):
        return []  # a column that no row of a batch fills
    for number, recording in enumerate(found, 1):
        if recording is None:
            raise ValueError(f"audio holds None as recording {number}: pass a waveform or a file.")
    if any(by_prompt):
        if not all(by_prompt):
            raise ValueError(
                "audio holds recordings beside lists of them: pass recordings, or a list for each prompt."
            )
        if placeholders is not None:
            _compare_by_prompt([len(item) for item in audio], placeholders)
    return found


def compare_totals(found: int, audio: list[Any] | None, placeholder: str) -> None:
    """Refuse recordings in another number than placeholders.

    Raises:
        ValueError: the numbers differ.
    """
    if audio is None and found:
        raise ValueError(
            f"Found {found} {placeholder} tokens in the text but no audio inputs were passed: pass one "
            "recording for each, or take them out of the text."
        )
    given = len(audio or ())
    if found != given:
        raise ValueError(
            f"Found total {found} {placeholder} tokens in the text and {given} audio inputs: a prompt holds "
            "one for each recording."
        )


def is_empty(images: Any) -> bool:
    """Whether there is nothing, or nothing but empty lists (TRL's multimodal switch)."""
    return all(map(is_empty, images)) if isinstance(images, (list, tuple)) else images is None


def are_clips(images: Any) -> bool:
    """Whether there are clips as data sets hold them, `{"bytes", "path"}`, and nothing else: in lists, or of one."""
    if isinstance(images, (list, tuple)):
        return not is_empty(images) and all(are_clips(image) or is_empty(image) for image in images)
    return isinstance(images, Mapping)


def _compare_by_prompt(given: list[int], placeholders: list[int]) -> None:
    if len(given) != len(placeholders):
        raise ValueError(
            f"audio holds {len(given)} lists of recordings and text {len(placeholders)} prompts: pass a list for each "
            "prompt, empty where it has no recording."
        )
    for number, (recordings, held) in enumerate(zip(given, placeholders, strict=True), 1):
        if recordings != held:
            raise ValueError(
                f"Prompt {number} holds {held} placeholders, and its list of audio {recordings} recordings: a prompt "
                "holds one for each of its recordings."
            )


def _is_waveform(audio: list | tuple) -> bool:
    """Whether a list is the samples of one recording."""
    return bool(audio) and isinstance(audio[0], numbers.Real)


__all__ = ["are_clips", "compare_totals", "is_empty", "prompts_of", "recordings_of"]
