"""Linear layers and convolutions for few positions: on a CPU they go through oneDNN, which is faster there.

Weights, names and results (within rounding) are those of the layers of torch. This file knows nothing of audio.
"""

from __future__ import annotations

import torch
from torch import nn


# Rows of a product up to which oneDNN is faster than MKL on one thread and on two (benchmarks/bench_few_rows.py).
FEW_ROWS = 256


class AudioReasonerLinear(nn.Linear):
    """A linear layer, (..., in features) -> (..., out features)."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """As the base class."""
        if _through_onednn(input, self.weight, input.numel() // self.in_features):
            return _onednn(input, self.weight, self.bias)
        return super().forward(input)


class AudioReasonerConv1d(nn.Conv1d):
    """A convolution, (batch, channels, frames) -> (batch, channels, positions), with zeros for padding."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, stride: int = 1, padding: int = 0):
        super().__init__(in_channels, out_channels, kernel_size, stride, padding)
        self.sees = (kernel_size, stride, padding)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """As the base class; few positions as one matrix product of all that each of them sees."""
        size, stride, padding = self.sees
        positions = (input.shape[-1] + 2 * padding - size) // stride + 1
        if not _through_onednn(input, self.weight, input.shape[0] * positions):
            return super().forward(input)
        seen = nn.functional.pad(input, (padding, padding)).unfold(2, size, stride)
        return _onednn(seen.transpose(1, 2).flatten(2), self.weight.flatten(1), self.bias).transpose(1, 2)


def _through_onednn(input: torch.Tensor, weight: torch.Tensor, rows: int) -> bool:
    """Whether a product of so many rows goes through oneDNN, which knows float32 without gradients here."""
    return (
        0 < rows <= FEW_ROWS
        and input.device.type == weight.device.type == "cpu"
        and input.dtype == weight.dtype == torch.float32
        and type(weight) is nn.Parameter  # neither sharded nor quantised
        and not torch.is_grad_enabled()
        and not torch.is_autocast_enabled("cpu")
        and not torch.compiler.is_compiling()
        and torch.backends.mkl.is_available()  # what torch would take instead
        and torch.backends.mkldnn.is_available()
        and bool(torch.backends.mkldnn.enabled)
    )


def _onednn(rows: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    """(..., in) times (out, in) transposed, plus the bias: (..., out). What a compiled linear layer calls."""
    return torch.ops.mkldnn._linear_pointwise(rows.contiguous(), weight, bias, "none", [], "")
