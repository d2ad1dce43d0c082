"""Puts the training rows of CoTA in an order by how often a model is right on them: an error-aware curriculum.

    python recipes/curriculum.py --dataset cota --model demo/model --output demo/curriculum

Of each row with choices the model samples answers (`--answers`), and the share of the right ones is its pass rate. The
output is a folder in the Hub's layout: the rows of CoTA with a column `pass_rate`, what the model is mostly right on
first (`--order hard` for the reverse), rows of one rate in random order. `--leave-out-solved` leaves out the rows on
which every answer was right. Rows without choices have no rate, and stand where a rate of one half does. The
validation split is CoTA's own.

`--selective-thought` drops the thinking where the model is right without it: answers are sampled a second time, begun
with `<RESPONSE>`, and where all of those are right the row's answer becomes its RESPONSE alone. The column `thinking`
says which rows kept it. Such an answer is right by the strict scorer, and is not a complete one by the grammar. A
model that was taught nothing but to think cannot be asked so; `--selective-thought MODEL` asks another one.

The rates go to OUTPUT.rates.jsonl (`--rates`) as they come: a killed run goes on from there, and another order of the
same rates samples nothing. A trainer keeps the order by `train_sampling_strategy: sequential`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from derived_folder import SPLITS, check_place, read_split, write_readme, write_split
from modeling_audio_reasoner.reasoning_audio_reasoner import THINK_SECTIONS
from modeling_audio_reasoner.whole_folder import whole_folder
from pass_rates import BEGINNINGS, AnswerSampler, Sampling, count_right, identity


ORDERS = ("easy", "hard")
NEEDED = ("id", "question", "choices", "answer", "messages", "length", "response", *THINK_SECTIONS)
SAME = ""
"""In the place of a model's name: the one that is asked for the order."""
UNKNOWN = 0.5
"""Where a row without a rate stands."""
WRITTEN_BY = "written by `recipes/curriculum.py`"
ABOUT = """CoTA in the order of a model's pass rates, {written_by}: {order} rows first.

{summary}

![Rows by pass rate](figure.png)"""


@dataclass(frozen=True)
class Order:
    """What is made of the rates.

    Args:
        first: which rows come first, "easy" or "hard" ones.
        leave_out_solved: whether rows on which every answer was right are left out.
        selective_thought: the model by which rows on which every answer without thinking was right lose their
            thinking; None where no row does.
        seed: of the order of rows with one rate.
    """

    first: str = "easy"
    leave_out_solved: bool = False
    selective_thought: str | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.first not in ORDERS:
            raise ValueError(f"--order is {self.first!r}: give {' or '.join(ORDERS)}, the rows that come first.")


@dataclass(frozen=True)
class Place:
    """A row of the output: its index in the data set, its pass rate, and whether it keeps its thinking."""

    index: int
    pass_rate: float | None
    thinking: bool


def places(ids: Sequence[str], right: Mapping[str, Mapping[str, int]], answers: int, order: Order) -> list[Place]:
    """The rows that are kept, in their order.

    Args:
        ids: of all rows, by index.
        right: of each row with a rate, the right ones of its answers by the names of the counts.
        answers: sampled for each count.
        order: what is made of the rates.
    """
    kept = []
    for index, name in enumerate(ids):
        counts = right.get(name)
        rate = None if counts is None else counts["right"] / answers
        if order.leave_out_solved and rate == 1:
            continue
        known = counts is not None and counts.get("right_without_thinking") == answers
        kept.append(Place(index, rate, order.selective_thought is None or not known))
    random.Random(order.seed).shuffle(kept)
    sign = -1 if order.first == "easy" else 1
    return sorted(kept, key=lambda place: sign * (UNKNOWN if place.pass_rate is None else place.pass_rate))


