"""Where the recordings that a card is about come from. Knows names of sources and no rows."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


SOURCES = Path(__file__).parent / "sources"


def origins(sources: Iterable[str], of_debian: bool) -> str:
    """Addresses of the corpora, in Markdown, a paragraph with an empty line before it; nothing where none is known.

    Args:
        sources: as rows name them.
        of_debian: whether recordings of Debian's packages are among them.
    """
    import yaml

    known: dict[str, str] = {}
    for source in sorted(set(sources)):
        description = SOURCES / "corpora" / f"{source}.yaml"
        if description.is_file():
            known[source] = yaml.safe_load(description.read_text(encoding="utf-8"))["home"]
    parts = [f"- `{source}`: {home}" for source, home in known.items()]
    said = ["Where the corpora can be had:\n\n" + "\n".join(parts)] if parts else []
    if of_debian:
        said.append((SOURCES / "debian" / "origin.md").read_text(encoding="utf-8").strip())
    return "".join(f"\n\n{text}" for text in said)
