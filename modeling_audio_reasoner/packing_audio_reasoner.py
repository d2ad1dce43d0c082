"""Sequences of unequal length in one tensor without padding. Knows neither audio nor attention."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

import torch


@dataclass(frozen=True)
class Packing:
    """How sequences (windows of audio, rows of text) lie one after the other in a packed tensor.

    groups: runs of (sequences, positions of each), in packed order.
    bounds: (sequences + 1,) int32, where each sequence starts, and the end of the last: FlashAttention's `cu_seqlens`.
    longest: positions of the longest sequence.
    """

    groups: list[tuple[int, int]]
    bounds: torch.Tensor
    longest: int

    @classmethod
    def of(cls, positions: list[int], device: torch.device) -> Packing:
        """Of sequences with so many positions, in packed order: [5, 5, 3] has the groups [(2, 5), (1, 3)]."""
        bounds = torch.tensor([0, *accumulate(positions)], dtype=torch.int32, device=device)
        return cls(groups_of(positions), bounds, max(positions))


def groups_of(positions: list[int]) -> list[tuple[int, int]]:
    """Runs of sequences of one length, in packed order: (sequences, positions of each)."""
    groups: list[tuple[int, int]] = []
    for length in positions:
        if groups and groups[-1][1] == length:
            groups[-1] = (groups[-1][0] + 1, length)
        else:
            groups.append((1, length))
    return groups


__all__ = ["Packing", "groups_of"]
