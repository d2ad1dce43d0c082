"""What a folder of pretrained files holds besides weights: settings, prompt, and the type that its config names.

Shared by the commands that write such folders. It is not among the files that travel with the weights.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from transformers import GenerationConfig, PreTrainedConfig


TEMPLATE_TOKENS = ("<|im_start|>", "<|im_end|>", "<|audio_bos|>", "<|AUDIO|>", "<|audio_eos|>")
"""What the chat template writes besides text; Qwen2-Audio's names."""

MAX_NEW_TOKENS = 2048
"""The longest answer in the authors' `inference.py`."""


def chat_template() -> str:
    """The Jinja template with the paper's system prompt."""
    return (Path(__file__).parent / "chat_template.jinja").read_text(encoding="utf-8")


def generation_config(tokenizer: Any, max_new_tokens: int) -> GenerationConfig:
    """The authors' settings: greedy, up to `max_new_tokens`, until the turn ends. A placeholder is never written: an
    answer that held one could not be read again, in a further turn or in training."""
    ends = [tokenizer.convert_tokens_to_ids("<|im_end|>")]
    if tokenizer.eos_token_id is not None and tokenizer.eos_token_id not in ends:
        ends.append(tokenizer.eos_token_id)
    return GenerationConfig(
        do_sample=False,
        max_new_tokens=max_new_tokens,
        eos_token_id=ends,
        pad_token_id=tokenizer.pad_token_id,
        suppress_tokens=[tokenizer.convert_tokens_to_ids("<|AUDIO|>")],
    )


def read_model_type(folder: Path, wanted: str) -> str:
    """The model type that a folder's config.json names."""
    path = folder / "config.json"
    if not path.is_file():
        found = "holds no config.json" if folder.is_dir() else "is not a folder"
        raise ValueError(f"{folder} {found}: name a folder with {wanted}.")
    try:
        return str(json.loads(path.read_text(encoding="utf-8")).get("model_type"))
    except (json.JSONDecodeError, AttributeError) as error:
        raise ValueError(f"{path} is not a model configuration: write the folder again.") from error


def named_model_type(name: str, wanted: str) -> str:
    """The model type of a folder, or of a repository on the Hub where no folder has that name."""
    if not Path(name).exists() and re.fullmatch(r"([\w.-]+/)?\w[\w.-]*", name):
        try:
            return str(PreTrainedConfig.get_config_dict(name)[0].get("model_type"))
        except OSError as error:
            raise OSError(
                f"{name} is not a folder, and no model of that name could be read from the Hub: name a folder with "
                f"{wanted}. ({' '.join(str(error).split())})"
            ) from error
    return read_model_type(Path(name), wanted)
