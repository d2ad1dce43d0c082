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
from pathlib import Path
from typing import Any

import numpy as np
import torch

from modeling_audio_reasoner.whole_folder import whole_folder
from recipe_config import run_recipe
from text_recipe import TextRecipe
from warm_up_optimizers import WarmUpOptimizers


Row = tuple[list[int], list[int]]
"""Tokens of a row, and labels that are -100 but on the answer."""

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
    return list(zip(dataset["input_ids"][:], dataset["labels"][:], strict=True))


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
            by_length = sorted(order[start : start + stretch], key=lambda row: len(row[0]))
            batches = [by_length[at : at + batch_size] for at in range(0, len(by_length), batch_size)]
            generator.shuffle(batches)
            yield from batches


def answer_scores(model: Any, batch: list[Row]) -> tuple[torch.Tensor, torch.Tensor]:
    """Scores (answer tokens, vocabulary) and the tokens that were due, of the answers of a batch alone."""
    longest = max(len(ids) for ids, _ in batch)
    ids = torch.tensor([row + [0] * (longest - len(row)) for row, _ in batch])
    labels = torch.tensor([row + [-100] * (longest - len(row)) for _, row in batch])[:, 1:]
    answered = labels != -100
    # Padding stands at the end, so that no token of a row attends to it.
    hidden = model.model(input_ids=ids).last_hidden_state[:, :-1]
    return model.lm_head(hidden[answered]), labels[answered]


@torch.no_grad()
def score(model: Any, rows: list[Row], batch_size: int = 32) -> tuple[float, float]:
    """Mean loss in nats and accuracy over all tokens of the answers."""
    model.eval()
    losses, hits = [], []
    by_length = sorted(rows, key=lambda row: len(row[0]))
    for start in range(0, len(by_length), batch_size):
        scores, targets = answer_scores(model, by_length[start : start + batch_size])
        losses.append(torch.nn.functional.cross_entropy(scores, targets, reduction="none"))
        hits.append(scores.argmax(-1) == targets)
    return torch.cat(losses).mean().item(), torch.cat(hits).float().mean().item()


if __name__ == "__main__":
    sys.exit(run_recipe(main, TextRecipe))
