"""Linear layers and convolutions for few positions: on a CPU they go through oneDNN, which is faster there.

Weights, names and results (within rounding) are those of torch's layers, which do all that is not few positions in
plain float32. This file knows nothing of audio.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.autograd.forward_ad import unpack_dual


# Rows of a product that go through oneDNN. By benchmarks/results/few_rows.json up to 256 of them take 0.87 to 1.003 of
# MKL's time, on one thread and on two; 350 and 500 take up to 1.02 of it on one thread.
FEW_ROWS = 256


class AudioReasonerLinear(nn.Linear):
    """A linear layer, (..., in features) -> (..., out features)."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """As the base class."""
        if (
            not _onednn_takes(input, self.weight, self.bias)
            or input.shape[-1:] != self.weight.shape[1:]
            or not 0 < input.numel() <= FEW_ROWS * input.shape[-1]
        ):
            return super().forward(input)
        return _onednn(input, self.weight, self.bias)


class AudioReasonerConv1d(nn.Conv1d):
    """A convolution, (batch, channels, frames) -> (batch, channels, positions)."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """As the base class; few positions as one matrix product of all that each of them sees."""
        if (
            not _onednn_takes(input, self.weight, self.bias)
            or input.ndim != 3
            or input.shape[1] != self.weight.shape[1]
            or self.groups != 1
            or self.dilation != (1,)
            or self.padding_mode != "zeros"
            or isinstance(self.padding, str)
        ):
            return super().forward(input)
        (size,), (stride,), (padding,) = self.kernel_size, self.stride, self.padding
        positions = (input.shape[2] + 2 * padding - size) // stride + 1
        if not 0 < input.shape[0] * positions <= FEW_ROWS:
            return super().forward(input)
        seen = nn.functional.pad(input, (padding, padding)).unfold(2, size, stride)
        return _onednn(seen.transpose(1, 2).flatten(2), self.weight.flatten(1), self.bias).transpose(1, 2)


def _onednn_takes(input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> bool:
    """Whether oneDNN may be called here, which takes float32 without gradients. Nothing is asked of sizes.

    Asked first of all: a compiled, exported or traced layer must not depend on how many rows there were.
    """
    return (
        not torch.compiler.is_compiling()
        and not torch.jit.is_tracing()
        and not torch.is_grad_enabled()
        and type(input) is torch.Tensor
        and type(weight) is nn.Parameter  # neither sharded nor quantised
        and (bias is None or type(bias) is nn.Parameter)
        and input.device.type == weight.device.type == "cpu"
        and input.dtype == weight.dtype == torch.float32
        and unpack_dual(input).tangent is None  # forward-mode gradients are taken without the others too
        and not torch.is_autocast_enabled("cpu")
        and torch.backends.mkl.is_available()  # what torch would take instead
        and torch.backends.mkldnn.is_available()
        and bool(torch.backends.mkldnn.enabled)
    )


def _onednn(rows: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    """(..., in) times (out, in) transposed, plus the bias: (..., out). What a compiled linear layer calls."""
    return torch.ops.mkldnn._linear_pointwise(rows.contiguous(), weight, bias, "none", [], "")
