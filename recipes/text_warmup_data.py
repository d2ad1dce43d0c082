"""Writes the data of the language model's text warm-up: CoTA's train rows with words in place of the recordings.

    python recipes/text_warmup_data.py --dataset cota --model demo/text_initial --output demo/text_warmup

Where a prompt would hold the embeddings of a clip, it holds the words for what is heard, in time order and each said
several times, as an embedding of every 80 ms would say it. The choices of a row are put into other orders, in question
and answer alike; texts to choose from are exchanged for invented ones, so that copying is learnt and not the texts.
The model learns to read the question, to find what is heard and to write the sections; `warm_up_text.py` trains it.
The rows are tokens of the model, with labels on the answers alone. The output is a folder in the Hub's layout, whole
or not at all.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
from pathlib import Path
from typing import Any

from heard_labels import heard_labels
from modeling_audio_reasoner.whole_folder import whole_folder
from permuted_choices import exchange_choices, permute_choices
from text_sources import read_text_rows


# The description names the content: `datasets` caches a folder under its README's configs and would load older rows.
README = """---
configs:
- config_name: default
  description: content {digest}
  data_files:
  - split: train
    path: data/train.parquet
  - split: validation
    path: data/validation.parquet
---

Tokens of text made from CoTA by `recipes/text_warmup_data.py`: words stand in place of the recordings.
"""


PAUSE = "..."
"""Stands before, between and after the runs, as silence does between sounds."""


def warmup_messages(
    row: dict[str, Any], generator: random.Random, longest_run: int, words: list[str] | None = None
) -> list[dict[str, str]]:
    """The conversation of a row with its choices in a random order and words in place of its clip.

    Args:
        row: as `read_text_rows` gives it.
        generator: the source of chance.
        longest_run: what is heard is said 1 to so many times in a row.
        words: where the task has no closed vocabulary, the choices are exchanged for as many of these words, so that
            the model learns to copy what it reads instead of learning the few texts by heart. None exchanges nothing.
    """
    if words and row["choices"] and json.loads(row["annotations"] or "{}").get("label") is None:
        row = with_invented_choices(row, generator, words)
    order = list(row["choices"] or [])
    generator.shuffle(order)
    messages = []
    for role, text in row["turns"]:
        if role != "system" and order:
            text = permute_choices(text, row["choices"], row["answer"], order)
        if role == "user":
            text = f"Audio 1: <|audio_bos|>{_words(row, generator, longest_run)}<|audio_eos|>\n{text}"
        messages.append({"role": role, "content": text})
    return messages


def with_invented_choices(row: dict[str, Any], generator: random.Random, words: list[str]) -> dict[str, Any]:
    """The row with random words in place of the texts to choose from, two to six to a text."""
    choices = list(row["choices"])
    invented = [" ".join(generator.choices(words, k=generator.randint(2, 6))) for _ in choices]
    turns = [(role, exchange_choices(text, choices, invented)) for role, text in row["turns"]]
    return {**row, "choices": invented, "answer": invented[choices.index(row["answer"])], "turns": turns}


def open_words(rows: list[dict[str, Any]]) -> list[str]:
    """The words of all choices of tasks without a closed vocabulary."""
    is_open = [row for row in rows if row["choices"] and json.loads(row["annotations"] or "{}").get("label") is None]
    return sorted({word for row in is_open for choice in row["choices"] for word in choice.split()})


def _words(row: dict[str, Any], generator: random.Random, longest_run: int) -> str:
    """What is heard: the labels of the spans in time order where the answer spells them out, else the answer.

    A label is said several times in a row, words that are no label once.
    """
    labels = heard_labels(row["task"], row["annotations"])
    spans = [item.label for item in labels if item.start is not None]
    heard = spans if spans and all(label in row["answer"] for label in spans) else [row["answer"]]
    runs = [" ".join([words] * (generator.randint(1, longest_run) if labels else 1)) for words in heard]
    return f" {PAUSE} ".join(["", *runs, ""])


def tokenize(conversations: list[list[dict[str, str]]], tokenizer: Any) -> list[dict[str, Any]]:
    """Tokens of each conversation, labels that are -100 but on the assistant's turns, and the number of tokens."""
    encoded = tokenizer.apply_chat_template(
        conversations, tokenize=True, return_dict=True, return_assistant_tokens_mask=True
    )
    rows = []
    for ids, mask in zip(encoded["input_ids"], encoded["assistant_masks"], strict=True):
        labels = [token if answered else -100 for token, answered in zip(ids, mask, strict=True)]
        rows.append({"input_ids": ids, "labels": labels, "length": len(ids)})
    return rows


def write(dataset_name: str, model: str | Path, output: str | Path, orders: int, longest_run: int, seed: int) -> int:
    """Write the folder; returns the number of training rows."""
    from datasets import Dataset
    from transformers import AutoTokenizer

    if not (Path(model) / "tokenizer.json").is_file():
        raise ValueError(f"{model} holds no tokenizer.json: run recipes/init_text_model.py first.")
    tokenizer = AutoTokenizer.from_pretrained(model)
    generator = random.Random(seed)

    def rows(split: str, copies: int) -> list[dict[str, Any]]:
        found = list(read_text_rows(dataset_name, split))
        words = open_words(found) if copies > 1 else None
        conversations = [warmup_messages(row, generator, longest_run, words) for row in found for _ in range(copies)]
        return tokenize(conversations, tokenizer)

    with whole_folder(output, marker="README.md") as folder:
        (folder / "data").mkdir()
        train, validation = rows("train", orders), rows("validation", 1)
        for split, tokenized in (("train", train), ("validation", validation)):
            Dataset.from_list(tokenized).to_parquet(folder / "data" / f"{split}.parquet")
        digest = hashlib.sha256(json.dumps([train, validation]).encode()).hexdigest()[:16]
        (folder / "README.md").write_text(README.format(digest=digest), encoding="utf-8")
    return len(train)


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="cota", help="CoTA: a folder or a name on the Hub")
    parser.add_argument("--model", default="demo/text_initial", help="the folder of the model that will be trained")
    parser.add_argument("--output", default="demo/text_warmup", help="the folder to write")
    parser.add_argument("--orders", type=int, default=4, help="orders of the choices for each row")
    parser.add_argument("--longest-run", type=int, default=4, help="what is heard is said 1 to so many times in a row")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args(argv)
    try:
        for name in ("orders", "longest_run"):
            if getattr(arguments, name) < 1:
                raise ValueError(f"--{name.replace('_', '-')} is {getattr(arguments, name)}: give at least 1.")
        rows = write(
            arguments.dataset,
            arguments.model,
            arguments.output,
            arguments.orders,
            arguments.longest_run,
            arguments.seed,
        )
    except (OSError, ValueError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    print(f"{rows} rows are in {arguments.output}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
