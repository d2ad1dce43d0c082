"""Rewards of GRPO: what an answer is worth, one plain function for each reason, each from 0 to 1.

    reward_funcs: [recipes.rewards.answer_correct, recipes.rewards.structure_complete]

`trl grpo` imports them by these names from the repository's root, and logs the mean of each under its name. Answers
come as conversations, and the columns of the data (`recipes/grpo_prompts.py` writes them) by name. Knows text alone:
no audio, no model. The model's own parser, which the strict scorer uses too, says what an answer holds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from modeling_audio_reasoner.choices_audio_reasoner import normalise, resolve_choice
from modeling_audio_reasoner.reasoning_audio_reasoner import SECTIONS, TAG_PATTERN, parse_reasoning


LONGEST_RESPONSE = 1000
"""Characters. A response beyond this recites; it names no choice."""
REPEATED_WORDS = 4
"""Words in a row that count as repeated where they come again."""
# Where words are not set apart by spaces, each character is one.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")


def answer_correct(
    completions: Sequence[Sequence[dict[str, str]]],
    choices: Sequence[Sequence[str]],
    answer: Sequence[str],
    **columns: Any,
) -> list[float | None]:
    """1 where the one RESPONSE names the right choice and no other, 0 where it does not, None without choices.

    Structured answers alone are right: what stands outside a RESPONSE, in a second one, or in one that was not closed
    counts for nothing.

    Raises:
        ValueError: the answer of a row is none of its choices.
    """
    return [
        _is_right(_written(completion), offered, right) if offered else None
        for completion, offered, right in zip(completions, choices, answer, strict=True)
    ]


def structure_complete(completions: Sequence[Sequence[dict[str, str]]], **columns: Any) -> list[float]:
    """1 where all sections are there, in order, closed and not empty, with nothing outside them; else 0."""
    return [float(parse_reasoning(_written(completion)).complete) for completion in completions]


def section_budgets(
    completions: Sequence[Sequence[dict[str, str]]],
    budgets: Sequence[dict[str, int]],
    floors: Sequence[dict[str, int]] | None = None,
    **columns: Any,
) -> list[float]:
    """The share of an answer's sections that are as long as they may and have to be; 0 without all sections.

    Args:
        budgets: characters that each section of a row may have.
        floors: characters of words that it has to have, so that a section that says nothing wins nothing.

    Raises:
        ValueError: a row has no budget or no floor for a section.
    """
    least: Sequence[dict[str, int] | None] = floors or [None] * len(budgets)
    return [
        _share_within(_written(completion), _numbers(allowed, "budget"), _numbers(asked, "floor"))
        for completion, allowed, asked in zip(completions, budgets, least, strict=True)
    ]


def no_repetition(completions: Sequence[Sequence[dict[str, str]]], **columns: Any) -> list[float]:
    """1 less the share of runs of `REPEATED_WORDS` words that came before in their section; 0 for no words at all.

    A summary may say again what the caption said.
    """
    return [_share_new(_written(completion)) for completion in completions]


def _written(completion: Sequence[dict[str, str]]) -> str:
    """The text of the last message of a completion."""
    if isinstance(completion, str) or not completion or not isinstance(completion[-1].get("content"), str):
        raise ValueError(
            f"A completion is {str(completion)[:80]!r}, not a list of messages with text: give the data a column "
            "'prompt' that holds messages, as recipes/grpo_prompts.py writes it."
        )
    return completion[-1]["content"]


def _is_right(text: str, choices: Sequence[str], answer: str) -> float:
    names = [normalise(choice) for choice in choices]
    if normalise(answer) not in names:
        raise ValueError(f"The answer {answer!r} is none of the choices {list(choices)}: mend the data.")
    response = parse_reasoning(text).response
    if response is None or len(response) > LONGEST_RESPONSE:
        return 0.0
    if text.count("<RESPONSE>") != 1 or text.count("</RESPONSE>") != 1:
        return 0.0
    index = resolve_choice(response, choices)
    return float(index is not None and names[index] == normalise(answer))


def _numbers(given: dict[str, int] | None, kind: str) -> dict[str, int]:
    """The budgets or floors of a row, where there is one for each section."""
    if lacking := [name for name in SECTIONS if not isinstance((given or {}).get(name), int)]:
        raise ValueError(
            f"A row has no {kind} for {', '.join(lacking)}: write its data with recipes/grpo_prompts.py, or leave "
            "section_budgets out of reward_funcs."
        )
    return dict(given or {})


def _share_within(text: str, budgets: dict[str, int], floors: dict[str, int]) -> float:
    answer = parse_reasoning(text)
    if not answer.complete:
        return 0.0
    sections = {name: getattr(answer, name) for name in SECTIONS}
    said = {name: sum(map(len, _WORD.findall(section))) for name, section in sections.items()}
    fits = [said[name] >= floors[name] and len(sections[name]) <= budgets[name] for name in SECTIONS]
    return sum(fits) / len(SECTIONS)


def _share_new(text: str) -> float:
    spans = [_WORD.findall(span.casefold()) for span in TAG_PATTERN.split(text)]
    if not any(spans):
        return 0.0
    runs = new = 0
    for words in spans:
        found = list(zip(*(words[start:] for start in range(REPEATED_WORDS)), strict=False))
        runs += len(found)
        new += len(set(found))
    return new / runs if runs else 1.0
