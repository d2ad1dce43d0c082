"""A model of which other processes hold parts or copies: what each of them does so that all train it as one would.

Knows neither recordings nor text.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


def others_run() -> bool:
    """Whether there are other processes, which may wait for this one in a layer.

    Where weights are sharded (FSDP, ZeRO-3) each layer is put together from all processes before it runs, in
    evaluation too; where they are not (DDP), all processes average each gradient.
    """
    distributed = torch.distributed
    return distributed.is_available() and distributed.is_initialized() and distributed.get_world_size() > 1


def gather_head(model: nn.Module, args: Any) -> None:
    """A hook before a whole model's forward: a head that FSDP2 shards as a unit of its own is put together.

    FSDP does so itself where a unit is called. TRL's fused head calls none: it multiplies by the head's weight, and
    takes that of a sharded head by `full_tensor()`, through whose backward each process keeps the gradient of its own
    rows for its own part of the head, and drops the rest. Of a head that is whole, FSDP sums the gradients of all
    processes when the backward ends, and shards it again.
    """
    if not others_run():
        return
    from torch.distributed.fsdp import FSDPModule

    head = model.get_output_embeddings()  # type: ignore[operator]
    if isinstance(head, FSDPModule):
        head.unshard()


__all__ = ["gather_head", "others_run"]
