"""What the checks of claims catch of sentences that they were not made with (tests/dataset_builder/checks)."""

from __future__ import annotations

import sys
from pathlib import Path

from dataset_builder.checks.check import CHECKS
from dataset_builder.checks.row_text import Row


SENTENCES = Path(__file__).parent.parent / "tests" / "dataset_builder" / "checks"


def recall() -> str:
    """A row for each check: false claims that it finds, and true sentences that it takes for false ones."""
    sys.path.insert(0, str(SENTENCES))
    from held_out_claims import FALSE, TRUE

    rows = ["| check | false sentences caught | true sentences refused |", "|---|---:|---:|"]
    for name in FALSE:
        caught, false = _failed(name, FALSE[name])
        refused, true = _failed(name, TRUE[name])
        rows.append(f"| `{name}` | {caught} of {false} | {refused} of {true} |")
    return "\n".join(rows) + "\n"


def _failed(check: str, groups: list[tuple[Row, list[str]]]) -> tuple[int, int]:
    """How many of the sentences fail a check, and how many there are."""
    # The sentence is not the last one: the conclusion of the reasoning may name the right answer.
    found = [
        CHECKS[check]({"question": "", "reasoning": f"{text} The bark comes a single time.", "measured": measured})
        for measured, texts in groups
        for text in texts
    ]
    return sum(message is not None for message in found), len(found)


TABLES = {"check_recall": recall}
