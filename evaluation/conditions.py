"""Which other row's clip a row hears in the control that shuffles them.

It is the permutation control: each row hears the clip of another row of its own task, so that question and
sound still belong together as kinds and only their pairing is broken. The pairing looks at ids and sources and never
at labels: a model that hears well then scores what the labels' frequencies give, about chance. Drawing clips with a
different label instead would force every answer to be wrong and make the control look better than it is. Domains are
not kept apart within a task: where a task asks for the domain, all clips of one domain have the same answer.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any


def shuffled_clips(rows: Sequence[Mapping[str, Any]], seed: int) -> dict[str, str]:
    """For each row the id of the row whose clip it hears instead of its own.

    A derangement drawn from `seed`: within each task a random order is turned by some steps, and the turn is the
    first with the fewest rows left on a clip of their own source recording. A task with one row borrows a clip from
    another task of its domain.

    Args:
        rows: mappings with `id`, `domain`, `task` and, where known, `source_id`.
        seed: of the draw.

    Raises:
        ValueError: when a row has neither a fellow in its task nor one in its domain.
    """
    groups: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["task"]].append(row)
    pairs: dict[str, str] = {}
    for task, group in sorted(groups.items()):
        if len(group) == 1:
            pairs[group[0]["id"]] = _borrowed(group[0], rows, seed)
            continue
        order = _draw(f"{seed}:{task}", group)
        turn = _best_turn([row.get("source_id") for row in order])
        pairs |= {row["id"]: order[(i + turn) % len(order)]["id"] for i, row in enumerate(order)}
    return pairs


def _borrowed(row: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], seed: int) -> str:
    others = [other for other in rows if other["domain"] == row["domain"] and other["id"] != row["id"]]
    if not others:
        raise ValueError(
            f"condition 'shuffled' finds no other clip for {row['id']}, the one row of its task and of its domain; "
            "evaluate more rows or leave the condition out."
        )
    return _draw(f"{seed}:{row['task']}", others)[0]["id"]


def _draw(seed: str, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """`rows` in an order that depends on their ids and the seed alone."""
    order = sorted(rows, key=lambda row: row["id"])
    random.Random(seed).shuffle(order)
    return order


def _best_turn(sources: list[str | None]) -> int:
    """The first number of steps that leaves the fewest rows on a clip of their own source recording."""
    best, fewest = 1, len(sources) + 1
    for steps in range(1, len(sources)):
        turned = sources[steps:] + sources[:steps]
        same = sum(own is not None and own == other for own, other in zip(sources, turned, strict=True))
        if same < fewest:
            best, fewest = steps, same
        if fewest == 0:
            break
    return best
