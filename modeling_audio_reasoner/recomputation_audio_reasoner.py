"""What a layer computes cheaply from what is kept anyway is computed again in the backward pass, and not kept.

Between gradient checkpointing, which computes whole layers again, and keeping all that autograd asks for. Values are
the same bit for bit. Knows nothing of audio.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import nn


def computed_again(value: torch.Tensor, compute: Callable[[], torch.Tensor]) -> AbstractContextManager[Any]:
    """While it is entered, what reads `value` keeps `compute` for its backward pass in place of `value`.

    Nothing changes without gradients; nor where something else looks after what is kept, as gradient checkpointing and
    activation offloading do; nor in a graph that is compiled or traced. Contexts may be nested.

    Args:
        value: of any shape.
        compute: gives the same values, in the same layout, from tensors that are kept anyway; detached ones.
    """
    if (
        torch.compiler.is_compiling()
        or torch.jit.is_tracing()
        or not (torch.is_grad_enabled() and value.requires_grad)
        or type(value) is not torch.Tensor
        or value.device.type == "meta"
        or not torch._C._autograd._saved_tensors_hooks_is_enabled()  # type: ignore[attr-defined]  # not in the stubs
    ):
        return nullcontext()
    outer = torch._C._autograd._top_saved_tensors_default_hooks(False)
    if outer is not None and outer[1] is not _give:
        return nullcontext()
    place, dtype = value.untyped_storage().data_ptr(), value.dtype

    def keep(tensor: torch.Tensor) -> Any:
        if tensor.dtype != dtype or tensor.untyped_storage().data_ptr() != place:
            return tensor if outer is None else outer[0](tensor)
        layout = tensor.shape, tensor.stride(), tensor.storage_offset()
        return lambda: compute().as_strided(*layout)

    return torch.autograd.graph.saved_tensors_hooks(keep, _give)


def _give(kept: Any) -> torch.Tensor:
    """What a backward pass gets for what was kept."""
    return kept if isinstance(kept, torch.Tensor) else kept()


def activated(
    activation: Callable[[torch.Tensor], torch.Tensor], inner: torch.Tensor
) -> tuple[torch.Tensor, AbstractContextManager[Any]]:
    """`activation(inner)`, and the context in which to read it: its backward pass activates `inner` again.

    For GELU, whose own backward pass keeps `inner` alone; others are kept as they are.
    """
    output = activation(inner)
    if nn.functional.gelu not in (activation, getattr(activation, "act", None)):
        return output, nullcontext()
    source = inner.detach()
    return output, computed_again(output, lambda: nn.functional.gelu(source))


def normalised(norm: nn.LayerNorm, hidden: torch.Tensor) -> tuple[torch.Tensor, AbstractContextManager[Any]]:
    """`norm(hidden)`, and the context in which to read it: its backward pass normalises `hidden` again.

    Kept as it is where the weights are not there all the time (ZeRO-3).
    """
    output = norm(hidden)
    if type(norm) is not nn.LayerNorm or hasattr(norm.weight, "ds_id"):
        return output, nullcontext()
    source, weight, bias = hidden.detach(), norm.weight, norm.bias
    return output, computed_again(
        output, lambda: nn.functional.layer_norm(source, norm.normalized_shape, weight, bias, norm.eps)
    )


__all__ = ["activated", "computed_again", "normalised"]
