"""`trl sft` of this model against `trl sft` of transformers' own class: seconds a step, peak memory, losses.

    python benchmarks/bench_training.py [--rows 48] [--batch 8] [--threads 2] [--repeats 2]

Both are the literal command in processes of their own, on a CPU, with one recipe but for the model's folder, and on
one folder of rows, whose clips are files, since transformers' own class does not read what data sets hold of a clip.
The two folders hold the same random weights, one written from the other by `audio-reasoner convert`. Lengths are drawn
as cota_lengths.py says, 12.5 s of sound a row in the mean.

The model is Whisper-tiny's encoder with a language model as wide and as deep, in the proportions of Qwen2-Audio-7B's,
in float32, without dropout and gradient checkpointing. So the two have as many weights in their layers, which is not
what larger models are like: the more of a model is language model, the less there is to gain. The encoder's share of
the arithmetic, and the ratio of all of it, are computed from the sizes, for this model and for larger ones, and
printed too; a ratio that is measured here is one of this size alone. The vocabulary is small, since on a CPU TRL's
head scores every position, padding too, where on a GPU it scores the labels alone: a large one would outweigh all
layers of so small a model. Learning rate, schedule and clipping are those of the 7B model's full recipe, but for the
warm-up.

An epoch is trained with batches grouped by length and one in random order, the two commands in turns. What is
measured:

- seconds a step: of the whole epoch over its steps, reading and log-mels included, the shortest of the repeats;
- peak memory: of the largest process of a run (`ru_maxrss`), the smallest of the repeats, less what a process holds
  that has imported what the command imports and has no model: weights, gradients, the optimizer's state and what is
  kept for the backward pass are left, as a GPU's memory has them;
- losses: the largest difference between the two curves, step by step, of the first runs. Once it was loaded,
  transformers' own class also trains its encoder's fixed positions; the difference is given too where a third run
  keeps it from that, by a line beside the command.

Grouping is weaker here than on a large data set: transformers' sampler sorts fifty batches at a time, and of few rows
a fourth. Ends with an error where the two did not see the same tokens in each step. Writes
benchmarks/results/training.json.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import yaml
from cota_lengths import RATE, draw_lengths, flac, tokenizer, training_row
from datasets import Dataset, Features, List, Value
from measuring import Comparison, command_line, report
from training_arithmetic import LARGER, Arithmetic, Row, arithmetic

from modeling_audio_reasoner import (
    AudioReasonerConfig,
    AudioReasonerFeatureExtractor,
    AudioReasonerForConditionalGeneration,
    AudioReasonerProcessor,
)
from modeling_audio_reasoner.convert_qwen2_audio import convert_qwen2_audio
from modeling_audio_reasoner.pretrained_folder import chat_template


ENCODER = {"d_model": 384, "encoder_layers": 4, "encoder_attention_heads": 6, "encoder_ffn_dim": 1536}
ENCODER |= {"num_mel_bins": 80}
TEXT = {"model_type": "qwen2", "hidden_size": 384, "intermediate_size": 1024, "num_hidden_layers": 4}
TEXT |= {"num_attention_heads": 6, "num_key_value_heads": 6, "tie_word_embeddings": False}
ORDERS = {"grouped by length": "group_by_length", "in random order": "random"}
WHICH = ("ours", "stock")
TRL_SFT = (str(Path(sys.executable).parent / "trl"), "sft")
FIXED_POSITIONS = """
from transformers import Qwen2AudioForConditionalGeneration as Model
from trl.scripts import sft

load = Model.from_pretrained

def load_fixed(*given, **named):
    model = load(*given, **named)
    model.model.audio_tower.embed_positions.requires_grad_(False)
    return model

Model.from_pretrained = load_fixed
sft.main(*sft.make_parser().parse_args_and_config(fail_with_unknown_args=False))
"""
WITH_FIXED_POSITIONS = (sys.executable, "-c", FIXED_POSITIONS)
LIBRARIES = """
import datasets, resource, soundfile, soxr, torchcodec
from transformers import AutoModelForMultimodalLM, AutoProcessor, Qwen2AudioForConditionalGeneration
from trl import SFTTrainer
from trl.scripts import sft

