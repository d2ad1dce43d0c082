"""Rows per second of a finished folder of CoTA, against the same clips read as files by `audiofolder`.

    python benchmarks/bench_loading.py [--rows 1000] [--seconds 5] [--repeats 3]

The same columns by both: clip (decoded), question and answer. Whole rows hold the clip a second time, in `messages`,
which training reads instead. The fastest of the repeats counts. Writes benchmarks/results/loading.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow.parquet
from measuring import RESULTS
from synthetic_build import ask_instantly, write_build_file, write_recordings


COLUMNS = ["audio", "question", "answer"]


def write_audiofolder(cota: Path, folder: Path) -> int:
    """The clips of a folder of CoTA as FLAC files with a metadata.jsonl; how many."""
    folder.mkdir()
    count = 0
    with (folder / "metadata.jsonl").open("w", encoding="utf-8") as lines:
        for shard in sorted(cota.rglob("*.parquet")):
            for row in pyarrow.parquet.read_table(shard, columns=COLUMNS).to_pylist():
                name = f"{count:07d}.flac"
                (folder / name).write_bytes(row["audio"]["bytes"])
                lines.write(json.dumps({"file_name": name, **{key: row[key] for key in COLUMNS[1:]}}) + "\n")
                count += 1
    return count


def heard(rows: Iterable[dict]) -> int:
    """Decodes every clip; how many there are."""
    return sum(1 for row in rows if row["audio"].get_all_samples().data.shape[1])


def loaded(batches: Iterable[dict]) -> int:
    """Rows of batches whose clips the workers decoded."""
    return sum(len(batch) for batch in batches)


def samples_of(rows: list[dict]) -> list[int]:
    """Decodes the clips of a batch in a worker; their lengths alone go to the training process."""
    return [row["audio"].get_all_samples().data.shape[1] for row in rows]


def rates(readers: dict[str, Callable[[], int]], count: int, repeats: int) -> dict[str, float]:
    """Rows per second by reader, in turns."""
    shortest = dict.fromkeys(readers, float("inf"))
    for _ in range(repeats):
        for name, read in readers.items():
            start = time.perf_counter()
            found = read()
            shortest[name] = min(shortest[name], time.perf_counter() - start)
            if found != count:
                raise SystemExit(f"{name}: {found} rows and not {count}.")
    return {name: count / seconds for name, seconds in shortest.items()}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000, help="recordings of the build (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=5.0, help="of a recording (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=3, help="default: %(default)s")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["HF_DATASETS_CACHE"] = str(folder / "cache")
        import datasets
        from torch.utils.data import DataLoader

        from dataset_builder.build import run_build
        from dataset_builder.build_settings import read_build

        datasets.disable_progress_bars()
        write_recordings(folder / "recordings", arguments.rows, arguments.seconds)
        ask_instantly()
        run_build(read_build(write_build_file(folder / "build", folder / "recordings", 25.0)))
        cota, files = folder / "build" / "cota", folder / "files"
        count = write_audiofolder(cota, files)
        ours = datasets.load_dataset(str(cota), split="train+validation+test").select_columns(COLUMNS)
        stock = datasets.load_dataset("audiofolder", data_dir=str(files), split="train")

        def stream() -> datasets.IterableDataset:
            splits = datasets.load_dataset(str(cota), streaming=True)
            return datasets.concatenate_datasets([split.select_columns(COLUMNS) for split in splits.values()])

        def stock_stream() -> datasets.IterableDataset:
            return datasets.load_dataset("audiofolder", data_dir=str(files), split="train", streaming=True)

        def by_workers(rows: datasets.IterableDataset) -> int:
            return loaded(DataLoader(rows, batch_size=16, num_workers=2, collate_fn=samples_of))

        load = os.getloadavg()[0]
        found = rates(
            {
                "cota": lambda: heard(ours),
                "audiofolder": lambda: heard(stock),
                "cota, streaming": lambda: heard(stream()),
                "audiofolder, streaming": lambda: heard(stock_stream()),
                "cota, streaming, DataLoader of 2 workers": lambda: by_workers(stream()),
            },
            count,
            arguments.repeats,
        )
    for what, rate in found.items():
        print(f"{what:42} {rate:7.1f} rows/s")
    ratios = {
        "from the cache": found["cota"] / found["audiofolder"],
        "streaming": found["cota, streaming"] / found["audiofolder, streaming"],
    }
    print(f"{count} rows of {arguments.seconds:g} s; ratios to audiofolder:", ratios, f"load before {load:.1f}")
    conditions = {**vars(arguments), "rows_out": count, "load_before": round(load, 2), "cores": os.cpu_count()}
    conditions |= {"machine": platform.machine(), "datasets": datasets.__version__}
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps({"conditions": conditions, "rows_per_second": found, "ratios": ratios}, indent=2)
    (RESULTS / "loading.json").write_text(text + "\n", encoding="utf-8")
    print(f"Written to {RESULTS / 'loading.json'}.")


if __name__ == "__main__":
    main()