def curriculum_row(row: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """A row of the output, of a row of CoTA."""
    added = {"pass_rate": place.pass_rate, "thinking": place.thinking}
    if place.thinking:
        return {**row, **added}
    *turns, last = row["messages"]
    bare = {"type": "text", "text": f"<RESPONSE>{row['response']}</RESPONSE>", "audio": None}
    words = sum(len(row[name].split()) for name in THINK_SECTIONS)
    return {
        **row,
        **dict.fromkeys(THINK_SECTIONS),
        "messages": [*turns, {**last, "content": [bare]}],
        "length": max(1, row["length"] - words),
        **added,
    }


def read_rows(dataset_name: str, split: str) -> Any:
    """A split of CoTA.

    Raises:
        ValueError: it lacks a column, or holds an id twice.
    """
    rows = read_split(dataset_name, split, (*NEEDED, "images"))
    twice = [name for name, count in Counter(rows["id"]).items() if count > 1]
    if twice:
        raise ValueError(f"{dataset_name} holds the id {twice[0]} twice in {split}: give each row its own.")
    return rows


def rates_of(
    rows: Any, dataset_name: str, model: str, path: Path, sampling: Sampling, responding: str | None
) -> dict[str, dict[str, int]]:
    """The right ones of each row's answers, sampled or from the file; `responding` gives those without thinking."""
    facts = rows.select_columns(["id", "question", "choices", "answer", "length"])
    digest, with_choices = hashlib.sha256(), []
    for index, row in enumerate(facts):
        if row["choices"]:
            with_choices.append((row["length"], index))
            digest.update(json.dumps(row, sort_keys=True).encode())
    if not with_choices:
        raise ValueError(f"{dataset_name} has no row with choices in train: no answer could be called right.")
    models = {"right": model} | ({} if responding is None else {"right_without_thinking": responding})
    sampler = cache(lambda name: AnswerSampler(name, sampling))
    return count_right(
        rows.select_columns(["id", "messages", "choices", "answer"]),
        [index for _, index in sorted(with_choices)],
        path,
        {"models": {name: identity(asked) for name, asked in models.items()}, "questions": digest.hexdigest()[:16]},
        sampling,
        {name: BEGINNINGS[name] for name in models},
        lambda name: sampler(models[name]),
    )


def write(dataset_name: str, model: str, output: str | Path, rates: Path, sampling: Sampling, order: Order) -> str:
    """Write the folder; returns what is in it, in sentences.

    Raises:
        ValueError: the data set lacks a column or choices, `output` is a folder of something else, no row is left, or
            the file of rates is of something else.
        OSError: a file cannot be read or written.
    """
    from datasets import Features, Value

    from curriculum_figure import write_figure

    check_place(dataset_name, Path(output), WRITTEN_BY)
    train, validation = (read_rows(dataset_name, split) for split in SPLITS)
    right = rates_of(train, dataset_name, model, rates, sampling, order.selective_thought)
    kept = places(train["id"], right, sampling.answers, order)
    if not kept:
        raise ValueError("No row is left: the model was right in all answers to all. Leave --leave-out-solved out.")
    added = Features({**train.features, "pass_rate": Value("float64"), "thinking": Value("bool")})
    untouched = [Place(index, None, True) for index in range(len(validation))]
    summary = summarise(right, sampling.answers, kept, len(train))
    known = ("README.md", "data", "figure.png")
    with whole_folder(output, marker="README.md", known=known) as folder:
        digest = hashlib.sha256()
        for split, rows, chosen in zip(SPLITS, (train, validation), (kept, untouched), strict=True):
            write_split(folder, split, _chosen_rows(rows, chosen), added, digest)
        write_figure(right, sampling.answers, folder / "figure.png")
        write_readme(folder, digest, ABOUT.format(written_by=WRITTEN_BY, order=order.first, summary=summary))
    return summary


def summarise(right: Mapping[str, Mapping[str, int]], answers: int, kept: Sequence[Place], rows: int) -> str:
    """The rates and what was made of them, in sentences."""
    counts = [count["right"] for count in right.values()]
    said = (
        f"{len(counts):,} rows with choices, {answers} answers to each: mean pass rate "
        f"{sum(counts) / answers / len(counts):.3f}; {counts.count(answers):,} rows with every answer right, "
        f"{counts.count(0):,} with none. {len(kept):,} of {rows:,} rows were written"
    )
    alone = [count["right_without_thinking"] for count in right.values() if "right_without_thinking" in count]
    if not alone:
        return f"{said}."
    bare = sum(not place.thinking for place in kept)
    said = f"{said}, {bare:,} of them without thinking: the mean pass rate without it is "
    return f"{said}{sum(alone) / answers / len(alone):.3f}."


def _chosen_rows(rows: Any, chosen: Sequence[Place]) -> Iterator[dict[str, Any]]:
    """The rows of the output, of those of CoTA."""
    from datasets import Audio

    if "audio" in rows.column_names:
        rows = rows.cast_column("audio", Audio(decode=False))  # the recordings stay the bytes that they are
    return (curriculum_row(rows[place.index], place) for place in chosen)


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="cota", help="CoTA: a folder or a name on the Hub")
    parser.add_argument("--model", default="demo/model", help="the model that is asked: a folder or a name on the Hub")
    parser.add_argument("--output", default="demo/curriculum", help="the folder to write")
    parser.add_argument("--rates", type=Path, help="the file of the rates; OUTPUT.rates.jsonl where it is not named")
    parser.add_argument("--order", default="easy", help="which rows come first: easy or hard")
    parser.add_argument("--leave-out-solved", action="store_true", help="without rows on which every answer was right")
    parser.add_argument(
        "--selective-thought",
        nargs="?",
        const=SAME,
        metavar="MODEL",
        help="no thinking where the model, or this one, is right without it",
    )
    helps = {
        "answers": "answers sampled to a question",
        "temperature": "of the sampling",
        "max_new_tokens": "tokens of an answer",
        "rows_at_once": "questions whose answers are sampled together",
        "seed": "of all chance",
    }
    for name, text in helps.items():
        default = getattr(Sampling, name)
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default, help=text)
    given = parser.parse_args(argv)
    rates = given.rates or Path(f"{given.output.rstrip('/')}.rates.jsonl")
    try:
        sampling = Sampling(**{name: getattr(given, name) for name in helps})
        responding = given.model if given.selective_thought == SAME else given.selective_thought
        order = Order(given.order, given.leave_out_solved, responding, given.seed)
        summary = write(given.dataset, given.model, given.output, rates, sampling, order)
    except (OSError, ValueError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    print(f"{summary}\nThey are in {given.output}, {order.first} ones first; the rates are in {rates}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
