"""Teaches the language model to write structured answers from words, before it has to write them from sound.

    python recipes/warm_up_text.py --config recipes/audio-reasoner-mini/text/config_demo.yaml

Reads rows of tokens that `recipes/text_warmup_data.py` wrote. Writes the model and its tokenizer, whole or not at all,
and prints the held-out loss. `audio-reasoner compose --text` takes the folder.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator
from itertools import accumulate, chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence

from modeling_audio_reasoner.whole_folder import whole_folder
from recipe_config import run_recipe
from text_recipe import TextRecipe
from warm_up_optimizers import WarmUpOptimizers


class Row(NamedTuple):
    """A row of tokens.

    ids: tokens, with a placeholder for each embedding of the clip.
    clip_start: the place of the first placeholder.
    heard: for each placeholder the tokens of each name that its embedding says.
    labels: -100 but on the answer.
    """

    ids: list[int]
    clip_start: int
    heard: list[list[list[int]]]
    labels: list[int]


BATCHES_SORTED_TOGETHER = 50


def main(recipe: TextRecipe) -> None:
    """Warm up the language model on text."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    started = time.perf_counter()
    if recipe.num_threads:
        torch.set_num_threads(recipe.num_threads)
    torch.manual_seed(recipe.seed)
    if not (Path(recipe.model_name_or_path) / "config.json").is_file():
        raise ValueError(f"{recipe.model_name_or_path} holds no model: run recipes/init_text_model.py first.")
    if not Path(recipe.dataset_name).is_dir():
        raise ValueError(f"{recipe.dataset_name} does not exist: run recipes/text_warmup_data.py first.")
    model = AutoModelForCausalLM.from_pretrained(recipe.model_name_or_path, dtype=torch.float32)
    rows = read_rows(recipe.dataset_name, recipe.dataset_train_split)
    held_out = read_rows(recipe.dataset_name, recipe.dataset_test_split)
    print(f"{len(rows)} rows to learn from and {len(held_out)} to score on", flush=True)
    with whole_folder(recipe.output_dir) as folder:
        train(model, rows, recipe)
        loss, accuracy = score(model, held_out)
        print(f"held-out loss {loss:.3f} nats a token, accuracy {accuracy:.3f}")
        model.save_pretrained(folder)
        AutoTokenizer.from_pretrained(recipe.model_name_or_path).save_pretrained(folder)
        log = {"seconds": round(time.perf_counter() - started, 1), "loss": loss, "accuracy": accuracy}
        (folder / "training.json").write_text(json.dumps(log, indent=2) + "\n", encoding="utf-8")
    print(f"The language model is in {recipe.output_dir}.")


def read_rows(dataset_name: str, split: str) -> list[Row]:
    """All rows of a split."""
    from datasets import load_dataset

    dataset = load_dataset(dataset_name, split=split)
    names = ("input_ids", "clip_start", "heard_ids", "labels")
    if lacking := [name for name in names if name not in dataset.column_names]:
        raise ValueError(f"{dataset_name} lacks the column {lacking[0]}: run recipes/text_warmup_data.py again.")
    columns = (dataset[name][:] for name in names)
    return [Row(*row) for row in zip(*columns, strict=True)]


def train(model: Any, rows: list[Row], recipe: TextRecipe) -> None:
    """Train the model in place for `recipe.max_steps` steps."""
    optimizers = WarmUpOptimizers(model.model.layers, (model,), recipe)
    model.train()
    started, losses, hits = time.perf_counter(), [], []
    batches = training_batches(rows, recipe.per_device_train_batch_size, random.Random(recipe.seed))
    for step in range(1, recipe.max_steps + 1):
        scores, targets = answer_scores(model, next(batches))
        loss = torch.nn.functional.cross_entropy(scores, targets)
        optimizers.step(loss)
        losses.append(loss.item())
        hits.append((scores.argmax(-1) == targets).float().mean().item())
        if step % recipe.logging_steps == 0 or step == recipe.max_steps:
            seconds = time.perf_counter() - started
            print(
                f"step {step}/{recipe.max_steps}  loss {np.mean(losses):.3f}  accuracy {np.mean(hits):.3f}  "
                f"{step / seconds:.2f} steps/s",
                flush=True,
            )
            losses, hits = [], []


def training_batches(rows: list[Row], batch_size: int, generator: random.Random) -> Iterator[list[Row]]:
    """Batches without end, of rows of about one length, in random order; every row comes once an epoch."""
    while True:
        order = generator.sample(rows, len(rows))
        stretch = batch_size * BATCHES_SORTED_TOGETHER
        for start in range(0, len(order), stretch):
            by_length = sorted(order[start : start + stretch], key=lambda row: len(row.ids))
            batches = [by_length[at : at + batch_size] for at in range(0, len(by_length), batch_size)]
            generator.shuffle(batches)
            yield from batches


def answer_scores(model: Any, batch: list[Row]) -> tuple[torch.Tensor, torch.Tensor]:
    """Scores (answer tokens, vocabulary) and the tokens that were due, of the answers of a batch alone."""
    # Padding stands at the end, so that no token of a row attends to it.
    ids = pad_sequence([torch.tensor(row.ids) for row in batch], batch_first=True)
    labels = pad_sequence([torch.tensor(row.labels) for row in batch], batch_first=True, padding_value=-100)[:, 1:]
    answered = labels != -100
    embeddings = model.get_input_embeddings()(ids)
    heard = heard_embeddings(model.get_input_embeddings().weight, [names for row in batch for names in row.heard])
    starts = torch.tensor([[row.clip_start] for row in batch])
    places = torch.arange(ids.shape[1])
    in_clip = (places >= starts) & (places < starts + torch.tensor([[len(row.heard)] for row in batch]))
    embeddings = embeddings.masked_scatter(in_clip[..., None], heard)
    hidden = model.model(inputs_embeds=embeddings).last_hidden_state[:, :-1]
    return model.lm_head(hidden[answered]), labels[answered]


def heard_embeddings(words: torch.Tensor, heard: list[list[list[int]]]) -> torch.Tensor:
    """What stands for embeddings of sound, (embeddings, hidden size): of each the sum over the names that it says, of
    a name the mean over its tokens, as the encoder's warm-up scores a name.

    Args:
        words: (vocabulary, hidden size).
        heard: for each embedding the tokens of each name.
    """
    bags = [[(token, 1 / len(name)) for name in names for token in name] for names in heard]
    tokens, shares = zip(*chain.from_iterable(bags), strict=True)
    starts = [0, *accumulate(map(len, bags[:-1]))]
    return torch.nn.functional.embedding_bag(
        torch.tensor(tokens), words, torch.tensor(starts), mode="sum", per_sample_weights=torch.tensor(shares)
    )


@torch.no_grad()
def score(model: Any, rows: list[Row], batch_size: int = 32) -> tuple[float, float]:
    """Mean loss in nats and accuracy over all tokens of the answers."""
    model.eval()
    losses, hits = [], []
    by_length = sorted(rows, key=lambda row: len(row.ids))
    for start in range(0, len(by_length), batch_size):
        scores, targets = answer_scores(model, by_length[start : start + batch_size])
        losses.append(torch.nn.functional.cross_entropy(scores, targets, reduction="none"))
        hits.append(scores.argmax(-1) == targets)
    return torch.cat(losses).mean().item(), torch.cat(hits).float().mean().item()


if __name__ == "__main__":
    sys.exit(run_recipe(main, TextRecipe))
