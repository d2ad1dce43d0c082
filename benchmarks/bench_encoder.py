"""The audio encoder and its features against transformers' own, on the same weights and clips, as ratios of one run.

    python benchmarks/bench_encoder.py [--layers 4] [--threads 1] [--repeats 3]

Random weights at the width of Qwen2-Audio-7B. The stock class encodes every clip as 30 s; the ratio is how many times
longer it takes. Prints a table with the largest difference on the valid positions, and writes
benchmarks/results/encoder.json.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from transformers import Qwen2AudioEncoder, Qwen2AudioEncoderConfig, WhisperFeatureExtractor

from modeling_audio_reasoner import AudioReasonerEncoder, AudioReasonerEncoderConfig, AudioReasonerFeatureExtractor


RATE = 16_000
BATCHES = {"2 s": [2], "5 s": [5], "10 s": [10], "30 s": [30], "2 + 5 + 10 + 30 s": [2, 5, 10, 30]}
RESULTS = Path(__file__).parent / "results" / "encoder.json"


def best_seconds(work: Callable[[], object], repeats: int) -> float:
    """The shortest of `repeats` runs, after one that is not counted."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def stock_mask(valid_frames: torch.Tensor, positions: int) -> torch.Tensor:
    """Additive attention mask of the stock encoder, (clips, 1, positions, positions)."""
    lengths = (valid_frames - 1) // 2 + 1
    hidden = torch.arange(positions)[None, :] >= lengths[:, None]
    return torch.zeros(len(lengths), 1, positions, positions).masked_fill(hidden[:, None, None, :], float("-inf"))


@torch.no_grad()
def compare(
    seconds: list[int], ours: AudioReasonerEncoder, stock: Qwen2AudioEncoder, repeats: int
) -> dict[str, float]:
    """Seconds of both encoders and of both feature extractors, and the largest difference of the embeddings."""
    draw = np.random.default_rng(0)
    clips = [(0.1 * draw.standard_normal(RATE * length)).astype(np.float32) for length in seconds]
    extractor, whisper = AudioReasonerFeatureExtractor(), WhisperFeatureExtractor(feature_size=128)

    def mels() -> dict[str, torch.Tensor]:
        return extractor(clips, sampling_rate=RATE, return_tensors="pt")

    def stock_mels() -> dict[str, torch.Tensor]:
        return whisper(clips, sampling_rate=RATE, return_attention_mask=True, return_tensors="pt")

    features, padded = mels(), stock_mels()
    mask = stock_mask(padded["attention_mask"].sum(-1), 1500)

    def encode() -> torch.Tensor:
        return ours(features["input_features"], features["feature_attention_mask"]).last_hidden_state

    def stock_encode() -> torch.Tensor:
        return stock(padded["input_features"], attention_mask=mask).last_hidden_state

    tokens = ours(features["input_features"], features["feature_attention_mask"]).lengths.tolist()
    expected = torch.cat([row[:count] for row, count in zip(stock_encode(), tokens, strict=True)])
    return {
        "encoder_seconds": best_seconds(encode, repeats),
        "stock_encoder_seconds": best_seconds(stock_encode, repeats),
        "mel_seconds": best_seconds(mels, repeats),
        "stock_mel_seconds": best_seconds(stock_mels, repeats),
        "largest_difference": (encode() - expected).abs().max().item(),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layers", type=int, default=4, help="encoder layers (Qwen2-Audio has 32)")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    stock = Qwen2AudioEncoder(Qwen2AudioEncoderConfig(encoder_layers=arguments.layers)).eval()
    ours = AudioReasonerEncoder(AudioReasonerEncoderConfig(encoder_layers=arguments.layers)).eval()
    ours.load_state_dict(stock.state_dict())
    rows = {name: compare(seconds, ours, stock, arguments.repeats) for name, seconds in BATCHES.items()}
    print(f"{'clips':<18} encoder  log-mels  largest difference   (stock time / our time)")
    for name, row in rows.items():
        row["encoder_ratio"] = row["stock_encoder_seconds"] / row["encoder_seconds"]
        row["mel_ratio"] = row["stock_mel_seconds"] / row["mel_seconds"]
        print(f"{name:<18} {row['encoder_ratio']:6.2f}x  {row['mel_ratio']:7.2f}x  {row['largest_difference']:.1e}")
    RESULTS.parent.mkdir(exist_ok=True)
    conditions = {**vars(arguments), "torch": torch.__version__, "machine": platform.machine()}
    RESULTS.write_text(json.dumps({"conditions": conditions, "rows": rows}, indent=2) + "\n", encoding="utf-8")
    print(f"Written to {RESULTS}.")


if __name__ == "__main__":
    main()
