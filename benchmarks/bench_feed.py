"""What a core feeds a training: clips and seconds of sound a second, and how many cores a node of 8 H100 needs.

    python benchmarks/bench_feed.py [--rows 192] [--batch 8] [--repeats 3]

Rows in CoTA's layout, of lengths drawn as cota_lengths.py says, go through what a worker of `trl sft` does: the
columns are read from the data set, and TRL's collator gives the messages to the processor, with the features of the 7B
model, which decodes the clips, resamples those of another rate than 16 kHz, computes log-mels, renders the chat
template, tokenizes and puts the batch together. Counted are the seconds of one core (CPU time, in one thread), so that
other work on the machine is not, the shortest of the repeats; the tokenizer is one of invented words.

Beside it what the 7B model's full recipe consumes, computed as the recipe computes hours: 8 x parameters x tokens
operations a row (with gradient checkpointing; of the encoder, its positions) on 8 H100 at 40% of 989 TFLOP/s, an
assumption. Rows of these lengths are shorter than the 30 s and 1,024 tokens of the recipe's own figure, so more of
them are consumed. Writes benchmarks/results/feed.json.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch


os.environ["TOKENIZERS_PARALLELISM"] = "false"  # as in the workers of a data loader; read once

import measuring
import torch
from cota_lengths import RATE, cota_row, draw_lengths, tokenizer
from datasets import Dataset, load_dataset
from torch.utils.data import DataLoader
from trl.trainer.sft_trainer import DataCollatorForVisionLanguageModeling

from dataset_builder.schema import features
from modeling_audio_reasoner import AudioReasonerFeatureExtractor, AudioReasonerProcessor, audio_loading
from modeling_audio_reasoner.memory_audio_reasoner import QWEN2_AUDIO_7B, count_parameters
from modeling_audio_reasoner.pretrained_folder import chat_template


KINDS = {"CoTA's clips, 16 kHz": RATE, "clips of 44.1 kHz": 44_100}
GPUS, OPERATIONS_PER_SECOND, UTILISATION = 8, 989e12, 0.4
OPERATIONS = 8  # of a parameter and a token: forward, backward, and forward again with checkpointing
POOLED = 2  # positions of the encoder for an embedding
WORKERS = 4  # dataloader_num_workers in each process of recipes/audio-reasoner-7b/sft
PARTS = ("reading rows", "decoding", "resampling", "log-mels", "text and batch")


class Clock:
    """Seconds of a core spent in what is watched."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def timed(self, name: str, work: Callable) -> Callable:
        """`work`, whose time is added to `name`."""

        def run(*given: Any, **named: Any) -> Any:
            start = time.process_time()
            try:
                return work(*given, **named)
            finally:
                self.seconds[name] = self.seconds.get(name, 0.0) + time.process_time() - start

        return run

    @contextmanager
    def watching(self, **places: tuple[object, str]) -> Iterator[None]:
        """Time calls of functions and methods, each named by where it stands."""
        with ExitStack() as stack:
            for name, (owner, attribute) in places.items():
                stack.enter_context(patch.object(owner, attribute, self.timed(name, getattr(owner, attribute))))
            yield


def write_rows(folder: Path, count: int, rate: int) -> Any:
    """The rows of a data set in a folder, as `trl sft` loads them."""
    rows = [cota_row(lengths, number, rate) for number, lengths in enumerate(draw_lengths(count))]
    Dataset.from_list(rows, features=features()).to_parquet(folder / "train.parquet")
    return load_dataset("parquet", data_files=str(folder / "train.parquet"), split="train", cache_dir=str(folder))


def collator() -> DataCollatorForVisionLanguageModeling:
    """TRL's, as its trainer makes it for our recipes."""
    processor = AudioReasonerProcessor(AudioReasonerFeatureExtractor(), tokenizer(), chat_template=chat_template())
    return DataCollatorForVisionLanguageModeling(processor=processor, assistant_only_loss=True)


def spent(rows: Any, collate: Callable, batch: int) -> dict[str, float]:
    """Seconds of one core for each part, of one pass over the rows."""
    clock = Clock()
    watched = {
        "heard": (AudioReasonerProcessor, "_hear"),
        "resampled": (audio_loading, "resample"),
        "mels": (AudioReasonerFeatureExtractor, "__call__"),
    }
    with clock.watching(**watched):
        start = time.process_time()
        for _ in DataLoader(rows, batch_size=batch, collate_fn=clock.timed("collated", collate)):
            pass
        whole = time.process_time() - start
    found = clock.seconds
    return dict(
        zip(
            PARTS,
            (
                whole - found["collated"],
                found["heard"] - found["resampled"],
                found["resampled"],
                found["mels"],
                found["collated"] - found["heard"] - found["mels"],
            ),
            strict=True,
        )
    )


