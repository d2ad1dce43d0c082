"""Batches for training that would teach something else than answers -> an error before the step that they are for.

TRL's collator takes no hook of a model's: it calls the processor, and writes the labels into what that returns. So
what the processor returns looks at the labels. Knows tokens alone, neither recordings nor weights.
"""

from __future__ import annotations

import re
from typing import Any

import torch
from transformers import BatchFeature


NO_LABEL = -100
"""Of a token that is not trained on."""
_MARK = re.compile(r"\{%-?\s*generation\b")


class TrainingBatch(BatchFeature):
    """Whole conversations, encoded, which look at the `labels` that are put among them.

    Raises:
        ValueError: a label stands on a recording's placeholder, or a row has no label at all.
    """

    placeholder: int | None = None
    """The token for an audio embedding; None in a copy, whose labels were looked at before."""

    def __setitem__(self, name: str, value: Any) -> None:
        if name == "labels" and self.placeholder is not None:
            check_labels(value, self.placeholder)
        super().__setitem__(name, value)


def check_labels(labels: Any, placeholder: int) -> None:
    """Refuse labels of which the model would not learn to answer.

    Args:
        labels: (rows, length), or of one row (length,); a tensor, an array or lists, whose rows may differ in length.
        placeholder: the token for an audio embedding.

    Raises:
        ValueError: a label is the placeholder of a recording, or a row has none but -100.
    """
    rows = [torch.as_tensor(row) for row in labels]
    if all(row.dim() == 0 for row in rows):
        rows = [torch.as_tensor(labels)]
    if found := sum(int((row == placeholder).sum()) for row in rows):
        raise ValueError(
            f"{found} labels of this batch stand on the placeholders of recordings: the model would learn to write "
            "placeholders and questions. Set assistant_only_loss: true in the recipe; in code of your own, make the "
            "labels -100 outside the answers (return_assistant_tokens_mask=True)."
        )
    if empty := [number for number, row in enumerate(rows, 1) if not (row != NO_LABEL).any()]:
        raise ValueError(
            f"Row {empty[0]} of this batch has no token to train on ({len(empty)} of {len(rows)} rows have none): "
            "leave rows without an answer out, and mark answers in the chat template ({% generation %})."
        )


def unmarked_answers(template: str) -> str | None:
    """What is wrong with a chat template that does not mark what an assistant writes; None where it does."""
    if _MARK.search(template):
        return None
    return (
        "The chat template does not mark what an assistant writes, so no answer would be trained on. Put "
        "{% generation %} and {% endgeneration %} around it, or take the template of this model's code."
    )


def without_truncation(kwargs: dict[str, Any]) -> tuple[dict[str, Any], int | None]:
    """The arguments of `apply_chat_template` without those that cut rows, and the length at which they would.

    They may stand beside the messages, in `processor_kwargs`, or in the `text_kwargs` of those.
    """
    given = dict(kwargs.get("processor_kwargs") or {})
    places = [dict(kwargs), given]
    if given.get("text_kwargs"):
        given["text_kwargs"] = dict(given["text_kwargs"])
        places.append(given["text_kwargs"])
    if not any(place.get("truncation") for place in places):
        return kwargs, None
    limits = [int(place["max_length"]) for place in places if place.get("max_length") is not None]
    # Padding up to that length stays what it is; elsewhere the tokenizer would say that it makes no use of it.
    padded = any(place.get("padding") == "max_length" for place in places)
    for place in places:
        place.pop("truncation", None)
        if not padded:
            place.pop("max_length", None)
    return {**places[0], "processor_kwargs": given}, min(limits, default=None)


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


__all__ = [
    "NO_LABEL",
    "TrainingBatch",
    "check_labels",
    "check_rows_are_whole",
    "unmarked_answers",
    "without_truncation",
]
