"""Writes a CoTA folder whose training rows say how their recordings may be varied: in speed, loudness and by noise.

    python recipes/augmented_rows.py --dataset cota --output demo/augmented --speed 0.05 --gain-db 6 \\
        --noise-probability 0.3 --noise-snr-db 10 40
    trl sft --config recipes/audio-reasoner-mini/sft/config_demo.yaml --dataset_name demo/augmented

`trl sft` calls one processor for rows to train and to evaluate on alike, so the rows tell them apart: those of the
train split hold the settings under `augmentation`, in each recording's part of their messages, and the processor draws
a new variant each time it reads one (see modeling_audio_reasoner/augmentation_audio_reasoner.py). Rows of the
validation split hold none. The recordings are the bytes that they were; the column `audio`, a second copy that no
training reads, is left out. The output is a folder in the Hub's layout, whole or not at all.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Collection, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from derived_folder import SPLITS, check_place, read_split, write_readme, write_split
from modeling_audio_reasoner.augmentation_audio_reasoner import Augmentation
from modeling_audio_reasoner.whole_folder import whole_folder


FIXED_SPEED_TASKS = ("tempo_class", "tempo_rhythm", "harmony")
"""Tasks of CoTA whose answer another speed would make false."""
COLUMNS = ("id", "task", "messages", "images")
WRITTEN_BY = "written by `recipes/augmented_rows.py`"
ABOUT = "Rows of CoTA for `trl sft`, {written_by}: recordings of the train split are varied as they are read.\n\n{how}"


def features(given: Any) -> Any:
    """The Arrow features of a row, of those of a row of CoTA."""
    from datasets import Features, List, Value

    number = Value("float64")
    settings = dict.fromkeys(asdict(Augmentation()), number) | {"noise_snr_db": List(number)}
    message = given["messages"].feature
    part = {**message["content"].feature, "augmentation": settings}
    kept = {name: feature for name, feature in given.items() if name != "audio"}
    return Features({**kept, "messages": List({**message, "content": List(part)})})


def augmented_row(row: dict[str, Any], augmentation: Augmentation | None) -> dict[str, Any]:
    """A row of the output, of a row of CoTA: each of its recordings is varied as said, or none."""
    settings = None if augmentation is None else asdict(augmentation)
    turns = [
        {
            **turn,
            "content": [
                {**part, "augmentation": settings if part["type"] == "audio" else None} for part in turn["content"]
            ],
        }
        for turn in row["messages"]
    ]
    return {**row, "messages": turns}


def write(dataset_name: str, output: str | Path, augmentation: Augmentation, fixed_speed: Collection[str]) -> str:
    """Write the folder; returns what is in it, in a sentence.

    Args:
        dataset_name: CoTA, a folder that a script of recipes/ made of it, or a name on the Hub.
        output: the folder to write.
        augmentation: of recordings of the train split.
        fixed_speed: tasks whose recordings keep their speed.

    Raises:
        ValueError: nothing would be varied, the data set lacks a column, or `output` is a folder of something else.
        OSError: a file cannot be read or written.
    """
    if not (augmentation.speed or augmentation.gain_db or augmentation.noise_probability):
        raise ValueError("Nothing would be varied: give one of --speed, --gain-db and --noise-probability above 0.")
    check_place(dataset_name, Path(output), WRITTEN_BY)
    kept_speed = Augmentation(**{**asdict(augmentation), "speed": 0.0})
    digest, fixed = hashlib.sha256(), 0

    def rows_of(rows: Any, split: str) -> Iterator[dict[str, Any]]:
        nonlocal fixed
        for row in rows:
            fixed += split == "train" and row["task"] in fixed_speed
            how = kept_speed if row["task"] in fixed_speed else augmentation
            yield augmented_row(row, how if split == "train" else None)

    counts = {}
    with whole_folder(output, marker="README.md", known=("README.md", "data")) as folder:
        for split in SPLITS:
            rows = read_split(dataset_name, split, COLUMNS)
            rows = rows.remove_columns([name for name in ("audio",) if name in rows.column_names])
            counts[split] = write_split(folder, split, rows_of(rows, split), features(rows.features), digest)
        lowest, highest = augmentation.noise_snr_db
        how = (
            f"{counts['train']} rows whose recordings are varied: speed by up to {augmentation.speed:.1%} ({fixed} "
            f"rows keep theirs), up to {augmentation.gain_db:g} dB softer, and noise in "
            f"{augmentation.noise_probability:.0%} at {lowest:g} to {highest:g} dB."
        )
        write_readme(folder, digest, ABOUT.format(written_by=WRITTEN_BY, how=how))
    return how


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    none = Augmentation()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="cota", help="CoTA, or what a script made of it: a folder or a name")
    parser.add_argument("--output", default="demo/augmented", help="the folder to write")
    parser.add_argument("--speed", type=float, default=none.speed, help="largest relative change of speed and pitch")
    parser.add_argument("--gain-db", type=float, default=none.gain_db, help="decibels that are taken away at most")
    parser.add_argument(
        "--noise-probability", type=float, default=none.noise_probability, help="how often white noise is added"
    )
    parser.add_argument(
        "--noise-snr-db",
        type=float,
        nargs=2,
        default=none.noise_snr_db,
        metavar=("LOWEST", "HIGHEST"),
        help="power of a recording over that of the noise, in decibels",
    )
    parser.add_argument(
        "--fixed-speed-tasks", nargs="*", default=FIXED_SPEED_TASKS, metavar="TASK", help="tasks that keep their speed"
    )
    given = parser.parse_args(argv)
    try:
        augmentation = Augmentation(**{name: getattr(given, name) for name in asdict(none)})
        said = write(given.dataset, given.output, augmentation, given.fixed_speed_tasks)
    except (OSError, ValueError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    print(f"{said} They are in {given.output}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
