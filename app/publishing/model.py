"""A model folder: what would be sent, with a card that is rendered for the repository. Writes nothing into it."""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.publishing.licences import hub_licence, verdict_for_weights
from app.publishing.model_code import altered_code
from app.publishing.model_files import model_files
from app.publishing.plan import CARD, Plan, PlannedFile, check_folder, check_repository
from app.publishing.row_licences import check_licences, licences_of_rows


if TYPE_CHECKING:
    from evaluation.card import CardSettings


def plan_model(
    folder: Path, repository: str, settings: CardSettings, permitted: Sequence[str] = (), own_card: bool = False
) -> Plan:
    """Check a model folder and list what would be sent.

    Args:
        folder: that the model and its processor were saved to.
        repository: `ORG/NAME`.
        settings: what its card is written from; `repo_id` is the repository's name.
        permitted: licence expressions of the training data's rows that the publisher has leave for.
        own_card: send the folder's README.md as it is.

    Raises:
        ValueError: the folder is not whole or holds what may not be sent, the name is not `ORG/NAME`, the card cannot
            be written, or the licences of the training data do not allow the one that was asked for.
    """
    from evaluation.card import pinned
    from evaluation.curves import FIGURE

    check_repository(repository)
    check_folder(folder, "a model")
    files, left_out = model_files(folder, pictures=(FIGURE,))
    notes = _licence_notes(settings, permitted)
    if altered := altered_code(folder, {file.name for file in files if file.name.endswith(".py")}):
        more = f" and {len(altered) - 1} more" if len(altered) > 1 else ""
        notes.append(f"Code of the folder is not this version's ({altered[0]}{more}); the folder's own is sent.")
    if own_card:
        card = _own_card(folder)
    else:
        card, picture = _rendered(folder, replace(settings, repo_id=repository))
        files = [file for file in files if file.name != FIGURE]
        files += [] if picture is None else [PlannedFile(FIGURE, picture)]
        if _is_written(folder / CARD, card):
            notes.append(
                f"{folder / CARD} stays here: the card that is shown by --dry-run goes out in its place; --own-card "
                "sends the folder's as it is."
            )
    files.append(PlannedFile(CARD, card.encode()))
    files = sorted(files, key=lambda file: file.name)
    card_for = None if own_card else partial(pinned, card)
    return Plan("model", folder, repository, tuple(files), tuple(left_out), tuple(notes), card_for)


def _rendered(folder: Path, settings: CardSettings) -> tuple[str, bytes | None]:
    """The card's text, and the picture of the training's curves where a log was left."""
    from evaluation.card import rendered_card
    from evaluation.curves import FIGURE, write_curves

    card = rendered_card(folder, settings)
    if card.curves is None:
        return card.text, None
    with tempfile.TemporaryDirectory(prefix="audio-reasoner-") as place:
        write_curves(card.curves, Path(place) / FIGURE)
        return card.text, (Path(place) / FIGURE).read_bytes()


def _own_card(folder: Path) -> str:
    """The folder's README.md, if it can be published.

    Raises:
        ValueError: it is not there, is TRL's draft, has no licence or loads remote code that it does not pin.
    """
    from app.publishing.space import front_matter
    from evaluation.card import is_draft

    path = folder / CARD
    metadata = front_matter(path)
    if is_draft(path):
        raise ValueError(f"{path}: this is the draft of TRL's trainer: leave --own-card out, and a card is written.")
    if "license" not in metadata:
        raise ValueError(f"{path}: its metadata names no `license`.")
    text = path.read_text(encoding="utf-8")
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        if "trust_remote_code=True" in block and "revision=" not in block:
            raise ValueError(f"{path}: its code has trust_remote_code=True without revision=: pin what it runs.")
    return text


def _is_written(path: Path, card: str) -> bool:
    """Whether a README.md is there that somebody wrote: neither TRL's draft nor what is sent anyway."""
    from evaluation.card import is_draft, pinned

    if not path.is_file() or is_draft(path):
        return False
    return pinned(path.read_text(encoding="utf-8"), "") != pinned(card, "")


def _licence_notes(settings: CardSettings, permitted: Sequence[str]) -> list[str]:
    """Sentences on the licences of the training data.

    Raises:
        ValueError: some do not allow the one of the weights.
    """
    asked = hub_licence(settings.license)
    if settings.data is None:
        return ["The training data was not given (--data), so its licences were not looked at."]
    manifest = settings.data / "manifest.json"
    if not manifest.is_file():
        raise ValueError(f"{settings.data}: no manifest.json; give the folder that `audio-reasoner build` wrote.")
    rows = licences_of_rows(settings.data, json.loads(manifest.read_text(encoding="utf-8")))
    notes = check_licences(rows, asked, permitted, verdict_for_weights)
    counted: Counter[str] = Counter()
    for (_, expression), count in rows.items():
        counted.update(dict.fromkeys(expression.split(" AND "), count))
    listed = ", ".join(f"{name} ({count:,} rows)" for name, count in counted.most_common())
    return [*notes, f"The weights go out under {asked}; the recordings they were trained on are under {listed}."]
