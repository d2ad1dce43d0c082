"""A recipe looked at before it trains: the first batch, figures of the split, and faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from app.labels.batch_rows import BatchRow, mismatches, rows_of
from app.labels.faults import held_out_faults, row_faults, row_warnings, setting_faults, template_of
from app.labels.figures import split_figures
from app.labels.row_sizes import RowSize, row_sizes
from app.labels.trainer import Recipe, first_batch, load_processor, load_split, trainer_of
from modeling_audio_reasoner.training_audio_reasoner import unmarked_answers


@dataclass
class Inspection:
    """What was found; without rows where no batch could be built."""

    split: str
    rows: list[BatchRow] = field(default_factory=list)
    shapes: dict[str, list[int]] = field(default_factory=dict)
    """Of the tensors of the batch."""
    figures: dict[str, Any] = field(default_factory=dict)
    looked_at: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By split, rows that were read one by one, and all of its rows."""
    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    """What may be meant, or not."""

    def as_dict(self) -> dict[str, Any]:
        """All of it, for JSON."""
        counts = [{"tokens": row.tokens, "trained": row.trained, "padding": row.padding} for row in self.rows]
        rows = [{**count, **asdict(row)} for count, row in zip(counts, self.rows, strict=True)]
        return {**asdict(self), "rows": rows}


def evenly(count: int, limit: int | None) -> list[int]:
    """Places of `limit` rows of `count`, spread over all of them; all where that is not less."""
    if limit is None or limit >= count:
        return list(range(count))
    return [number * count // limit for number in range(limit)]


def inspect(
    recipe: Recipe,
    split: str | None = None,
    progress: Callable[[str, int, int], None] | None = None,
    limit: int | None = None,
) -> Inspection:
    """Build the first batch of a recipe with TRL's trainer, and look at every row of the split.

    Of the split that the recipe evaluates on, the rows are looked at for faults.

    Args:
        recipe: as TRL reads it.
        split: in place of the recipe's own to train on.
        progress: called with what is done, how many rows of it are, and of how many.
        limit: rows of each split to look at, evenly chosen; all when left out.

    Raises:
        ValueError, OSError: recipe, data set or model cannot be read.
    """
    if recipe.script.dataset_streaming or recipe.mixture.streaming:
        raise ValueError(f"{recipe.path} streams its data set, whose rows cannot be counted: pass it without.")
    rows, processor = load_split(recipe, split), load_processor(recipe)
    found = Inspection(split or recipe.script.dataset_train_split)
    found.faults = setting_faults(recipe, rows.column_names, processor)
    if "messages" not in rows.column_names or unmarked_answers(template_of(processor)):
        return found

    def measure(rows: Any, name: str, split: str) -> tuple[list[RowSize], list[int]]:
        places = evenly(len(rows), limit)
        found.looked_at[split] = (len(places), len(rows))
        report = None if progress is None else partial(progress, name)
        return row_sizes(rows, processor, progress=report, places=places), places

    buildable = not found.faults
    training, longest = recipe.training, processor.feature_extractor.max_duration
    sizes, places = measure(rows, "Rows", found.split)
    column = training.length_column_name
    lengths = rows.select(places)[column] if column in rows.column_names else None
    batch_size, step = training.per_device_train_batch_size, training.gradient_accumulation_steps
    found.figures = split_figures(sizes, batch_size, training.train_batch_size * step, lengths, training.seed)
    found.faults += row_faults(sizes, recipe.max_length, longest)
    found.warnings = row_warnings(sizes)
    held_out = recipe.script.dataset_test_split
    if training.eval_strategy != "no" and held_out != found.split:
        try:
            sizes, _ = measure(load_split(recipe, held_out), f"Rows of {held_out}", held_out)
        except ValueError as error:
            found.faults.append(f"The recipe evaluates on its dataset_test_split. {error}")
        else:
            faults = row_faults(sizes, recipe.max_length, longest) + held_out_faults(sizes)
            found.faults += [f"Of {held_out}, {fault}" for fault in faults]
            found.warnings += [f"Of {held_out}, {warning}" for warning in row_warnings(sizes)]
    if not buildable:
        return found
    with TemporaryDirectory() as folder:
        try:
            batch, examples = first_batch(trainer_of(recipe, rows, processor, Path(folder)))
        except (ValueError, OSError) as error:
            found.faults.append(f"The first batch cannot be built: {error}")
            return found
    found.shapes = {name: list(tensor.shape) for name, tensor in batch.items()}
    found.rows = rows_of(batch, examples, processor)
    found.faults += mismatches(found.rows)
    return found
