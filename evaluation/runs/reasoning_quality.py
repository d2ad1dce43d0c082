"""How good the reasoning of answers is, without a judge: structure, lengths, and whether it says what it answers.

Nothing here says that a thought is right, only that it is whole and that its end follows from it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from evaluation.outputs.benchmark import Verdict, texts
from evaluation.strict import named_choice
from modeling_audio_reasoner.choices_audio_reasoner import normalise
from modeling_audio_reasoner.reasoning_audio_reasoner import parse_reasoning


SECTIONS = ("planning", "caption", "reasoning", "summary", "response")


def reasoning_quality(items: Sequence[Mapping[str, Any]], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Of the answers that have one section at least.

    Args:
        items: as `collect` gives them.
        verdicts: of the same items, in any order.

    Returns:
        {"structured", "complete", "words", "summary_says", "contradicted", "reasoning_names"}, counts but for "words":
        median words of each section. "summary_says" counts answers whose summary names one choice, "contradicted"
        those of them whose response names another; "reasoning_names" answers whose reasoning has the words of the
        choice that the response names. The last three are None where nothing was chosen among choices.
    """
    by_id = {verdict.item.id: verdict for verdict in verdicts}
    words: dict[str, list[int]] = {name: [] for name in SECTIONS}
    counts = {"structured": 0, "complete": 0, "summary_says": 0, "contradicted": 0, "reasoning_names": 0}
    chosen = 0
    for item in items:
        found = parse_reasoning(item["output"] or "")
        sections = {name: getattr(found, name) for name in SECTIONS}
        if all(sections[name] is None for name in SECTIONS[:-1]):
            continue
        counts["structured"] += 1
        counts["complete"] += bool(found.complete)
        for name, text in sections.items():
            if text is not None:
                words[name].append(len(text.split()))
        verdict = by_id.get(item["id"])
        if verdict is None or not verdict.item.choices:
            continue
        chosen += 1
        choices = texts(verdict.item)
        said = named_choice(sections["summary"] or "", choices).choice
        counts["summary_says"] += said is not None
        counts["contradicted"] += said is not None and verdict.named not in (None, said)
        if verdict.named is not None:
            counts["reasoning_names"] += _has_words(sections["reasoning"] or "", verdict.named)
    quality: dict[str, Any] = dict(counts)
    if not chosen:
        quality |= dict.fromkeys(("summary_says", "contradicted", "reasoning_names"))
    return quality | {"words": {name: median(found) for name, found in words.items() if found}}


def _has_words(text: str, words: str) -> bool:
    """Whether `words` stand in `text` as whole words, whatever their case."""
    return re.search(rf"(?<!\w){re.escape(normalise(words))}(?!\w)", normalise(text)) is not None
