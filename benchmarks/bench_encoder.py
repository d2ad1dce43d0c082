"""The audio encoder and its features against transformers' own, on the same weights and clips.

    python benchmarks/bench_encoder.py [--layers 4] [--threads 1 2] [--repeats 3]

Random weights at the width of Qwen2-Audio-7B. The stock class encodes every clip as 30 s; on a GPU it keeps its
default attention, which takes the mask of its padding, and ours takes flash attention where it is installed. Also
printed: the share of this machine's matrix-product rate that the encoder reaches on 30 s, and where the rest of the
time goes. Writes benchmarks/results/encoder.json.
"""

from __future__ import annotations

import numpy as np
import torch
from measuring import Comparison, command_line, report, seconds_of, shortest
from torch.profiler import ProfilerActivity, profile
from training_arithmetic import encoder_operations
from transformers import Qwen2AudioEncoder, Qwen2AudioEncoderConfig, WhisperFeatureExtractor
from transformers.utils import is_flash_attn_2_available

from modeling_audio_reasoner import AudioReasonerEncoder, AudioReasonerEncoderConfig, AudioReasonerFeatureExtractor


RATE = 16_000
BATCHES = {"2 s": [2], "5 s": [5], "10 s": [10], "30 s": [30], "2 + 5 + 10 + 30 s": [2, 5, 10, 30]}
ENCODER_TO_REACH = {"2 s": 15.0, "5 s": 6.0, "10 s": 3.0, "30 s": 0.97, "2 + 5 + 10 + 30 s": 2.5}
MATRIX_PRODUCTS = ("aten::addmm", "aten::mm", "aten::bmm", "aten::matmul", "gemm", "cutlass")
MELS_TO_REACH = {"2 s": 15.0, "10 s": 3.5, "30 s": 1.0}


def stock_mask(valid_frames: torch.Tensor, positions: int) -> torch.Tensor:
    """Additive attention mask of the stock encoder, (clips, 1, positions, positions)."""
    lengths = (valid_frames - 1) // 2 + 1
    hidden = torch.arange(positions)[None, :] >= lengths[:, None]
    return torch.zeros(len(lengths), 1, positions, positions).masked_fill(hidden[:, None, None, :], float("-inf"))


@torch.no_grad()
def compare(
    name: str, ours: AudioReasonerEncoder, stock: Qwen2AudioEncoder, threads: int, repeats: int
) -> list[Comparison]:
    """Both encoders and both feature extractors on the clips of one batch."""
    draw = np.random.default_rng(0)
    clips = [(0.1 * draw.standard_normal(RATE * length)).astype(np.float32) for length in BATCHES[name]]
    extractor, whisper = AudioReasonerFeatureExtractor(), WhisperFeatureExtractor(feature_size=128)

    def mels() -> dict[str, torch.Tensor]:
        return extractor(clips, sampling_rate=RATE, return_tensors="pt")

    def stock_mels() -> dict[str, torch.Tensor]:
        return whisper(clips, sampling_rate=RATE, return_attention_mask=True, return_tensors="pt")

    features, padded = mels(), stock_mels()
    frames = features["feature_attention_mask"].sum(-1).tolist()
    mel_difference = max(
        (row[:, :count] - other[:, :count]).abs().max().item()
        for row, other, count in zip(features["input_features"], padded["input_features"], frames, strict=True)
    )
    mask = stock_mask(padded["attention_mask"].sum(-1), 1500).to(ours.device, ours.dtype)
    heard, heard_padded = (
        features["input_features"].to(ours.device),
        padded["input_features"].to(ours.device, ours.dtype),
    )
    valid = features["feature_attention_mask"]

    def encode() -> torch.Tensor:
        return ours(heard, valid).last_hidden_state

    def stock_encode() -> torch.Tensor:
        return stock(heard_padded, attention_mask=mask).last_hidden_state

    tokens = ours(heard, valid).lengths.tolist()
    expected = torch.cat([row[:count] for row, count in zip(stock_encode(), tokens, strict=True)])
    difference = (encode() - expected).abs().max().item()
    times, mel_times = shortest(encode, stock_encode, repeats), shortest(mels, stock_mels, 5 * repeats)
    return [
        Comparison(f"encoder, {name}", threads, *times, ENCODER_TO_REACH[name], difference),
        Comparison(f"log-mels, {name}", threads, *mel_times, MELS_TO_REACH.get(name), mel_difference),
    ]


@torch.no_grad()
def share_of_the_limit(encoder: AudioReasonerEncoder, repeats: int) -> dict[str, float | str]:
    """What the encoder reaches of the matrix-product rate of this machine on 30 s, and the largest other cost."""
    config = encoder.config
    positions, width = config.max_source_positions, config.d_model
    like = {"device": encoder.device, "dtype": encoder.dtype}
    left, right = torch.randn(positions, width, **like), torch.randn(width, config.encoder_ffn_dim, **like)
    rate = 2 * positions * width * config.encoder_ffn_dim / min(seconds_of(lambda: left @ right) for _ in range(20))
    features = torch.randn(1, config.num_mel_bins, 2 * positions, **like)
    mask = torch.ones(1, 2 * positions, dtype=torch.long)
    seconds = min(seconds_of(lambda: encoder(features, mask)) for _ in range(repeats + 1))
    on_gpu = encoder.device.type == "cuda"
    with profile(activities=[ProfilerActivity.CUDA if on_gpu else ProfilerActivity.CPU]) as profiled:
        encoder(features, mask)
    spent = {
        event.key: event.self_device_time_total if on_gpu else event.self_cpu_time_total
        for event in profiled.key_averages()
    }
    others = {name: time for name, time in spent.items() if not any(part in name for part in MATRIX_PRODUCTS)}
    bottleneck = max(others, key=lambda name: others[name])
    its_share = others[bottleneck] / sum(spent.values())
    share = encoder_operations(config, positions) / seconds / rate
    print(
        f"{torch.get_num_threads()} threads: the encoder reaches {100 * share:.0f}% of {rate / 1e9:.0f} GFLOP/s; "
        f"after the matrix products most time goes to {bottleneck} ({100 * its_share:.0f}%)."
    )
    return {"gflops": rate / 1e9, "share": share, "bottleneck": bottleneck, "bottleneck_share": its_share}


def main() -> None:
    """Command line."""
    arguments = command_line(__doc__.splitlines()[0], layers=4)
    torch.manual_seed(0)
    stock = Qwen2AudioEncoder(Qwen2AudioEncoderConfig(encoder_layers=arguments.layers)).eval()
    ours = AudioReasonerEncoder(AudioReasonerEncoderConfig(encoder_layers=arguments.layers)).eval()
    ours.load_state_dict(stock.state_dict())
    if arguments.device == "cuda":
        for encoder in (ours, stock):
            encoder.to("cuda", torch.bfloat16)
        ours.set_attn_implementation("flash_attention_2" if is_flash_attn_2_available() else "sdpa")
    rows, limits = [], {}
    for threads in arguments.threads:
        torch.set_num_threads(threads)
        for name in BATCHES:
            rows += compare(name, ours, stock, threads, arguments.repeats)
        limits[threads] = share_of_the_limit(ours, arguments.repeats)
    report("encoder", rows, arguments, limits=limits)


if __name__ == "__main__":
    main()
