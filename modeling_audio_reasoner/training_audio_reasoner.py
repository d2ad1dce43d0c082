"""Batches for training that would teach something else than answers -> an error before the step that they are for.

TRL's collator takes no hook of a model's: it calls the processor, and writes the labels into what that returns. So
what the processor returns looks at the labels. Knows tokens alone, neither recordings nor weights.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers import BatchFeature


NO_LABEL = -100


class TrainingBatch(BatchFeature):
    """Whole conversations, encoded, which look at the `labels` that are put among them.

    Raises:
        ValueError: a label stands on a recording's placeholder, or a row has no label at all.
    """

    placeholder: int | None = None
    """The token for an audio embedding; None in a copy, whose labels were looked at before."""

    def __setitem__(self, name: str, value: Any) -> None:
        if name == "labels" and self.placeholder is not None:
            check_labels(torch.as_tensor(value), self.placeholder)
        super().__setitem__(name, value)


def check_labels(labels: torch.Tensor, placeholder: int) -> None:
    """Refuse labels, (rows, length), of which the model would not learn to answer.

    Raises:
        ValueError: a label is the placeholder of a recording, or a row has none but -100.
    """
    if found := int((labels == placeholder).sum()):
        raise ValueError(
            f"{found} labels of this batch stand on the placeholders of recordings: the model would learn to write "
            "placeholders and questions. Set assistant_only_loss: true in the recipe; in code of your own, make the "
            "labels -100 outside the answers (return_assistant_tokens_mask=True)."
        )
    if empty := [row for row, has in enumerate((labels != NO_LABEL).any(-1).tolist(), 1) if not has]:
        raise ValueError(
            f"Row {empty[0]} of this batch has no token to train on ({len(empty)} of {len(labels)} rows have none): "
            "leave rows without an answer out, and mark answers in the chat template ({% generation %})."
        )


def without_truncation(kwargs: dict[str, Any]) -> tuple[dict[str, Any], int | None]:
    """The arguments of `apply_chat_template` without those that cut rows, and the length at which they would."""
    given = dict(kwargs.get("processor_kwargs") or {})
    if not given.get("truncation") or given.get("max_length") is None:
        return kwargs, None
    given.pop("truncation")
    # Padding up to that length stays what it is; elsewhere the tokenizer would say that it makes no use of it.
    limit = given["max_length"] if given.get("padding") == "max_length" else given.pop("max_length")
    return {**kwargs, "processor_kwargs": given}, int(limit)


def check_rows_are_whole(input_ids: Any, attention_mask: Any, limit: int) -> None:
    """Refuse rows that are longer than `limit` tokens, the `max_length` of a recipe.

    Raises:
        ValueError: there are such; says how many and how long.
    """
    masks = attention_mask if attention_mask is not None else [[1] * len(ids) for ids in input_ids]
    lengths = [int(sum(mask)) for mask in (masks.tolist() if hasattr(masks, "tolist") else masks)]
    longer = [length for length in lengths if length > limit]
    if longer:
        raise ValueError(
            f"max_length is {limit}, and {len(longer)} of the {len(lengths)} rows of this batch are longer, the "
            f"longest {max(longer)} tokens: their answers would be cut, or their recordings. Set max_length: null in "
            f"the recipe, or one of at least {max(longer)}, or leave such rows out; `audio-reasoner inspect-labels` "
            "counts them."
        )


__all__ = ["TrainingBatch", "check_labels", "check_rows_are_whole", "without_truncation"]
