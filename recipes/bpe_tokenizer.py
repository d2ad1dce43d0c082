"""Trains a small byte-level BPE for language models that start from random weights.

The tokens of Qwen2-Audio's chat template are special; the tags of a structured answer are one ordinary token each, so
that they survive `skip_special_tokens`. Knows nothing of data sets or of models.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from modeling_audio_reasoner import TAGS


SPECIAL_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|audio_bos|>", "<|AUDIO|>", "<|audio_eos|>")
FEWEST_TOKENS = 256 + len(SPECIAL_TOKENS) + len(TAGS)


def train_tokenizer(texts: Iterable[str], vocab_size: int) -> Any:
    """Train a tokenizer that `AutoTokenizer` loads without remote code.

    Args:
        texts: what it will read. The tags of an answer are cut out, since they are tokens already.
        vocab_size: tokens at most, with the bytes, the special tokens and the tags.

    Raises:
        ValueError: `vocab_size` has no room for the bytes and the added tokens.
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    if vocab_size < FEWEST_TOKENS:
        raise ValueError(
            f"vocab_size is {vocab_size}: give at least {FEWEST_TOKENS}, for the bytes and the added tokens."
        )
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size - len(SPECIAL_TOKENS) - len(TAGS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_between_tags(texts), trainer)
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL_TOKENS])
    tokenizer.add_tokens([AddedToken(tag, special=False, normalized=False) for tag in TAGS])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        extra_special_tokens={
            "audio_bos_token": "<|audio_bos|>",
            "audio_token": "<|AUDIO|>",
            "audio_eos_token": "<|audio_eos|>",
        },
        clean_up_tokenization_spaces=False,
    )


def _between_tags(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        for tag in TAGS:
            text = text.replace(tag, "\n")
        yield from filter(None, text.split("\n"))
