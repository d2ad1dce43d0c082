"""Writes what the ablations are trained on: CoTA with sections left out of its answers, one folder a variant.

    python recipes/ablation_data.py --dataset cota --output demo/ablations/data

`full` holds the answers as they are, `response_only` their RESPONSE alone, and `without_planning`, `without_caption`,
`without_reasoning` and `without_summary` all but that section. The assistant's message says so, and columns of what is
left out are null. All else is CoTA's, in its order; `length` too, so that batches of rows of like length hold the same
rows in every variant.

The recordings are written once, to OUTPUT/clips, and the rows of all variants name these files: the folder has to stay
where it is. Each variant is a folder in the Hub's layout, with the splits train and validation. OUTPUT is whole or not
there.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ablation_variants import VARIANTS, without_sections
from derived_folder import SPLITS, check_place, read_split, write_readme, write_split
from modeling_audio_reasoner.reasoning_audio_reasoner import SECTIONS
from modeling_audio_reasoner.whole_folder import whole_folder


NEEDED = ("id", "audio", "messages", "images", "length", *SECTIONS)
WRITTEN_BY = "written by `recipes/ablation_data.py`"
ABOUT = "CoTA as the variant `{variant}` of the ablations, {written_by}: {left_out} left out of the answers."
TOP = "CoTA with sections left out of its answers, {written_by}. The rows name the recordings in `clips`.\n"


def variant_row(row: Mapping[str, Any], left_out: tuple[str, ...], clip: Path) -> dict[str, Any]:
    """A row of a variant, of a row of CoTA.

    Args:
        row: with recordings as `{"bytes", "path"}`.
        left_out: the sections that the answer is to lack.
        clip: the file of the row's recording.

    Raises:
        ValueError: the row's messages do not end with one whole answer.
    """
    *turns, last = row["messages"]
    if last["role"] != "assistant" or len(last["content"]) != 1:
        raise ValueError(f"Row {row['id']} ends with no answer of one part: check the data with audio-reasoner check.")
    try:
        text = without_sections(last["content"][0]["text"], left_out)
    except ValueError as error:
        raise ValueError(f"Row {row['id']}: {error}") from None
    named = {"bytes": None, "path": str(clip)}
    asked = [
        {**turn, "content": [part if part["audio"] is None else {**part, "audio": named} for part in turn["content"]]}
        for turn in turns
    ]
    answer = {**last, "content": [{**last["content"][0], "text": text}]}
    return {**row, **dict.fromkeys(left_out), "audio": named, "messages": [*asked, answer]}


def write(dataset_name: str, output: str | Path, variants: Sequence[str] = tuple(VARIANTS)) -> dict[str, int]:
    """Write the folder; returns the number of rows of each split.

    Raises:
        ValueError: the data set lacks a column, a row is not as CoTA has it, or `output` is a folder of something
            else.
        OSError: a file cannot be read or written.
    """
    from datasets import Audio

    check_place(dataset_name, Path(output), WRITTEN_BY)
    clips = Path(output).resolve() / "clips"
    known = ("README.md", "clips", *VARIANTS)
    with whole_folder(output, marker="README.md", known=known) as folder:
        (folder / "clips").mkdir()
        splits = {
            split: read_split(dataset_name, split, NEEDED).cast_column("audio", Audio(decode=False))
            for split in SPLITS
        }
        for split, rows in splits.items():
            for index, row in enumerate(rows.select_columns(["id", "audio"])):
                if row["audio"]["bytes"] is None:
                    raise ValueError(f"Row {row['id']} names a file in place of a recording: build CoTA anew.")
                (folder / "clips" / _clip_name(split, index)).write_bytes(row["audio"]["bytes"])
        for variant in variants:
            left_out, digest = VARIANTS[variant], hashlib.sha256()
            (folder / variant).mkdir()
            for split, rows in splits.items():
                found = _variant_rows(rows, left_out, clips, split)
                write_split(folder / variant, split, found, rows.features, digest)
            words = ", ".join(left_out) or "nothing"
            about = ABOUT.format(variant=variant, written_by=WRITTEN_BY, left_out=words)
            write_readme(folder / variant, digest, about)
        (folder / "README.md").write_text(TOP.format(written_by=WRITTEN_BY), encoding="utf-8")
    return {split: len(rows) for split, rows in splits.items()}


def _variant_rows(rows: Any, left_out: tuple[str, ...], clips: Path, split: str) -> Iterator[dict[str, Any]]:
    return (variant_row(row, left_out, clips / _clip_name(split, index)) for index, row in enumerate(rows))


def _clip_name(split: str, index: int) -> str:
    return f"{split}-{index:06d}.flac"


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="cota", help="CoTA: a folder or a name on the Hub")
    parser.add_argument("--output", default="demo/ablations/data", help="the folder to write")
    parser.add_argument("--variant", action="append", choices=VARIANTS, help="repeatable; all of them by default")
    given = parser.parse_args(argv)
    variants = given.variant or list(VARIANTS)
    try:
        counts = write(given.dataset, given.output, variants)
    except (OSError, ValueError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    rows = " and ".join(f"{count:,} of {split}" for split, count in counts.items())
    print(f"{rows} rows are in {given.output}, as {', '.join(variants)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
