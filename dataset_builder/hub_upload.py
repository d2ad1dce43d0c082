"""A folder of CoTA to the Hub: what would be sent, and sending it in a way that goes on after a broken connection."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from .check import check_shards


NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")


@dataclass(frozen=True)
class Upload:
    """What would be sent.

    Args:
        folder: of CoTA.
        repository: `ORG/NAME` of a data set on the Hub.
        files: path in the folder and size in bytes.
        card: the text of README.md.
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
    files = tuple(
        (path.relative_to(folder).as_posix(), path.stat().st_size)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    return Upload(folder, repository, files, (folder / "README.md").read_text(encoding="utf-8"))


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
        allow_patterns=[name for name, _ in upload.files],
        print_report=False,
    )
