"""What a good figure might rest on besides understanding: the known confounds that the data's card names."""

from __future__ import annotations

import re
from pathlib import Path


# Said where the data's card names none.
UNKNOWN = "The data's card names no confounds; what the figures rest on besides hearing is not known."


def known_confounds(data: Path) -> list[str]:
    """The bullet points under the heading of the CoTA card (README.md) that has "confounds" in it, as plain lines."""
    card = data / "README.md"
    text = card.read_text(encoding="utf-8") if card.is_file() else ""
    section = re.search(r"^#+ [^\n]*confounds[^\n]*\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL | re.IGNORECASE)
    if section is None:
        return [UNKNOWN]
    points = re.findall(r"^[-*] (.*?)(?=^[-*] |^$|\Z)", section[1], re.MULTILINE | re.DOTALL)
    return [" ".join(point.split()) for point in points] or [UNKNOWN]
