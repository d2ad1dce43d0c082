"""One good row, and a way to change it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


sys.path.insert(0, str(Path(__file__).parent))  # so that the tests import citation_sentences


GOOD: dict[str, Any] = {
    "id": "birds-1",
    "question": "Which animal is heard most often?",
    "choices": ["dog barking", "rooster crowing", "cat meowing"],
    "answer": "rooster crowing",
    "planning": "I will follow each call from its start, and count how often every animal is heard.",
    "caption": "A farmyard in the open. A bird calls three times, loud and near; further off something barks once.",
    "reasoning": "The loud call rises in two steps and holds its last note, as that of a male bird at dawn. "
    "It comes three times. The bark comes a single time, and a cat is not heard at all.",
    "summary": "The call that comes most often is that of the rooster crowing.",
    "response": "It is the rooster crowing.",
    "domain": "sound",
    "task": "sound_event",
    "language": None,
    "annotations": {"labels": ["Rooster", "Dog"]},
    "measured": {"duration": 10.0},
    "source": "fsd50k",
    "source_id": "dev/123456",
}


@pytest.fixture
def make_row() -> Callable[..., dict[str, Any]]:
    """A row that passes every check, with the given fields put in place of its own."""
    return lambda **fields: {**GOOD, **fields}
