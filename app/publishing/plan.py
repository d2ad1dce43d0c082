"""What would be sent of a folder, and to where. Knows nothing of what models, data sets and Spaces need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


CARD = "README.md"
Kind = Literal["model", "dataset", "space"]


@dataclass(frozen=True)
class PlannedFile:
    """A file of the repository.

    Args:
        name: its path in the repository.
        content: the file on disk, or what it holds where it is made for sending.
    """

    name: str
    content: Path | bytes

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.content) if isinstance(self.content, bytes) else self.content.stat().st_size

    def read(self) -> bytes:
        """What it holds."""
        return self.content if isinstance(self.content, bytes) else self.content.read_bytes()


@dataclass(frozen=True)
class Plan:
    """All that would be sent.

    Args:
        kind: of the repository.
        folder: that it comes from.
        repository: `ORG/NAME`.
        files: with the card, README.md.
        left_out: what lies in the folder and is not sent, by name.
        notes: sentences to be read before sending.
        card_for: the card's text for a commit that its code shall pin; None where no code in it names one.
    """

    kind: Kind
    folder: Path
    repository: str
    files: tuple[PlannedFile, ...]
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    card_for: Callable[[str], str] | None = field(default=None, compare=False)

    @property
    def size(self) -> int:
        """In bytes."""
        return sum(file.size for file in self.files)

    @property
    def card(self) -> str:
        """The text of README.md."""
        return next(file.read().decode() for file in self.files if file.name == CARD)

    def card_at(self, commit: str) -> str:
        """The text of README.md once `commit` holds the rest."""
        return self.card if self.card_for is None else self.card_for(commit)


def check_repository(name: str) -> str:
    """`ORG/NAME`, if it is one that the Hub takes.

    Raises:
        ValueError: it is not.
    """
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id

    reason = "it has no owner" if "/" not in name else None
    try:
        validate_repo_id(name)
    except HFValidationError as error:
        reason = str(error)
    if reason is not None or name.startswith("/"):
        raise ValueError(f"{name!r} is not the name of a repository ({reason}): give ORG/NAME, such as my-lab/model.")
    return name


def check_folder(folder: Path, what: str) -> None:
    """Raise ValueError unless there is a folder; `what` says of what it should be."""
    if not folder.is_dir():
        found = "is a file" if folder.exists() else "is not there"
        raise ValueError(f"{folder} {found}: name the folder of {what}.")


def hidden(path: Path, folder: Path) -> bool:
    """Whether a file is hidden, or lies in a folder that is, or was written by Python for itself."""
    return any(part.startswith(".") or part == "__pycache__" for part in path.relative_to(folder).parts)
