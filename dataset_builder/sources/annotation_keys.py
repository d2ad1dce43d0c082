"""The names under which facts about a recording stand in `Recording.annotations`, the same for every corpus.

Knows what a value may be, not where it comes from: the readers hold every annotation to `canonical`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal


Kind = Literal["text", "texts", "number", "integer", "flag", "events", "qa"]


@dataclass(frozen=True)
class AnnotationKey:
    """What a key means, and the type of its value."""

    meaning: str
    kind: Kind


ANNOTATION_KEYS: dict[str, AnnotationKey] = {
    # What is heard.
    "labels": AnnotationKey("Names of what is heard, in the corpus's words.", "texts"),
    "events": AnnotationKey("What is heard and when: label, start and end in seconds.", "events"),
    "event": AnnotationKey("The one class of the recording, where there is exactly one.", "text"),
    "captions": AnnotationKey("Sentences that describe the whole recording.", "texts"),
    "title": AnnotationKey("The title that its author gave it.", "text"),
    "qa": AnnotationKey("Questions about it with answers, and choices or the annotators' agreement.", "qa"),
    # Speech.
    "transcript": AnnotationKey("The words that are spoken.", "text"),
    "translation_<code>": AnnotationKey("The transcript in the language of that ISO 639 code.", "text"),
    "speaker": AnnotationKey("Who speaks: one name for a voice.", "text"),
    "role": AnnotationKey("The part that the speaker acts.", "text"),
    "lead": AnnotationKey("Whether that part is one of the leads.", "flag"),
    "gender": AnnotationKey("The speaker's, as the corpus states it.", "text"),
    "age": AnnotationKey("The speaker's, as the corpus states it.", "text"),
    "accent": AnnotationKey("The speaker's, as the corpus states it.", "text"),
    "emotion": AnnotationKey("The emotion that annotators heard or saw.", "text"),
    "sentiment": AnnotationKey("positive, negative or neutral.", "text"),
    "valence": AnnotationKey("From 1 (negative) to 5 (positive), the annotators' mean.", "number"),
    "activation": AnnotationKey("From 1 (calm) to 5 (excited), the annotators' mean.", "number"),
    "dominance": AnnotationKey("From 1 (weak) to 5 (strong), the annotators' mean.", "number"),
    "sarcasm": AnnotationKey("Whether it is meant sarcastically.", "flag"),
    "context": AnnotationKey("What is said before the recording, in order; it is not heard.", "texts"),
    "style": AnnotationKey("How it was made, such as acted dialogue or a render.", "text"),
    "level": AnnotationKey("The scene that it belongs to.", "text"),
    # Music.
    "instrument": AnnotationKey("The one instrument that plays.", "text"),
    "lead_instrument": AnnotationKey("The instrument that plays the melody.", "text"),
    "instruments": AnnotationKey("The instruments that play.", "texts"),
    "genre": AnnotationKey("The genre, or genres joined by commas.", "text"),
    "mood": AnnotationKey("The mood or theme, or several joined by commas.", "text"),
    "tempo": AnnotationKey("Beats per minute.", "number"),
    "tempo_bpm": AnnotationKey("Beats per minute of a score (the demo's name for `tempo`).", "number"),
    "tempo_class": AnnotationKey("slow, medium or fast.", "text"),
    "key": AnnotationKey("Tonic and mode, such as A minor.", "text"),
    "tonic": AnnotationKey("Tonic of the key.", "text"),
    "mode": AnnotationKey("Mode of the key.", "text"),
    "chords": AnnotationKey("Chords in order.", "texts"),
    "meter": AnnotationKey("Beats in a bar, such as 3/4.", "text"),
    "groove": AnnotationKey("Name of the accompaniment.", "text"),
    "pitch": AnnotationKey("MIDI note number, 0 to 127.", "integer"),
}
_TRANSLATION = re.compile(r"translation_[a-z]{2,3}")
_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def find_key(name: str) -> AnnotationKey | None:
    """The key of that name, None where there is none."""
    return ANNOTATION_KEYS.get("translation_<code>" if _TRANSLATION.fullmatch(name) else name)


def canonical(annotations: Mapping[str, Any]) -> dict[str, Any]:
    """The annotations with values of their keys' types; those that are None or empty are left out.

    A text where a list belongs becomes a list of one, a number or a flag may be written as a text.

    Raises:
        ValueError: an unknown key, or a value that is not of its type; names both.
    """
    found = {}
    for name, value in annotations.items():
        key = find_key(name)
        if key is None:
            raise ValueError(f"There is no annotation key {name!r}; the keys are {', '.join(ANNOTATION_KEYS)}.")
        if value is None or value == "" or value == [] or value == {}:
            continue
        try:
            converted = _CONVERTERS[key.kind](value)
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
            kind = _KINDS[key.kind]
            raise ValueError(f"The annotation {name!r} is {value!r}, which is not {kind} ({error}).") from None
        if converted not in ("", []):
            found[name] = converted
    return found


def _text(value: Any) -> str:
    if isinstance(value, (list, dict)):
        raise TypeError(f"it is a {type(value).__name__}")
    return " ".join(str(value).split())


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, (list, tuple)) else [value]
    return [text for text in map(_text, values) if text]


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("it is not finite")
    return number


def _integer(value: Any) -> int:
    number = _number(value)
    if number != int(number):
        raise ValueError("it has a fraction")
    return int(number)


def _flag(value: Any) -> bool:
    return value if isinstance(value, bool) else _FLAGS[str(value).strip().lower()]


def _events(value: Any) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    for event in value:
        times = {name: _number(event[name]) for name in ("start", "end")}
        events.append({"label": _text(event["label"]), **times})
    for event in events:
        if not 0 <= event["start"] <= event["end"]:
            raise ValueError(f"an event lasts from {event['start']} s to {event['end']} s")
    return sorted(events, key=lambda event: (event["start"], event["end"]))


def _qa(value: Any) -> list[dict[str, Any]]:
    found = []
    for item in value:
        unknown = set(item) - {"question", "answer", "choices", "agreement"}
        if unknown:
            raise ValueError(f"it has {', '.join(sorted(unknown))}")
        pair: dict[str, Any] = {"question": _text(item["question"]), "answer": _text(item["answer"])}
        if item.get("choices"):
            pair["choices"] = _texts(item["choices"])
        if item.get("agreement") is not None:
            pair["agreement"] = _number(item["agreement"])
        found.append(pair)
    return found


_CONVERTERS: dict[Kind, Callable[[Any], Any]] = {
    "text": _text,
    "texts": _texts,
    "number": _number,
    "integer": _integer,
    "flag": _flag,
    "events": _events,
    "qa": _qa,
}
_KINDS: dict[Kind, str] = {
    "text": "a text",
    "texts": "a list of texts",
    "number": "a number",
    "integer": "a whole number",
    "flag": "true or false",
    "events": "a list of events, each with label, start and end in seconds",
    "qa": "a list of pairs, each with question and answer",
}
