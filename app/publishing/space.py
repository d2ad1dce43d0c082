"""A folder with a page of Gradio: what would be sent to a Space. Knows nothing of what the page shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.publishing.plan import CARD, Plan, PlannedFile, check_folder, check_repository, hidden


SDK = "gradio"
REQUIREMENTS = "requirements.txt"
LARGEST = 50_000_000
"""Bytes of a file; a Space loads its model from the model's own repository."""
NOT_SENT = (".safetensors", ".parquet", ".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".gguf")


def plan_space(folder: Path, repository: str) -> Plan:
    """Check that a folder is a Space of Gradio, and list what would be sent.

    Raises:
        ValueError: the name is not `ORG/NAME`, the folder lacks a file, its README.md says other things than that,
            or it holds weights, a pickle or a file that is too large.
    """
    check_repository(repository)
    check_folder(folder, "a Space")
    files, left_out = [], []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        if hidden(path, folder):
            left_out.append(name)
            continue
        if path.suffix.lower() in NOT_SENT:
            raise ValueError(
                f"{path}: weights, data and pickles are not part of a Space, which loads them from their own "
                "repository: take it out."
            )
        if path.stat().st_size > LARGEST:
            raise ValueError(f"{path} has {path.stat().st_size / 1e6:.0f} MB; a Space's files have 50 at most.")
        files.append(PlannedFile(name, path))
    names = {file.name for file in files}
    app_file = _app_file(folder, names)
    if REQUIREMENTS not in names:
        raise ValueError(f"{folder}: no {REQUIREMENTS}; list what {app_file} imports besides gradio.")
    return Plan("space", folder, repository, tuple(files), tuple(left_out), tuple(_notes(folder, files)))


def _app_file(folder: Path, names: set[str]) -> str:
    """The file that the Space runs, as its README.md says."""
    metadata = front_matter(folder / CARD)
    if metadata.get("sdk") != SDK:
        raise ValueError(f"{folder / CARD}: `sdk` is {metadata.get('sdk')!r}; a Space that is sent has `sdk: {SDK}`.")
    app_file = metadata.get("app_file", "app.py")
    if app_file not in names:
        raise ValueError(f"{folder / CARD}: `app_file` is {app_file!r}, and the folder has no such file.")
    return app_file


def front_matter(card: Path) -> dict[str, Any]:
    """The metadata between the first two lines `---` of a card.

    Raises:
        ValueError: there is no such file, or it holds none.
    """
    import yaml

    if not card.is_file():
        raise ValueError(f"{card.parent}: no {card.name}, whose metadata says what the repository is.")
    parts = card.read_text(encoding="utf-8").split("---\n")
    try:
        found = yaml.safe_load(parts[1]) if len(parts) > 2 and not parts[0].strip() else None
    except yaml.YAMLError as error:
        raise ValueError(f"{card}: its metadata is no YAML ({' '.join(str(error).split())}).") from None
    if not isinstance(found, dict):
        raise ValueError(f"{card}: no metadata between two lines `---` at its beginning.")
    return found


def _notes(folder: Path, files: list[PlannedFile]) -> list[str]:
    """A sentence for each program that runs a repository's code without pinning it."""
    return [
        f"{file.name} has trust_remote_code and no revision: the Space would run whatever code that repository holds "
        "later. Pin it to a commit."
        for file in files
        if file.name.endswith(".py") and "trust_remote_code" in (text := file.read().decode()) and
        "revision" not in text
    ]  # fmt: skip