def by_workers(rows: Any, collate: Callable, batch: int, workers: int) -> float:
    """Clips a second that so many worker processes give together, by the clock, their start included."""
    start = time.perf_counter()
    for _ in DataLoader(rows, batch_size=batch, collate_fn=collate, num_workers=workers):
        pass
    return len(rows) / (time.perf_counter() - start)


def consumption(tokens_per_row: float, positions_per_row: float) -> dict[str, float]:
    """Clips a second that a node takes, and what that is computed from.

    Args:
        tokens_per_row: that the language model reads, audio embeddings included.
        positions_per_row: that the encoder attends over, two for an embedding.
    """
    counted = count_parameters(QWEN2_AUDIO_7B)
    head = counted["embeddings and head"] / 2  # the table is only read from
    products = (counted["language model"] + head) * tokens_per_row + counted["encoder"] * positions_per_row
    return {
        "gpus": GPUS,
        "operations_per_second": OPERATIONS_PER_SECOND,
        "utilisation": UTILISATION,
        "tokens_per_row": tokens_per_row,
        "positions_per_row": positions_per_row,
        "clips_per_second": GPUS * OPERATIONS_PER_SECOND * UTILISATION / (OPERATIONS * products),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in {"rows": 192, "batch": 8, "repeats": 3}.items():
        parser.add_argument(f"--{name}", type=int, default=value, help="default: %(default)s")
    arguments = parser.parse_args()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    collate, lines = collator(), []
    placeholder = collate.processor.audio_token_id
    seconds = sum(lengths.seconds for lengths in draw_lengths(arguments.rows))
    for kind, rate in KINDS.items():
        with tempfile.TemporaryDirectory() as folder:
            rows = write_rows(Path(folder), arguments.rows, rate)
            batches = list(DataLoader(rows, arguments.batch, collate_fn=collate))
            passes = [spent(rows, collate, arguments.batch) for _ in range(arguments.repeats)]
            workers = os.cpu_count() or 1
            together = max(by_workers(rows, collate, arguments.batch, workers) for _ in range(arguments.repeats))
        best = min(passes, key=lambda parts: sum(parts.values()))
        line = {
            "what": kind,
            "clips_per_second": arguments.rows / sum(best.values()),
            "audio_seconds_per_second": seconds / sum(best.values()),
            "milliseconds_per_clip": {part: 1000 * best[part] / arguments.rows for part in PARTS},
            "workers": workers,
            "clips_per_second_of_all_workers": together,
        }
        lines.append(line)
        print(
            f"{kind}: {line['clips_per_second']:.1f} clips/s and {line['audio_seconds_per_second']:.0f} s of sound/s "
            f"a core; {together:.1f} clips/s by {workers} workers"
        )
        for part, milliseconds in line["milliseconds_per_clip"].items():
            print(f"    {part:15} {milliseconds:6.2f} ms a clip")
    torch.set_num_threads(threads)
    tokens = sum(int(batch["attention_mask"].sum()) for batch in batches) / arguments.rows
    embeddings = sum(int((batch["input_ids"] == placeholder).sum()) for batch in batches) / arguments.rows
    node = consumption(tokens, POOLED * embeddings)
    for line in lines:
        line["workers_for_a_node"] = math.ceil(node["clips_per_second"] / line["clips_per_second"])
    print(
        f"8 H100 take {node['clips_per_second']:.1f} clips/s of {node['tokens_per_row']:.0f} tokens: "
        f"{lines[0]['workers_for_a_node']} workers of {GPUS * WORKERS} in the recipe."
    )
    measuring.RESULTS.mkdir(exist_ok=True)
    conditions = {
        **vars(arguments),
        "torch": torch.__version__,
        "machine": platform.machine(),
        "cores": os.cpu_count(),
    }
    conditions |= {"seconds_per_row": seconds / arguments.rows}
    text = json.dumps({"conditions": conditions, "rows": lines, "node": node}, indent=2)
    (measuring.RESULTS / "feed.json").write_text(text + "\n", encoding="utf-8")
    print(f"Written to {measuring.RESULTS / 'feed.json'}.")


if __name__ == "__main__":
    main()
