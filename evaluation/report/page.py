"""Render the report's page from its record. Knows nothing of how the figures came about."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluation.table import margin_words, percent


if TYPE_CHECKING:
    import jinja2
    import markupsafe

TEMPLATE = "page.html.jinja"
SECTIONS = ("planning", "caption", "reasoning", "summary", "response")
HEARD = {"real": "the recordings", "silence": "silence", "shuffled": "another clip"}
STAGES = {"encoder": "encoder warm-up", "text": "text warm-up", "model": "joint training"}


def render_page(
    record: Mapping[str, Any], pictures: Mapping[str, Mapping[str, str]], players: Mapping[str, str]
) -> str:
    """The page as HTML with nothing outside itself.

    Args:
        record: what `evaluation.report.collect.collect` returns.
        pictures: data URIs by figure and look.
        players: data URIs of the recordings by row id.
    """
    return (
        templates()
        .get_template(TEMPLATE)
        .render(
            record=record,
            whole=record["table"][0],
            domains=[line for line in record["table"] if line["scope"] == "domain"],
            pictures=pictures,
            players=players,
            sections=SECTIONS,
            heard=HEARD,
            stages=STAGES,
            last_loss=record["loss"]["held_out"][-1][1] if record["loss"]["held_out"] else None,
        )
    )


def templates() -> jinja2.Environment:
    """The pages' templates, what they share, and their filters."""
    import jinja2

    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    environment.filters |= {"percent": percent, "margin": margin_words, "size": size, "code": code}
    environment.filters["spaced"] = lambda text: text.replace("_", " ")
    return environment


def size(count: int | None) -> str:
    """A count of parameters as read aloud: 64.0k, 1.8M, 8.4B."""
    if count is None:
        return "–"
    for unit, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if count >= unit:
            return f"{count / unit:.1f}{letter}"
    return str(count)


def code(text: str) -> markupsafe.Markup:
    """Text with `words in backquotes` as code; the rest is escaped."""
    import markupsafe

    parts = str(text).split("`")
    pieces = [
        markupsafe.Markup("<code>{}</code>").format(part) if place % 2 else markupsafe.escape(part)
        for place, part in enumerate(parts)
    ]
    return markupsafe.Markup("").join(pieces)