print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
"""What both commands import, before any of it does anything."""
STEP_TO_REACH, MEMORY_TO_REACH = 1 / 0.5, 1 / 0.7
RECIPE = {
    "trust_remote_code": True,
    "dtype": "float32",
    "dataset_train_split": "train",
    "assistant_only_loss": True,
    "max_length": None,
    "remove_unused_columns": False,
    "length_column_name": "length",
    "num_train_epochs": 1,
    "learning_rate": 1.0e-5,
    "optim": "adamw_torch",
    "lr_scheduler_type": "cosine",
    "weight_decay": 0.0,
    "max_grad_norm": 1.0,
    "gradient_checkpointing": False,
    "seed": 0,
    "use_cpu": True,
    "bf16": False,
    "logging_steps": 1,
    "report_to": "none",
    "include_num_input_tokens_seen": True,
    "eval_strategy": "no",
    "save_strategy": "steps",
    "save_steps": 1_000_000,
    "save_only_model": True,
    "disable_tqdm": True,
}
PART = {"type": Value("string"), "text": Value("string"), "audio": Value("string")}
FEATURES = Features(
    {
        "messages": List({"role": Value("string"), "content": List(PART)}),
        "images": List(Value("string")),
        "length": Value("int32"),
    }
)


@dataclass(frozen=True)
class Run:
    """What one training took: its steps, seconds of all of them, bytes of its largest process, and its log."""

    steps: int
    seconds: float
    peak: int
    losses: list[float]
    tokens: list[float]
    """Without padding, as TRL counts them: after each step, those so far."""
    held: float
    """With padding, after the last."""


def write_models(folder: Path) -> tuple[AudioReasonerConfig, Any]:
    """Folders `ours` and `stock` with one set of random weights; their configuration and tokenizer."""
    words = tokenizer()
    extractor = AudioReasonerFeatureExtractor(feature_size=ENCODER["num_mel_bins"], sampling_rate=RATE)
    processor = AudioReasonerProcessor(extractor, words, chat_template=chat_template())
    text = {**TEXT, "vocab_size": len(words), "eos_token_id": words.eos_token_id, "pad_token_id": words.pad_token_id}
    config = AudioReasonerConfig(ENCODER, text, processor.audio_token_id, dtype="float32")
    torch.manual_seed(0)
    AudioReasonerForConditionalGeneration(config).save_pretrained(folder / "ours")
    processor.save_pretrained(folder / "ours")
    convert_qwen2_audio(folder / "ours", folder / "stock", to="qwen2_audio")
    return config, words


def write_rows(folder: Path, count: int, words: Any) -> list[Row]:
    """A data set below `data`, with its clips as files, and what its rows are to the arithmetic."""
    (folder / "data").mkdir()
    (folder / "clips").mkdir()
    rows, sizes = [], []
    for number, lengths in enumerate(draw_lengths(count)):
        path = folder / "clips" / f"{number}.flac"
        path.write_bytes(flac(lengths.seconds, number))
        rows.append(training_row(lengths, number, str(path)))
        said = words.apply_chat_template(rows[-1]["messages"], chat_template=chat_template(), return_dict=True)
        placeholders = 1
        sizes.append(Row(lengths.seconds, len(said["input_ids"]) - placeholders, lengths.answer_tokens))
    Dataset.from_list(rows, features=FEATURES).to_parquet(folder / "data" / "train.parquet")
    return sizes


def train(folder: Path, which: str, order: str, batch: int, threads: int, command: Sequence[str] = TRL_SFT) -> Run:
    """One run of `trl sft`, or of `command` in its place, in `folder`.

    Raises:
        SystemExit: it failed; its last words are in the message.
    """
    recipe = {
        **RECIPE,
        "model_name_or_path": str(folder / which),
        "dataset_name": str(folder / "data"),
        "train_sampling_strategy": ORDERS[order],
        "per_device_train_batch_size": batch,
        "num_cpu_threads_per_process": threads,
    }
    environment = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "cache"), "OMP_NUM_THREADS": str(threads)}
    with tempfile.TemporaryDirectory(dir=folder) as written:
        config, log = Path(written) / "config.yaml", Path(written) / "log.txt"
        config.write_text(yaml.safe_dump({**recipe, "output_dir": written}), encoding="utf-8")
        with log.open("w", encoding="utf-8") as lines:
            process = subprocess.Popen(
                [*command, "--config", str(config)],
                stdout=lines,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment},
                cwd=folder,
            )
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said = log.read_text(encoding="utf-8")[-3000:]
            raise SystemExit(f"trl sft of {folder / which} ended with {process.returncode}:\n{said}")
        state = json.loads(next(Path(written).glob("checkpoint-*/trainer_state.json")).read_text(encoding="utf-8"))
    entries = [entry for entry in state["log_history"] if "loss" in entry]
    return Run(
        steps=state["max_steps"],
        seconds=entries[-1]["train_runtime"],
        peak=1024 * usage.ru_maxrss,
        losses=[entry["loss"] for entry in entries],
        tokens=[entry["num_tokens"] for entry in entries],
        held=entries[-1]["num_input_tokens_seen"],
    )


