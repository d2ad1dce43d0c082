"""Linear layers of few rows through oneDNN against torch's own, at the widths of Qwen2-Audio-7B's encoder.

    python benchmarks/bench_few_rows.py [--threads 1 2] [--repeats 3]

`FEW_ROWS` in modeling_audio_reasoner/linear_audio_reasoner.py is chosen by this table: the rows up to which no line is
below 0.99. Writes benchmarks/results/few_rows.json.
"""

from __future__ import annotations

from itertools import cycle

import torch
from measuring import Comparison, command_line, report, shortest

from modeling_audio_reasoner import linear_audio_reasoner
from modeling_audio_reasoner.linear_audio_reasoner import AudioReasonerLinear


ROWS = (25, 50, 100, 200, 256, 350, 500)
WIDTHS = ((1280, 1280), (1280, 5120), (5120, 1280))
COPIES = 6  # so that weights come from memory, as in a model


@torch.no_grad()
def compare(rows: int, threads: int, repeats: int) -> Comparison:
    """A pass through one layer of each width, over and over."""
    passes = []
    for _ in range(COPIES):
        layers = [AudioReasonerLinear(*width) for width in WIDTHS]
        passes.append([(layer, torch.randn(rows, layer.in_features)) for layer in layers])
    turns = cycle(passes)

    def ours() -> list[torch.Tensor]:
        return [layer(hidden) for layer, hidden in next(turns)]

    def stock() -> list[torch.Tensor]:
        return [torch.nn.functional.linear(hidden, layer.weight, layer.bias) for layer, hidden in next(turns)]

    difference = max(
        (layer(hidden) - torch.nn.functional.linear(hidden, layer.weight, layer.bias)).abs().max().item()
        for layer, hidden in passes[0]
    )
    return Comparison(f"{rows} rows", threads, *shortest(ours, stock, 5 * repeats), difference=difference)


def main() -> None:
    """Command line."""
    arguments = command_line(__doc__.splitlines()[0])
    linear_audio_reasoner.FEW_ROWS = max(ROWS)
    lines = []
    for threads in arguments.threads:
        torch.set_num_threads(threads)
        lines += [compare(rows, threads, arguments.repeats) for rows in ROWS]
    report("few_rows", lines, arguments)


if __name__ == "__main__":
    main()
