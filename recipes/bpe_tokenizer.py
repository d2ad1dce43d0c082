"""Trains a small byte-level BPE whose last merges cross spaces, for language models that start from random weights.

The first merges make words, as everywhere. The last ones join words that stand together again and again, as in
SuperBPE (arXiv 2503.13423): a phrase of the system prompt or of the teacher becomes one token. A row then takes half
as many tokens, and more of them depend on what is heard. A name of what is heard becomes one token, so that one
embedding of sound can say it.

The tokens of Qwen2-Audio's chat template are special; the tags of a structured answer are one ordinary token each, so
that they survive `skip_special_tokens`. This module knows nothing of data sets or of models.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from modeling_audio_reasoner import TAGS


SPECIAL_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|audio_bos|>", "<|AUDIO|>", "<|audio_eos|>")
FEWEST_TOKENS = 256 + len(SPECIAL_TOKENS) + len(TAGS)


def train_tokenizer(
    texts: Iterable[str],
    vocab_size: int,
    *,
    names: Iterable[str] = (),
    phrases: Iterable[str] = (),
    phrase_tokens: int = 0,
) -> Any:
    """Train a tokenizer that `AutoTokenizer` loads without remote code.

    Args:
        texts: what words are learnt from. The tags of an answer are cut out, since they are tokens already.
        vocab_size: tokens at most, with the bytes, the special tokens, the tags and `phrase_tokens`.
        names: what becomes one token each, after a space.
        phrases: what merges across spaces are learnt from: texts without the words that vary from row to row, so that
            no token holds both a phrase and such a word. Tags are cut out here too.
        phrase_tokens: merges at most for names and phrases together. Names come first.

    Raises:
        ValueError: `vocab_size` has no room for the bytes, the added tokens and `phrase_tokens`, or `phrase_tokens`
            has none for the names.
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    fewest = FEWEST_TOKENS + phrase_tokens
    if vocab_size < fewest:
        raise ValueError(
            f"vocab_size is {vocab_size}: give at least {fewest}, for the bytes, the added tokens and the phrases."
        )
    words = Tokenizer(models.BPE())
    words.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size - phrase_tokens - len(SPECIAL_TOKENS) - len(TAGS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    words.train_from_iterator(_between_tags(texts), trainer)
    learnt = json.loads(words.to_str())["model"]
    vocabulary, merges = dict(learnt["vocab"]), [tuple(pair) for pair in learnt["merges"]]
    for_names = list(name_merges([words.encode(f" {name}").tokens for name in names]))
    if len(for_names) > phrase_tokens:
        raise ValueError(
            f"phrase_tokens is {phrase_tokens}: give at least {len(for_names)}, which the names take, and more for "
            "phrases."
        )
    pieces = [encoding.ids for encoding in words.encode_batch(list(_between_tags(phrases)))]
    for left, right in for_names:
        vocabulary.setdefault(left + right, len(vocabulary))
        merges.append((left, right))
    for left, right in frequent_merges(pieces, vocabulary, phrase_tokens - len(for_names)):
        vocabulary[left + right] = len(vocabulary)
        merges.append((left, right))
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    # Merges within words rank first and need no help to stop at spaces, where none of them reaches across.
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
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


def name_merges(names: Iterable[list[str]]) -> Iterator[tuple[str, str]]:
    """The merges that make one token of each name.

    Args:
        names: the tokens of each so far.
    """
    ranks: dict[tuple[str, str], int] = {}
    for name in names:
        tokens = list(name)
        # As a BPE does: the first merge that applies anywhere, again and again. A new one is needed where none does.
        while len(tokens) > 1:
            known = [(ranks[pair], place) for place, pair in enumerate(pairwise(tokens)) if pair in ranks]
            place = min(known)[1] if known else 0
            pair = (tokens[place], tokens[place + 1])
            if pair not in ranks:
                ranks[pair] = len(ranks)
                yield pair
            tokens[place : place + 2] = ["".join(pair)]


def frequent_merges(pieces: list[list[int]], vocabulary: dict[str, int], count: int) -> Iterator[tuple[str, str]]:
    """The next merges of a BPE: the most frequent pair of neighbours, again and again, at most `count` of them.

    Args:
        pieces: token ids; nothing is merged across the end of a piece.
        vocabulary: ids of the tokens so far. It is not changed.
        count: merges at most; fewer when no pair stands twice, or when a merge would spell a token that is there.
    """
    names = {index: name for name, index in vocabulary.items()}
    ceiling = len(vocabulary) + count
    row = np.concatenate([np.array([*piece, -1]) for piece in pieces] or [np.array([-1])])
    banned: set[int] = set()
    while count > 0:
        inside = (row[:-1] >= 0) & (row[1:] >= 0)
        counts = np.bincount(row[:-1][inside] * ceiling + row[1:][inside])
        for pair in banned:
            counts[pair : pair + 1] = 0
        if not len(counts) or counts.max() < 2:
            return
        best = int(counts.argmax())
        left, right = divmod(best, ceiling)
        name = names[left] + names[right]
        if name in names.values():
            banned.add(best)
            continue
        yield names[left], names[right]
        found = np.flatnonzero((row[:-1] == left) & (row[1:] == right))
        if left == right:  # of "aaa" only the first two
            found = np.array([place for place, alone in zip(found, _first_of_overlaps(found), strict=True) if alone])
        names[len(names)] = name
        row[found] = len(names) - 1
        row = np.delete(row, found + 1)
        count -= 1


def _first_of_overlaps(places: np.ndarray) -> list[bool]:
    kept: list[bool] = []
    last = -2
    for place in places.tolist():
        kept.append(place > last + 1)
        last = place if kept[-1] else last
    return kept


def _between_tags(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        for tag in TAGS:
            text = text.replace(tag, "\n")
        yield from filter(None, text.split("\n"))
