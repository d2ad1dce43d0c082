"""Which rows there will be: every task's share of every split, with wording and order of choices drawn fairly."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from itertools import islice

import numpy as np

from .pool import Deck, NotEnoughRecordings, Pool
from .recording import DOMAINS
from .row_plan import RowPlan
from .schema import SPLITS
from .tasks import TASKS, Task


ROW_SHARES = {"train": 0.85, "validation": 0.0425, "test": 0.1075}
"""Of the rows. Recordings are split 75/5/20; training rows use a recording more often than test rows."""


def apportion(total: int, shares: Sequence[float]) -> list[int]:
    """Whole numbers in proportion to `shares` whose sum is `total` (largest remainders)."""
    exact = np.asarray(shares, dtype=float) / sum(shares) * total
    counts = np.floor(exact).astype(int)
    for index in np.argsort(counts - exact, kind="stable")[: total - counts.sum()]:
        counts[index] += 1
    return [int(count) for count in counts]


def plan_rows(
    pools: Mapping[str, Pool], rows: int, seed: int, tasks: Sequence[Task] = TASKS
) -> tuple[list[RowPlan], list[str]]:
    """The plans of `rows` rows in the order of domain, task and split, and sentences on what could not be made.

    A task that train or test cannot make is left out of all splits and its share goes to the others.

    Raises:
        ValueError: no task can be made.
    """
    notes: list[str] = []
    possible: list[tuple[Task, str]] = []
    heard = {item.recording.domain for pool in pools.values() for item in pool.measured}
    if absent := [domain for domain in DOMAINS if domain not in heard]:
        notes.append(f"There are no recordings of {' or '.join(absent)}: tasks about these are left out.")
    for task in tasks:
        for domain in task.domains:
            if domain not in heard:
                continue
            try:
                for split in ("train", "test"):
                    next(task.drafts(pools[split], domain, _rng(seed, task, domain, split)))
                possible.append((task, domain))
            except NotEnoughRecordings as error:
                notes.append(f"The task {task.name!r} ({domain}) is left out: {error}.")
    if not possible:
        found = " ".join(notes)
        raise ValueError(
            f"The recordings and their annotations are enough for no task. {found} docs/building.md says "
            "what each needs."
        )

    plans: list[RowPlan] = []
    shares = [task.share / len(task.domains) for task, _ in possible]
    for split, total in zip(SPLITS, apportion(rows, [ROW_SHARES[split] for split in SPLITS]), strict=True):
        for (task, domain), count in zip(possible, apportion(total, shares), strict=True):
            try:
                plans += _plan_task(task, domain, pools[split], count, seed)
            except NotEnoughRecordings as error:
                notes.append(f"The task {task.name!r} ({domain}) has no rows in {split!r}: {error}.")
    return sorted(plans, key=lambda plan: (plan.shard[:2], SPLITS.index(plan.split), plan.id)), notes


def _rng(seed: int, task: Task, domain: str, split: str) -> np.random.Generator:
    return np.random.default_rng([seed, 2, zlib.crc32(f"{task.name}/{domain}/{split}".encode())])


def _plan_task(task: Task, domain: str, pool: Pool, count: int, seed: int) -> list[RowPlan]:
    rng = _rng(seed, task, domain, pool.split)
    wordings = Deck(range(len(task.questions)), rng)
    positions: dict[int, Deck[int]] = {}
    prefix = task.name if len(task.domains) == 1 else f"{task.name}-{domain}"
    plans = []
    for index, draft in enumerate(islice(task.drafts(pool, domain, rng), count)):
        deck = positions.setdefault(len(draft.choices), Deck(range(len(draft.choices)), rng))
        others = [choice for choice in draft.choices if choice != draft.answer]
        order = [others[place] for place in rng.permutation(len(others))]
        order.insert(deck.draw(), draft.answer)
        plans.append(
            RowPlan(
                id=f"{prefix}-{pool.split}-{index:05d}",
                task=task.name,
                split=pool.split,
                question=task.questions[wordings.draw()].format(**draft.fields),
                choices=tuple(order),
                bandwidth=task.bandwidth,
                draft=draft,
            )
        )
    return plans
