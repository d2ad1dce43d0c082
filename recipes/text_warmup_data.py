"""Writes the data of the language model's text warm-up: CoTA's train rows with words in place of the recordings.

    python recipes/text_warmup_data.py --dataset cota --model demo/text_initial --output demo/text_warmup

Where a prompt would hold the embeddings of a clip, the model reads words for what is heard, in time order, each said
several times and with pauses between, as an embedding of every 80 ms would say it: all words of a name at once, and
with them the place of a recording (first, second) where recordings are told apart or counted.
The choices of a row are put into other orders, in question and answer alike; names to choose from are exchanged for
invented ones, so that copying is learnt and not the names.
The model learns to read the question, to find what is heard and to write the sections; `warm_up_text.py` trains it.
The rows are tokens of the model, with labels on the answers alone, and beside them the words for each placeholder of
the clip. The output is a folder in the Hub's layout, whole or not at all.

Data sets that differ in nothing but their sections are varied alike where `--names-of` gives them the same words to
invent names of.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from derived_folder import write_readme
from heard_labels import ORDINALS, PAUSE, heard_names
from modeling_audio_reasoner.whole_folder import whole_folder
from permuted_choices import exchange_choices, permute_choices
from text_sources import read_text_rows


ABOUT = "Tokens of text made from CoTA by `recipes/text_warmup_data.py`: words stand in place of the recordings."
SMALL = 4
"""Answers of a vocabulary that is learnt by heart, since what the teacher writes depends on them."""


@dataclass(frozen=True)
class WarmupRow:
    """A row in words.

    Args:
        messages: what the chat template takes, with the place of one clip.
        clip: for each embedding of the clip the names that it says at once: a label or a pause, and perhaps an
            ordinal.
    """

    messages: list[dict[str, Any]]
    clip: list[tuple[str, ...]]


def warmup_row(
    row: dict[str, Any],
    generator: random.Random,
    longest_run: int,
    vocabularies: Vocabularies | None = None,
    invented: float = 0.0,
) -> WarmupRow:
    """A row with its choices in a random order and words in place of its clip.

    Args:
        row: as `read_text_rows` gives it.
        generator: the source of chance.
        longest_run: what is heard is said 1 to so many times in a row, and so are pauses.
        vocabularies: what names are invented of, so that the model learns to copy what it reads instead of learning
            the names by heart.
        invented: the chance of this.
    """
    heard = heard_names(row["task"], row["annotations"], row["answer"])
    choices = list(row["choices"] or [])
    names = _names(choices, [name for name, _ in heard])
    exchanged = list(names)
    if vocabularies and generator.random() < invented and vocabularies.exchangeable(row["task"], names):
        exchanged = invented_names(len(names), generator, vocabularies.words)

    def said(text: str) -> str:
        return exchange_choices(text, names, exchanged) if exchanged != names else text

    order = [said(choice) for choice in choices]
    generator.shuffle(order)
    named = [(said(name), place) if place else (said(name),) for name, place in heard]
    clip = [(PAUSE,), *chain.from_iterable((names, (PAUSE,)) for names in named)]
    messages: list[dict[str, Any]] = []
    for role, text in row["turns"]:
        if role != "system":
            text = said(text)
            text = permute_choices(text, [said(choice) for choice in choices], said(row["answer"]), order)
        audio = [{"type": "audio"}] if role == "user" else []
        messages.append({"role": role, "content": [*audio, {"type": "text", "text": text}]})
    return WarmupRow(messages, [names for names in clip for _ in range(generator.randint(1, longest_run))])


def _names(choices: list[str], heard: list[str]) -> list[str]:
    """What the choices are made of: themselves, or the names of the spans that they put in order."""
    if set(heard) <= set(choices):
        return choices
    return sorted({name for choice in choices for name in re.split(" then |, ", choice)})


def invented_names(count: int, generator: random.Random, words: Sequence[str]) -> list[str]:
    """Names of one or two words each, no word in two of them."""
    drawn = iter(generator.sample(words, 2 * count))
    return [" ".join([next(drawn), *([next(drawn)] if generator.random() < 0.5 else [])]) for _ in range(count)]


class Vocabularies:
    """What may be exchanged in the rows of a data set, and for what.

    Args:
        rows: as `read_text_rows` gives them.
    """

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._answers: dict[str, set[str]] = defaultdict(set)
        common: dict[tuple[str, str], set[str]] = {}
        for row in rows:
            self._answers[row["task"]].add(row["answer"])
            text = _words(" ".join(text for role, text in row["turns"] if role != "system"))
            common[row["task"], row["question"]] = common.get((row["task"], row["question"]), text) & text
        self._fixed: dict[str, set[str]] = defaultdict(set)
        for (task, _), found in common.items():
            self._fixed[task] |= found
        fixed = set().union(*self._fixed.values())
        fixed |= {PAUSE, *ORDINALS}
        self.words = sorted({w for row in rows for choice in row["choices"] or [] for w in _words(choice)} - fixed)

    def exchangeable(self, task: str, names: Sequence[str]) -> bool:
        """Whether names of a task may be exchanged wherever they stand: its answers are more than `SMALL`, none of the
        names holds a word that all rows with a question hold, and there are words enough.
        """
        fixed = self._fixed[task]
        free = not any(_words(name) & fixed for name in names)
        return free and len(self._answers[task]) > SMALL and len(self.words) >= 2 * len(names)


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text) if word.isalpha()}


def orders_of(row: dict[str, Any], orders: int) -> int:
    """Copies of a row: twice as many where the answer joins or counts what is heard, which takes longest to learn."""
    heard = heard_names(row["task"], row["annotations"], row["answer"])
    in_pieces = row["answer"] not in [name for name, _ in heard]
    return 2 * orders if in_pieces else orders


def tokenize(rows: list[WarmupRow], tokenizer: Any) -> list[dict[str, Any]]:
    """Tokens of each row with a placeholder for each embedding of the clip, the place of the first of them, the tokens
    of each name that an embedding says, labels that are -100 but on the assistant's turns, and the number of tokens.

    Raises:
        ValueError: a row has not one clip.
    """
    encoded = tokenizer.apply_chat_template(
        [row.messages for row in rows], tokenize=True, return_dict=True, return_assistant_tokens_mask=True
    )
    placeholder = tokenizer.convert_tokens_to_ids(tokenizer.audio_token)

    @cache
    def tokens(name: str) -> list[int]:
        return tokenizer(f" {name}").input_ids

    tokenized = []
    for row, ids, mask in zip(rows, encoded["input_ids"], encoded["assistant_masks"], strict=True):
        if ids.count(placeholder) != 1:
            raise ValueError(
                f"A conversation of {len(row.messages)} messages asks about {ids.count(placeholder)} clips: words are "
                "put in the place of one clip, so leave such rows out."
            )
        place = ids.index(placeholder)
        labels = [token if answered else -100 for token, answered in zip(ids, mask, strict=True)]
        tokenized.append(
            {
                "input_ids": [*ids[:place], *[placeholder] * len(row.clip), *ids[place + 1 :]],
                "clip_start": place,
                "heard_ids": [[tokens(name) for name in names] for names in row.clip],
                "labels": [*labels[:place], *[-100] * len(row.clip), *labels[place + 1 :]],
                "length": len(ids) - 1 + len(row.clip),
            }
        )
    return tokenized


@dataclass(frozen=True)
class Variety:
    """How the rows are varied.

    Args:
        orders: orders of the choices for each row.
        longest_run: what is heard is said 1 to so many times in a row, and so are pauses.
        invented: share of the rows that name what does not exist, where there is a large vocabulary.
        seed: of all chance.
    """

    orders: int = 4
    longest_run: int = 4
    invented: float = 0.4
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("orders", "longest_run"):
            if getattr(self, name) < 1:
                raise ValueError(f"--{name.replace('_', '-')} is {getattr(self, name)}: give at least 1.")
        if not 0 <= self.invented <= 1:
            raise ValueError(f"--invented is {self.invented}: give a share between 0 and 1.")


def training_rows(
    rows: list[dict[str, Any]], tokenizer: Any, variety: Variety, vocabularies: Vocabularies | None = None
) -> list[dict[str, Any]]:
    """The rows of a train split, varied, as tokens; what may be exchanged is that of these rows unless it is given."""
    generator = random.Random(variety.seed)
    vocabularies = vocabularies or Vocabularies(rows)
    varied = [
        warmup_row(row, generator, variety.longest_run, vocabularies, variety.invented)
        for row in rows
        for _ in range(orders_of(row, variety.orders))
    ]
    return tokenize(varied, tokenizer)


def held_out_rows(rows: list[dict[str, Any]], tokenizer: Any, variety: Variety) -> list[dict[str, Any]]:
    """The rows of a validation split, each once and with its own choices, as tokens."""
    generator = random.Random(variety.seed)
    return tokenize([warmup_row(row, generator, variety.longest_run) for row in rows], tokenizer)


def write(
    dataset_name: str, model: str | Path, output: str | Path, variety: Variety, names_of: str | None = None
) -> int:
    """Write the folder; returns the number of training rows.

    Args:
        dataset_name: CoTA, a folder or a name on the Hub.
        model: the folder of the model that will be trained.
        output: the folder to write.
        variety: how the rows are varied.
        names_of: the data set whose train split says what may be exchanged; `dataset_name` where it is None.
    """
    from datasets import Dataset
    from transformers import AutoTokenizer

    if not (Path(model) / "tokenizer.json").is_file():
        raise ValueError(f"{model} holds no tokenizer.json: run recipes/init_text_model.py first.")
    tokenizer = AutoTokenizer.from_pretrained(model)
    if getattr(tokenizer, "audio_token", None) is None:
        raise ValueError(f"The tokenizer in {model} has no audio_token: run recipes/init_text_model.py again.")
    with whole_folder(output, marker="README.md") as folder:
        (folder / "data").mkdir()
        names = None if names_of is None else Vocabularies(list(read_text_rows(names_of, "train")))
        train = training_rows(list(read_text_rows(dataset_name, "train")), tokenizer, variety, names)
        validation = held_out_rows(list(read_text_rows(dataset_name, "validation")), tokenizer, variety)
        for split, tokenized in (("train", train), ("validation", validation)):
            Dataset.from_list(tokenized).to_parquet(folder / "data" / f"{split}.parquet")
        write_readme(folder, hashlib.sha256(json.dumps([train, validation]).encode()), ABOUT)
    return len(train)


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="cota", help="CoTA: a folder or a name on the Hub")
    parser.add_argument("--model", default="demo/text_initial", help="the folder of the model that will be trained")
    parser.add_argument("--output", default="demo/text_warmup", help="the folder to write")
    parser.add_argument("--names-of", help="the data set whose words say what may be invented; --dataset by default")
    helps = {
        "orders": "orders of the choices for each row",
        "longest_run": "what is heard is said 1 to so many times in a row, and so are pauses",
        "invented": "share of the rows that name what does not exist, where there is a large vocabulary",
        "seed": "of all chance",
    }
    for name, text in helps.items():
        default = getattr(Variety, name)
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default, help=text)
    arguments = parser.parse_args(argv)
    try:
        variety = Variety(**{name: getattr(arguments, name) for name in helps})
        rows = write(arguments.dataset, arguments.model, arguments.output, variety, arguments.names_of)
    except (OSError, ValueError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    print(f"{rows} rows are in {arguments.output}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
