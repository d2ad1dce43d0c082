"""Writes what `trl grpo` trains on: the questions of a CoTA folder, without their answers' texts.

    python recipes/grpo_prompts.py --dataset cota --output demo/grpo_prompts

GRPO's trainer takes a column `prompt`, and computes the log-probabilities of answers from the column `images` alone.
So the clips stand there, and a part of type image in their place in the prompt; the processor hears them. Beside them
are the columns that `recipes/rewards.py` reads: `choices`, `answer`, `budgets`, the characters that each section may
have (`--slack` times the teacher's, or `FEWEST`), and `floors`, those that it has to have (`LEAST` of the teacher's).
Rows without choices are left out, since no reward could tell right answers from wrong ones. The output is a folder in
the Hub's layout, whole or not at all.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import sys
from pathlib import Path
from typing import Any

from derived_folder import SPLITS, check_place, read_split, write_readme, write_split
from modeling_audio_reasoner.reasoning_audio_reasoner import SECTIONS
from modeling_audio_reasoner.whole_folder import whole_folder


FEWEST = 40
"""Characters that every section may have: a sentence, where the teacher wrote a word."""
LEAST = 0.25
"""Share of the teacher's characters that every section has to have: what is shorter says nothing."""
COLUMNS = ["id", "domain", "task", "language", "choices", "answer", *SECTIONS, "messages"]
WRITTEN_BY = "written by `recipes/grpo_prompts.py`"
ABOUT = f"Questions of CoTA for `trl grpo`, {WRITTEN_BY}: the clips are in the column `images`."


def features() -> Any:
    """The Arrow features of a row."""
    from datasets import Audio, Features, List, Value

    text = Value("string")
    return Features(
        {
            "id": text,
            "domain": text,
            "task": text,
            "language": text,
            "choices": List(text),
            "answer": text,
            "budgets": {name: Value("int32") for name in SECTIONS},
            "floors": {name: Value("int32") for name in SECTIONS},
            "prompt": List({"role": text, "content": List({"type": text, "text": text})}),
            "images": List(Audio(decode=False)),
        }
    )


def prompt_row(row: dict[str, Any], slack: float) -> dict[str, Any]:
    """A row of the output, of a row of CoTA.

    Args:
        slack: characters that a section may have, as a multiple of the teacher's.

    Raises:
        ValueError: the row holds no recording, or its messages do not end with an answer.
    """
    *asked, last = row["messages"]
    clips = [part["audio"] for turn in asked for part in turn["content"] if part["type"] == "audio"]
    if last["role"] != "assistant" or not clips:
        raise ValueError(
            f"Row {row['id']} has {len(clips)} recordings and ends with a turn of {last['role']}, where CoTA has a "
            "recording, a question and an answer: check the data set with `audio-reasoner check`."
        )
    prompt = [
        {
            "role": turn["role"],
            "content": [
                {"type": "image" if part["type"] == "audio" else part["type"], "text": part["text"]}
                for part in turn["content"]
            ],
        }
        for turn in asked
    ]
    budgets = {name: max(FEWEST, math.ceil(slack * len(row[name]))) for name in SECTIONS}
    floors = {name: math.floor(LEAST * len(row[name])) for name in SECTIONS}
    kept = {name: row[name] for name in ("id", "domain", "task", "language", "choices", "answer")}
    return kept | {"budgets": budgets, "floors": floors, "prompt": prompt, "images": clips}


def write(dataset_name: str, output: str | Path, slack: float) -> int:
    """Write the folder; returns the number of training rows.

    Raises:
        ValueError: `slack` is below 1, the data set lacks a column, a split has no row with choices, or `output` is a
            folder of something else.
        OSError: a file cannot be read or written.
    """
    if not slack >= 1:
        raise ValueError(f"slack is {slack}: give at least 1, since a section as long as the teacher's is no fault.")
    check_place(dataset_name, Path(output), WRITTEN_BY)
    digest = hashlib.sha256()
    counts = {}
    with whole_folder(output, marker="README.md", known=("README.md", "data")) as folder:
        for split in SPLITS:
            rows = read_split(dataset_name, split, COLUMNS).select_columns(COLUMNS)
            asked = (prompt_row(row, slack) for row in rows if row["choices"])
            counts[split] = write_split(folder, split, asked, features(), digest)
            if not counts[split]:
                raise ValueError(f"{dataset_name} has no row with choices in {split}: no answer could be rewarded.")
        write_readme(folder, digest, ABOUT)
    return counts["train"]


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="cota", help="CoTA: a folder or a name on the Hub")
    parser.add_argument("--output", default="demo/grpo_prompts", help="the folder to write")
    parser.add_argument(
        "--slack", type=float, default=1.5, help="characters of a section, as a multiple of CoTA's own"
    )
    arguments = parser.parse_args(argv)
    try:
        rows = write(arguments.dataset, arguments.output, arguments.slack)
    except (OSError, ValueError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    print(f"{rows} questions are in {arguments.output}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
