"""A folder of CoTA to the Hub: what would be sent, and sending it in a way that goes on after a broken connection."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from .card import card_of_repository
from .check import check_shards


CARD = "README.md"
NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")


@dataclass(frozen=True)
class Upload:
    """What would be sent.

    Args:
        folder: of CoTA.
        repository: `ORG/NAME` of a data set on the Hub.
        files: path in the folder and size in bytes.
        card: the text of README.md, which reads the repository where the folder's reads the folder.
    """

    folder: Path
    repository: str
    files: tuple[tuple[str, int], ...]
    card: str


def plan_upload(folder: Path, repository: str) -> Upload:
    """Check a folder and list what would be sent of it.

    Raises:
        ValueError: the folder is not whole, or the name is not `ORG/NAME`.
    """
    if not NAME.fullmatch(repository):
        raise ValueError(f"{repository!r} is not the name of a repository: give ORG/NAME, such as my-lab/cota.")
    check_shards(folder)
    card = card_of_repository((folder / CARD).read_text(encoding="utf-8"), repository)
    files = tuple(
        (name, len(card.encode()) if name == CARD else path.stat().st_size)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and (name := path.relative_to(folder).as_posix())
    )
    return Upload(folder, repository, files, card)


def send(upload: Upload, private: bool = False, revision: str | None = None) -> None:
    """Make the repository where it is not there, and send the folder in parts; a second call goes on with the rest.

    Raises:
        huggingface_hub.errors.HfHubHTTPError: the Hub refused, such as for a missing token.
    """
    from huggingface_hub import HfApi

    api = HfApi()
    api.create_repo(upload.repository, repo_type="dataset", private=private, exist_ok=True)
    if revision is not None:
        api.create_branch(upload.repository, repo_type="dataset", branch=revision, exist_ok=True)
    api.upload_large_folder(
        repo_id=upload.repository,
        folder_path=upload.folder,
        repo_type="dataset",
        revision=revision,
        private=private,
        allow_patterns=[name for name, _ in upload.files if name != CARD],
        print_report=False,
    )
    # Last, since it names the shards: until then nobody reads half a data set.
    api.upload_file(
        path_or_fileobj=upload.card.encode(),
        path_in_repo=CARD,
        repo_id=upload.repository,
        repo_type="dataset",
        revision=revision,
    )
