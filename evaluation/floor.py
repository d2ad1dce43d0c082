"""The audio-blind floor of the token loss: what no model that cannot hear gets below.

In CoTA's multiple-choice rows the sections follow from the question, the choices and the answer, and the answer's
position is uniform. Whoever cannot hear has to spread its probability over the n choices, and whatever it writes
costs it, on average over rows, at least ln(n) nats: the cross-entropy of a guess is at least the entropy of what
is guessed. All else a row holds (wording, facts of the recording) can only add to it. The mean loss over trained
tokens is therefore at least

    sum over rows of ln(number of choices) / number of trained tokens.

A held-out loss below it was reached by hearing. Two things it takes for granted: that the text alone does not give
the answer away (the text-only baselines in the results say how far that holds), and that the loss is the mean over
tokens; TRL's `eval_loss` is the mean over batches of that, which differs a little where batches differ.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def audio_blind_floor(choices: Sequence[int], trained_tokens: Sequence[int]) -> float:
    """The lower bound in nats a token.

    Args:
        choices: number of choices of each row; 1 for a question without choices (it then adds tokens only, which
            keeps the bound a lower bound).
        trained_tokens: number of tokens of each row that enter the loss.

    Raises:
        ValueError: when the lengths differ, a number is below one, or there are no rows.
    """
    if len(choices) != len(trained_tokens) or not choices:
        raise ValueError(
            f"choices and trained_tokens need one number a row each, found {len(choices)} and {len(trained_tokens)}."
        )
    if min(choices) < 1 or min(trained_tokens) < 1:
        raise ValueError("choices and trained_tokens must be one or more in every row.")
    return sum(math.log(count) for count in choices) / sum(trained_tokens)


def count_trained_tokens(tokenizer: Any, chat_template: str, messages: Sequence[Mapping[str, Any]]) -> int:
    """How many tokens of a conversation enter the loss under `assistant_only_loss`.

    Those between the template's generation markers; the audio placeholder stands before them and is not expanded.
    """
    conversation = [
        {
            "role": message["role"],
            "content": [
                {"type": "audio", "audio": "clip"}
                if part["type"] == "audio"
                else {"type": "text", "text": part["text"]}
                for part in message["content"]
            ],
        }
        for message in messages
    ]
    encoded = tokenizer.apply_chat_template(
        conversation,
        chat_template=chat_template,
        tokenize=True,
        return_dict=True,
        return_assistant_tokens_mask=True,
    )
    return sum(encoded["assistant_masks"])


def split_floor(model: Path, files: Sequence[Path]) -> dict[str, Any]:
    """The floor of a split, counted with a model folder's own processor.

    Args:
        model: the model folder.
        files: the Parquet shards of the split, with `choices` and `messages`.

    Returns:
        {"floor" (nats a token), "rows", "trained_tokens", "nats_per_row"}.
    """
    from transformers import AutoProcessor

    from evaluation.cota import read_rows

    processor = AutoProcessor.from_pretrained(model, trust_remote_code=True)
    rows = read_rows(files, columns=("id", "choices", "messages"))
    choices = [max(len(row["choices"] or []), 1) for row in rows]
    tokens = [count_trained_tokens(processor.tokenizer, processor.chat_template, row["messages"]) for row in rows]
    return {
        "floor": audio_blind_floor(choices, tokens),
        "rows": len(rows),
        "trained_tokens": sum(tokens),
        "nats_per_row": sum(math.log(count) for count in choices) / len(rows),
    }
