"""A model of which other processes hold parts or copies: what each of them does so that all train it as one would.

Knows neither recordings nor text.
"""

from __future__ import annotations

import atexit
import gc
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


_KEPT: list[Any] = []


def keep_processes() -> None:
    """Keep what this process talks to the others by until Python ends.

    Trainers let it go at the end of a training, and then the model that DDP has wrapped holds the last reference. It
    would be freed with that, by code that waits for gloo's threads and does not let go of Python meanwhile, while one
    of them may wait for Python to free the last thing that was sent: a training that is saved and never ends (torch
    2.13, `Reducer`). Freed by its own Python object, it lets go first.
    """
    group = torch.distributed.group.WORLD
    if group is None or any(kept is group for kept in _KEPT):
        return
    if not _KEPT:
        atexit.register(_let_go)
    _KEPT.append(group)


def _let_go() -> None:
    gc.collect()  # models that hold it too
    _KEPT.clear()


def before_forward(model: nn.Module, args: Any) -> None:
    """A hook before a whole model's forward, which does nothing where there are no other processes."""
    if others_run():
        keep_processes()
        gather_head(model)


def gather_head(model: nn.Module) -> None:
    """Put a head together that FSDP2 shards as a unit of its own.

    FSDP does so itself where a unit is called. TRL's fused head calls none: it multiplies by the head's weight, and
    takes that of a sharded head by `full_tensor()`, through whose backward each process keeps the gradient of its own
    rows for its own part of the head, and drops the rest. Of a head that is whole, FSDP sums the gradients of all
    processes when the backward ends, and shards it again.
    """
    from torch.distributed.fsdp import FSDPModule

    head = model.get_output_embeddings()  # type: ignore[operator]
    if isinstance(head, FSDPModule):
        head.unshard()


__all__ = ["before_forward", "others_run"]
