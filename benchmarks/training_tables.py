"""The tables of docs/train.md: what bench_training.py and bench_feed.py wrote to benchmarks/results/."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from build_tables import table
from measuring import RESULTS


def _results(name: str) -> Mapping[str, Any]:
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def training() -> str:
    """Seconds a step and peak memory of both commands, beside what is wanted."""
    lines = []
    for row in _results("training")["rows"]:
        took = [f"{row[key]:.2f} {row['unit']}" for key in ("ours", "stock")]
        lines.append([row["what"], row["threads"], *took, f"{row['ratio']:.2f}×", f"{row['to_reach']:.2f}×"])
    return table(["", "threads", "this model", "transformers' Qwen2-Audio", "ratio", "wanted"], lines)


def training_losses() -> str:
    """How far the two loss curves are apart, and where from and to they fall."""
    lines = []
    for order, curve in _results("training")["curves"].items():
        losses = curve["losses"]["ours"]
        apart = [f"{curve[name]:.1e}" for name in ("difference", "difference_with_fixed_positions")]
        lines.append([order, f"{curve['padding_share']:.0%}", f"{losses[0]:.3f} to {losses[-1]:.3f}", *apart])
    head = ["batches", "padding", "loss", "largest difference", "with the positions of transformers' class fixed"]
    return table(head, lines)


def training_arithmetic() -> str:
    """The encoder's share of the arithmetic by size, and what all of it is where each clip is 30 s."""
    lines = []
    for name, counted in _results("training")["arithmetic"].items():
        shares = [f"{counted[key]:.0%}" for key in ("stock_share", "our_share")]
        lines.append([name, *shares, f"{counted['ratio']:.2f}×"])
    return table(
        ["encoder and language model", "encoder, clips as 30 s", "encoder, clips as they are", "ratio"], lines
    )


def feed() -> str:
    """What a core feeds, where its time goes, and how many cores a node needs."""
    found = _results("feed")
    parts = list(found["rows"][0]["milliseconds_per_clip"])
    lines = []
    for row in found["rows"]:
        rates = [f"{row['clips_per_second']:.0f}", f"{row['audio_seconds_per_second']:.0f}"]
        spent = [f"{row['milliseconds_per_clip'][part]:.1f} ms" for part in parts]
        lines.append([row["what"], *rates, *spent, row["workers_for_a_node"]])
    head = ["", "clips/s a core", "seconds of sound/s a core", *parts, "cores for 8 H100"]
    return table(head, lines)


def feed_node() -> str:
    """What a node consumes, in words."""
    found = _results("feed")
    node, conditions = found["node"], found["conditions"]
    return (
        f"The full recipe of the 7B model takes {node['clips_per_second']:.0f} clips a second on {node['gpus']} H100, "
        f"computed as the recipe computes hours, at {node['utilisation']:.0%} of "
        f"{node['operations_per_second'] / 1e12:.0f} TFLOP/s, for rows of {conditions['seconds_per_row']:.1f} s and "
        f"{node['tokens_per_row']:.0f} tokens in the mean.\n"
    )


TABLES: dict[str, Callable[[], str]] = {
    "training": training,
    "training_losses": training_losses,
    "training_arithmetic": training_arithmetic,
    "feed": feed,
    "feed_node": feed_node,
}
