"""An inspection as people read it: what is trained on in colour, or in brackets where there are no colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.labels.batch_rows import BatchRow
from app.labels.inspection import Inspection


if TYPE_CHECKING:
    from rich.text import Text

BRACKETS = ("⟦", "⟧")


def row_text(row: BatchRow, coloured: bool) -> Text:
    """The tokens of a row, placeholders and padding folded."""
    from rich.text import Text

    text = Text()
    for span in row.spans:
        shown = span.text if span.kind == "text" else f"{span.text} x {span.tokens}"
        style = {"audio": "cyan", "padding": "dim"}.get(span.kind, "")
        if not span.trained:
            text.append(shown, style)
        elif coloured:
            text.append(shown, "bold green")
        else:
            text.append(shown.join(BRACKETS))
    # A span ends in a line's end where the next turn begins: one is enough between two rows.
    text.rstrip()
    return text


def row_heading(row: BatchRow) -> list[str]:
    """Lines that stand above a row: its tokens, and each recording with its placeholders and embeddings."""
    lines = [f"{row.name}: {row.tokens} tokens, {row.trained} of them trained on, and {row.padding} of padding"]
    for number, clip in enumerate(row.clips, 1):
        windows = "1 window" if clip.windows == 1 else f"{clip.windows} windows"
        held = f"{clip.placeholders} placeholders, {clip.embeddings} embeddings"
        lines.append(f"Recording {number}: {clip.seconds:.2f} s, {windows}, {held}")
    return lines


def batch_lines(found: Inspection) -> list[str]:
    """What the batch is made of."""
    shapes = [f"{name} {' x '.join(map(str, shape))}" for name, shape in found.shapes.items()]
    return [f"The first batch of {found.split}: {len(found.rows)} rows", ", ".join(shapes)]


def figure_lines(found: Inspection) -> list[str]:
    """Figures of the split."""
    figures = found.figures
    if "tokens" not in figures:
        return []
    padding, tokens, seconds = figures["padding_share"], figures["row_tokens"], figures["recording_seconds"]
    varied = figures.get("varied_recordings")
    note = f"{varied} recordings are varied each time they are read; the figures are of them as they are"
    read, whole = found.looked_at[found.split]
    of = f"All of {found.split}: {read}" if read == whole else f"Of {found.split}, evenly chosen: {read} of {whole}"
    lasting = (
        [f"Recordings: {seconds['shortest']:.2f} to {seconds['longest']:.2f} s, the median {seconds['median']:.2f} s"]
        if seconds
        else []
    )
    return [
        f"{of} rows, {figures['recordings']} recordings, {figures['audio_seconds']:.2f} s of audio",
        *lasting,
        f"Tokens: {figures['tokens']}, {figures['trained_share']:.1%} trained on, {figures['placeholder_share']:.1%} "
        "placeholders of recordings",
        f"Rows: {tokens['shortest']} to {tokens['longest']} tokens, the median {tokens['median']}, 95% up to "
        f"{tokens['95th_percentile']}",
        f"Padding in batches: {padding['grouped_by_length']:.1%} grouped by length, "
        f"{padding['in_random_order']:.1%} in random order",
        *([note] if varied else []),
    ]


def closing_line(found: Inspection) -> str:
    """What a look without a fault comes to: in how many rows none was found, and how many warnings there were."""
    rows = [
        f"{read} rows of {split}" if read == whole else f"{read} of the {whole} rows of {split}"
        for split, (read, whole) in found.looked_at.items()
    ]
    warned = {0: "", 1: " One warning stands above."}.get(
        len(found.warnings), f" {len(found.warnings)} warnings stand above."
    )
    *parts, last = ["the recipe", "the first batch", *rows]
    return f"No fault was found in {', '.join(parts)} and {last}.{warned}"
