"""A folder of CoTA: what would be sent, with the card that reads the repository."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.publishing.licences import PER_ROW, hub_licence
from app.publishing.plan import CARD, Plan, PlannedFile, check_folder, check_repository, hidden
from app.publishing.row_licences import check_licences, contradictions, licences_of_rows


def plan_dataset(folder: Path, repository: str, license: str | None = None, permitted: Sequence[str] = ()) -> Plan:
    """Check a folder, hold the licences of its rows against the asked one, and list what would be sent.

    Args:
        folder: that `audio-reasoner build` wrote.
        repository: `ORG/NAME`.
        license: the Hub's name of one licence for the whole; without it each row keeps its own.
        permitted: licence expressions of rows that the publisher has leave for.

    Raises:
        ValueError: the folder is not whole, the name is not `ORG/NAME`, or licences do not allow it.
    """
    from dataset_builder.card import card_of_repository
    from dataset_builder.card_front_matter import with_license
    from dataset_builder.check import check_shards

    check_repository(repository)
    check_folder(folder, "a data set that `audio-reasoner build` wrote")
    asked = PER_ROW if license is None else hub_licence(license)
    manifest = check_shards(folder)
    rows = licences_of_rows(folder, manifest)
    notes = check_licences(rows, asked, permitted) + contradictions(rows)
    card = card_of_repository((folder / CARD).read_text(encoding="utf-8"), repository)
    if license is not None:
        card = with_license(card, license.lower())
    names: list[str] = []
    left_out: list[str] = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        (left_out if hidden(path, folder) else names).append(name)
    files = [PlannedFile(name, card.encode() if name == CARD else folder / name) for name in names]
    return Plan("dataset", folder, repository, tuple(files), tuple(left_out), tuple(notes))
