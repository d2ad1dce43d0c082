"""Makes the language model that the text warm-up starts from: random weights, and a tokenizer trained on CoTA's text.

    python recipes/init_text_model.py --config recipes/audio-reasoner-mini/text/config_initial.yaml

Writes a folder that `warm_up_text.py` takes as `model_name_or_path`, whole or not at all. Its chat template is the one
of the joint training, so that what is learnt from text carries over.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import modeling_audio_reasoner
from bpe_tokenizer import FEWEST_TOKENS, train_tokenizer
from heard_labels import PAUSE, heard_labels, heard_names
from modeling_audio_reasoner import SYSTEM_PROMPT
from modeling_audio_reasoner.whole_folder import whole_folder
from recipe_config import check_number, run_recipe
from text_sources import read_text_rows


TEMPLATE_WORDS = ("system", "user", "assistant", "Audio 1: ")
"""What the chat template writes besides special tokens."""


@dataclass
class TextModelRecipe:
    """What the first language model is.

    Args:
        dataset_name: CoTA, as `datasets.load_dataset` takes it.
        output_dir: the folder to write.
        vocab_size: tokens at most.
        phrase_tokens: how many of them are kept for whole names of what is heard, and then for phrases.
        model: fields of a configuration of transformers, with `model_type`. The sizes of the vocabulary and the ids of
            special tokens come from the tokenizer.
        dataset_train_split: the split whose text the tokenizer is trained on.
        seed: seed of the weights.
    """

    dataset_name: str
    output_dir: str
    vocab_size: int
    model: dict[str, Any]
    phrase_tokens: int = 0
    dataset_train_split: str = "train"
    seed: int = 0

    def __post_init__(self) -> None:
        from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

        check_number("phrase_tokens", self.phrase_tokens, 0, whole=True)
        check_number("vocab_size", self.vocab_size, FEWEST_TOKENS + self.phrase_tokens, whole=True)
        check_number("seed", self.seed, 0, whole=True)
        if not isinstance(self.model, dict) or self.model.get("model_type") not in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
            raise ValueError(
                f"model is {self.model!r}: give the fields of a causal language model, with its model_type."
            )


def main(recipe: TextModelRecipe) -> None:
    """Write a language model of random weights with a tokenizer trained on the text of CoTA."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    rows = list(read_text_rows(recipe.dataset_name, recipe.dataset_train_split))
    tokenizer = train_tokenizer(
        _texts(rows),
        recipe.vocab_size,
        names=_names(rows),
        phrases=_phrases(rows),
        phrase_tokens=recipe.phrase_tokens,
    )
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
        _check_tokenizer(folder, tokenizer, recipe)
    size = sum(parameter.numel() for parameter in model.parameters())
    print(f"A {config.model_type} of {size:,} random weights and {len(tokenizer)} tokens is in {recipe.output_dir}.")


def _check_tokenizer(folder: Path, tokenizer: Any, recipe: TextModelRecipe) -> None:
    """Refuse a model type for which transformers would load the folder's tokenizer with splits of its own."""
    from transformers import AutoTokenizer

    loaded = AutoTokenizer.from_pretrained(folder)
    if loaded(SYSTEM_PROMPT).input_ids != tokenizer(SYSTEM_PROMPT).input_ids:
        raise ValueError(
            f"AutoTokenizer loads a {type(loaded).__name__} for the model_type {recipe.model['model_type']}: it cuts "
            "text otherwise than the tokenizer that was trained, so take another model_type, such as llama."
        )


def _texts(rows: list[dict[str, Any]]) -> Iterator[str]:
    """The questions and answers, the pause, and what the chat template writes. The system prompt is left to the
    phrases.
    """
    for row in rows:
        yield from TEMPLATE_WORDS
        yield f" {PAUSE}"
        yield from (text for role, text in row["turns"] if role != "system")


def _names(rows: list[dict[str, Any]]) -> list[str]:
    """What the encoder will say is heard, so that it can say each with one embedding."""
    heard = {said for row in rows for said in heard_names(row["task"], row["annotations"], row["answer"])}
    return sorted({PAUSE, *(part for said in heard for part in said if part is not None)})


def _phrases(rows: list[dict[str, Any]]) -> Iterator[str]:
    """All texts, with a line break in the place of every choice, every label that is heard and every place that is
    said with it.
    """
    for row in rows:
        labels = {item.label for item in heard_labels(row["task"], row["annotations"])}
        varying = sorted(labels.union(row["choices"] or []), key=len, reverse=True)
        whole_words = re.compile(rf" ?(?<!\w)(?:{'|'.join(map(re.escape, varying))})(?!\w)")
        for _, text in row["turns"]:
            yield whole_words.sub("\n", text) if varying else text
        yield from TEMPLATE_WORDS


if __name__ == "__main__":
    sys.exit(run_recipe(main, TextModelRecipe))
