"""What makes a run train deaf, or on something else than answers: of a recipe, and of the rows it would train on.

Each fault is one sentence that says how much it concerns and what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.labels.row_sizes import RowSize
from modeling_audio_reasoner.training_audio_reasoner import unmarked_answers


def setting_faults(recipe: Any, columns: Sequence[str], processor: Any) -> list[str]:
    """Faults that a look at the recipe, the names of the columns and the chat template finds.

    With any of them no batch is built; without `messages`, or marks of answers, no row can be counted either.

    Args:
        recipe: as TRL reads it.
        columns: of the data set.
        processor: of the model, with the recipe's chat template.
    """
    faults = []
    if "messages" not in columns:
        faults.append(
            f"The data set has no column `messages` (but {', '.join(columns)}): TRL hands recordings on as parts of "
            "messages alone. Write each row as messages that end with the answer."
        )
    if not {"images", "image"} & set(columns):
        faults.append(
            "The data set has no column `images`, so TRL would leave every recording out. Give it one, empty in every "
            'row: dataset.add_column("images", [[]] * len(dataset)).'
        )
    if not recipe.training.assistant_only_loss:
        faults.append(
            "assistant_only_loss is off: the model would learn to write questions and placeholders of recordings. "
            "Set assistant_only_loss: true in the recipe."
        )
    if fault := unmarked_answers(template_of(processor)):
        faults.append(fault)
    return faults


def template_of(processor: Any) -> str:
    """The chat template that conversations are rendered by."""
    named = processor.chat_template
    return named.get("default", "") if isinstance(named, dict) else str(named)


def row_faults(sizes: Sequence[RowSize], max_length: int | None, max_duration: float) -> list[str]:
    """Faults that only a look at every row finds.

    Args:
        sizes: of all rows.
        max_length: tokens at which the recipe cuts rows, or None.
        max_duration: seconds of the longest recording that the model takes.
    """
    faults = []
    read = [size for size in sizes if not size.error]
    of_all = f"of {len(sizes)} rows"
    if damaged := [size for size in sizes if size.error]:
        first = damaged[0]
        faults.append(f"{len(damaged)} {of_all} cannot be read, the first of them {first.name}: {first.error}")
    if max_length is not None and (cut := [size for size in read if size.tokens > max_length]):
        longest = max(cut, key=lambda size: size.tokens)
        lost = sum(size.tokens - max_length for size in cut)
        deaf = sum(size.recordings_end > max_length for size in cut)
        faults.append(
            f"{len(cut)} {of_all} are longer than max_length ({max_length}), by {lost} tokens together; the longest, "
            f"{longest.name}, has {longest.tokens}. {deaf} would lose a part of a recording. Set max_length: null in "
            "the recipe, or leave them out."
        )
    if too_long := [size for size in read if size.longest_recording > max_duration]:
        longest = max(too_long, key=lambda size: size.longest_recording)
        faults.append(
            f"{len(too_long)} {of_all} hold a recording longer than the maximum of {max_duration:g} s; the longest, "
            f"of {longest.name}, lasts {longest.longest_recording:g} s. Split it, leave it out, or raise max_duration "
            "of the feature extractor."
        )
    if unanswered := [size for size in read if not size.trained]:
        faults.append(
            f"{len(unanswered)} {of_all} have no token to train on, the first of them {unanswered[0].name}: leave "
            "them out."
        )
    if read and not any(size.seconds for size in read):
        faults.append(
            f"None {of_all} holds a recording: the model would learn to answer without listening. Put each clip into "
            'the messages, as a part {"type": "audio", "audio": CLIP} before the question.'
        )
    return faults


def held_out_faults(sizes: Sequence[RowSize]) -> list[str]:
    """Faults of rows to evaluate on that are none of rows to train on."""
    varied = [size for size in sizes if size.varied]
    if not varied:
        return []
    return [
        f"{len(varied)} of {len(sizes)} rows hold a recording with an `augmentation`, the first of them "
        f"{varied[0].name}, so each evaluation would hear another variant: write the rows without, as "
        "recipes/augmented_rows.py does."
    ]


def row_warnings(sizes: Sequence[RowSize]) -> list[str]:
    """What may be meant, or not."""
    read = [size for size in sizes if not size.error]
    silent = [size for size in read if not size.seconds]
    if not silent or len(silent) == len(read):
        return []
    return [
        f"{len(silent)} of {len(sizes)} rows hold no recording, the first of them {silent[0].name}. They are trained "
        "on as text: leave them out where each was meant to hold one."
    ]