def libraries() -> int:
    """Bytes of a process that has imported what both commands import."""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", LIBRARIES]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    return 1024 * int(said.split()[-1])


def apart(one: Run, other: Run) -> float:
    """The largest difference of two loss curves, in nats a token."""
    return max(abs(loss - expected) for loss, expected in zip(one.losses, other.losses, strict=True))


def compare(order: str, runs: dict[str, list[Run]], threads: int, imported: int) -> list[Comparison]:
    """Two lines of the table.

    `imported` is the bytes of `libraries`.

    Raises:
        SystemExit: the two did not train on the same tokens in each step.
    """
    ours, stock = (runs[which] for which in WHICH)
    if ours[0].tokens != stock[0].tokens:
        raise SystemExit(f"The two commands trained on other rows, {order}: nothing can be compared.")
    seconds = [min(run.seconds / run.steps for run in found) for found in (ours, stock)]
    peaks = [(min(run.peak for run in found) - imported) / 2**30 for found in (ours, stock)]
    return [
        Comparison(f"a step of trl sft, {order}", threads, *seconds, STEP_TO_REACH, apart(ours[0], stock[0])),
        Comparison(f"peak memory of trl sft, {order}", threads, *peaks, MEMORY_TO_REACH, unit="GiB"),
    ]


def shares(config: AudioReasonerConfig, rows: list[Row]) -> dict[str, dict[str, float]]:
    """The arithmetic at this size and at larger ones."""
    found: dict[str, Arithmetic] = {"this benchmark": arithmetic(config, rows)}
    found |= {name: arithmetic(larger, rows) for name, larger in LARGER.items()}
    for name, one in found.items():
        print(
            f"{name}: the encoder has {one.stock_share:.0%} of the arithmetic where every clip is 30 s, "
            f"{one.our_share:.0%} where it is as long as it is; all of it is {one.ratio:.2f} times as much."
        )
    return {
        name: {**asdict(one), "stock_share": one.stock_share, "our_share": one.our_share, "ratio": one.ratio}
        for name, one in found.items()
    }


def main() -> None:
    """Command line."""
    arguments = command_line(__doc__.splitlines()[0], rows=48, batch=8, repeats=2)
    arguments.device, arguments.threads = "cpu", [max(arguments.threads)]
    lines, curves = [], {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        config, words = write_models(folder)
        rows = write_rows(folder, arguments.rows, words)
        imported = libraries()
        print(f"The libraries alone take {imported / 2**30:.2f} GiB.")
        for order in ORDERS:
            runs: dict[str, list[Run]] = {which: [] for which in WHICH}
            for number in range(arguments.repeats):
                for which in WHICH:
                    run = train(folder, which, order, arguments.batch, *arguments.threads)
                    runs[which].append(run)
                    print(f"{order}, {which}, run {number + 1}: {run.seconds / run.steps:.2f} s a step", flush=True)
            lines += compare(order, runs, *arguments.threads, imported)
            first = runs["ours"][0]
            fixed = train(folder, "stock", order, arguments.batch, *arguments.threads, command=WITH_FIXED_POSITIONS)
            curves[order] = {
                "process_peaks": {which: min(run.peak for run in runs[which]) for which in WHICH},
                "padding_share": 1 - first.tokens[-1] / first.held,
                "losses": {which: runs[which][0].losses for which in WHICH},
                "difference": apart(first, runs["stock"][0]),
                "difference_with_fixed_positions": apart(first, fixed),
            }
            print(f"{order}: the losses differ by {curves[order]['difference']:.1e} at most, ", end="")
            print(f"with fixed positions by {curves[order]['difference_with_fixed_positions']:.1e}.", flush=True)
    report("training", lines, arguments, libraries=imported, curves=curves, arithmetic=shares(config, rows))


if __name__ == "__main__":
    main()
