"""Answers for a server of the tests that make sense together.

Each question asks for a number, its right answer holds the number in words; so a teacher that hears can answer blind,
and one that hears nothing guesses. Some answers are wrong on purpose, always the same ones.
"""

from __future__ import annotations

import re
from random import Random
from typing import Any


NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
LEAK = "According to the annotation"


def answer(request: dict, schema: dict, random: Random) -> Any:
    """What the server answers, by the fields that are asked for."""
    fields = set(schema["properties"])
    text = (
        next(part["text"] for part in request["messages"][-1]["content"] if part["type"] == "text")
        if isinstance(request["messages"][-1]["content"], list)
        else request["messages"][-1]["content"]
    )
    if "description" in fields:
        return labels(random)
    if "questions" in fields:
        return {"questions": [question(schema, text, number, random) for number in range(_count(text))]}
    if "planning" in fields:
        return sections(text, random)
    return {"answer": _guess(text, hears=_hears(request), random=random)}


def _hears(request: dict) -> bool:
    content = request["messages"][-1]["content"]
    return isinstance(content, list) and any(part["type"] == "input_audio" for part in content)


def _count(text: str) -> int:
    return int(re.search(r"Write (\d+) question", text)[1])  # type: ignore[index]


def labels(random: Random) -> dict[str, Any]:
    return {
        "description": "A tone begins, sounds for a while and fades.",
        "events": [{"label": "tone", "start": 0.0, "end": round(random.uniform(0.1, 0.4), 2)}],
        "speech": None,
        "music": None,
        "setting": None,
        "uncertain": [],
    }


def question(schema: dict, text: str, number: int, random: Random) -> dict[str, Any]:
    fields = schema["$defs"]["Question"]["properties"]
    right = random.choice(NUMBERS)
    wrong = random.sample([name for name in NUMBERS if name != right], 3)
    kinds = fields["kind"].get("enum") or [fields["kind"]["const"]]
    kind = kinds[number % len(kinds)]
    tag = f"{random.randrange(10**9):09d}"
    return {
        "task": random.choice(fields["task"].get("enum") or [fields["task"]["const"]]),
        "kind": kind,
        "difficulty": "easy",
        "question": f"How often does the tone of pattern {tag}-{NUMBERS.index(right)} swell?",
        "answer": f"{right} times",
        "distractors": [f"{name} times" for name in wrong] if kind == "multiple_choice" else [],
        "evidence": "The swells of the tone can be counted.",
    }


def sections(text: str, random: Random) -> dict[str, Any]:
    right = re.search(r"- the right answer: (.+)", text)[1]  # type: ignore[index]
    spoilt = random.random()
    opening = LEAK if spoilt < 0.25 else "Listening closely"
    said = "a hundred times" if 0.25 <= spoilt < 0.4 else right
    words = " ".join(random.choice(("soft", "steady", "bright", "slow", "deep", "even")) for _ in range(8))
    return {
        "planning": f"I will follow the tone and count how often it swells, in a {words} manner, and then decide.",
        "caption": f"A {words} tone swells and fades, again and again, until it ends.",
        "reasoning": f"{opening}, the {words} tone swells, fades and swells again; counting the swells gives {right}.",
        "summary": f"The tone swells {right}.",
        "response": f"The tone swells {said}.",
    }


def _guess(text: str, hears: bool, random: Random) -> str:
    index = int(re.search(r"pattern \d+-(\d)", text)[1])  # type: ignore[index]
    choices = re.findall(r"^- (.+)$", text, flags=re.MULTILINE)
    right = f"{NUMBERS[index]} times"
    if hears:
        return right if random.random() < 0.9 else (choices or ["no idea"])[0]
    return random.choice(choices) if choices else "I do not know"
