"""Figures of a split as training sees it: tokens, what of them is trained on, and what padding costs."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

from app.labels.row_sizes import RowSize


def split_figures(
    sizes: Sequence[RowSize], batch_size: int, rows_of_a_step: int, lengths: Sequence[int] | None, seed: int
) -> dict[str, Any]:
    """What the rows that can be read come to.

    Args:
        sizes: of all rows.
        batch_size: rows of a batch.
        rows_of_a_step: of all batches that a process gathers gradients of, which `group_by_length` groups by.
        lengths: what `group_by_length` orders the rows by; None for their tokens.
        seed: of the order.

    Returns:
        `rows`, `recordings`, `audio_seconds`, `recording_seconds` (`shortest`, `median`, `longest`), `tokens`,
        `row_tokens` (`shortest`, `median`, `95th_percentile`, `longest`), `trained_share` and `placeholder_share` of
        the tokens, and `padding_share` of what batches hold, `in_random_order` and `grouped_by_length`; with
        recordings that training varies also `varied_recordings`. All is counted of recordings as they are.
    """
    import torch
    from transformers.trainer_pt_utils import LengthGroupedSampler

    kept = [number for number, size in enumerate(sizes) if not size.error]
    tokens = [sizes[number].tokens for number in kept]
    if not tokens:
        return {"rows": len(sizes)}
    by = tokens if lengths is None else [lengths[number] for number in kept]
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(tokens), generator=generator).tolist()
    grouped = LengthGroupedSampler(rows_of_a_step, lengths=list(by), generator=generator)
    seconds = [length for number in kept for length in sizes[number].seconds]
    varied = sum(sizes[number].varied for number in kept)
    return {
        "rows": len(sizes),
        "recordings": len(seconds),
        **({"varied_recordings": varied} if varied else {}),
        "audio_seconds": round(sum(seconds), 2),
        "recording_seconds": spread(seconds, {"shortest": 0, "median": 0.5, "longest": 1}),
        "tokens": sum(tokens),
        "row_tokens": spread(tokens, {"shortest": 0, "median": 0.5, "95th_percentile": 0.95, "longest": 1}),
        "trained_share": round(sum(sizes[number].trained for number in kept) / sum(tokens), 4),
        "placeholder_share": round(sum(sizes[number].placeholders for number in kept) / sum(tokens), 4),
        "padding_share": {
            "in_random_order": padding_share([tokens[place] for place in order], batch_size),
            "grouped_by_length": padding_share([tokens[place] for place in grouped], batch_size),
        },
    }


def spread(values: Sequence[float], shares: dict[str, float]) -> dict[str, float]:
    """By each name the least of `values` that so large a share of them does not exceed; nothing of none."""
    ordered = sorted(values)
    if not ordered:
        return {}
    return {name: round(ordered[max(0, ceil(share * len(ordered)) - 1)], 2) for name, share in shares.items()}


def padding_share(tokens: Sequence[int], batch_size: int) -> float:
    """Share of padding in batches of rows of so many tokens, taken in their order."""
    batches = [tokens[start : start + batch_size] for start in range(0, len(tokens), batch_size)]
    held = sum(max(batch) * len(batch) for batch in batches)
    return round(1 - sum(tokens) / held, 4)
