"""Makes the language model that the text warm-up starts from: random weights, and a tokenizer trained on CoTA's text.

    python recipes/init_text_model.py --config recipes/audio-reasoner-mini/text/config_initial.yaml

Writes a folder that `trl sft` takes as `model_name_or_path`, whole or not at all. Its chat template is the one of the
joint training, so that what is learnt from text carries over.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import modeling_audio_reasoner
from bpe_tokenizer import FEWEST_TOKENS, train_tokenizer
from modeling_audio_reasoner.whole_folder import whole_folder
from recipe_config import check_number, run_recipe
from text_sources import read_text_rows


@dataclass
class TextModelRecipe:
    """What the first language model is.

    Args:
        dataset_name: CoTA, as `datasets.load_dataset` takes it.
        output_dir: the folder to write.
        vocab_size: tokens at most.
        model: fields of a configuration of transformers, with `model_type`. The sizes of the vocabulary and the ids of
            special tokens come from the tokenizer.
        dataset_train_split: the split whose text the tokenizer is trained on.
        seed: seed of the weights.
    """

    dataset_name: str
    output_dir: str
    vocab_size: int
    model: dict[str, Any]
    dataset_train_split: str = "train"
    seed: int = 0

    def __post_init__(self) -> None:
        from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

        check_number("vocab_size", self.vocab_size, FEWEST_TOKENS, whole=True)
        check_number("seed", self.seed, 0, whole=True)
        if not isinstance(self.model, dict) or self.model.get("model_type") not in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
            raise ValueError(
                f"model is {self.model!r}: give the fields of a causal language model, with a model_type such as qwen2."
            )


def main(recipe: TextModelRecipe) -> None:
    """Write a language model of random weights with a tokenizer trained on the text of CoTA."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    tokenizer = train_tokenizer(_texts(recipe.dataset_name, recipe.dataset_train_split), recipe.vocab_size)
    template = Path(modeling_audio_reasoner.__file__).parent / "chat_template.jinja"
    tokenizer.chat_template = template.read_text(encoding="utf-8")
    config = AutoConfig.for_model(
        **recipe.model,
        vocab_size=len(tokenizer),
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(recipe.seed)
    model = AutoModelForCausalLM.from_config(config)
    with whole_folder(recipe.output_dir) as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    size = sum(parameter.numel() for parameter in model.parameters())
    print(f"A {config.model_type} of {size:,} random weights and {len(tokenizer)} tokens is in {recipe.output_dir}.")


def _texts(dataset_name: str, split: str) -> Iterator[str]:
    """Every turn of every row; a system prompt that repeats is read once."""
    prompts = set()
    for row in read_text_rows(dataset_name, split):
        for role, text in row["turns"]:
            if role != "system" or text not in prompts:
                yield text
            if role == "system":
                prompts.add(text)


if __name__ == "__main__":
    sys.exit(run_recipe(main, TextModelRecipe))
