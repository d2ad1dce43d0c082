"""Where a script may write a data set that it made of another one: in no place that holds anything else."""

from __future__ import annotations

from pathlib import Path


def check_place(dataset_name: str, output: Path, written_by: str) -> None:
    """Refuse a data set of someone else's, which has the same layout: it would be replaced.

    Args:
        dataset_name: what is read.
        output: the folder to write.
        written_by: words of the README.md of each folder that the script wrote.

    Raises:
        ValueError: `output` is what is read, or holds a data set without these words.
    """
    if output.is_dir() and Path(dataset_name).is_dir() and output.samefile(dataset_name):
        raise ValueError(f"{output} is the data set that is read: name another folder to write to.")
    readme = output / "README.md"
    if readme.is_file() and written_by not in readme.read_text(encoding="utf-8", errors="replace"):
        raise ValueError(
            f"{output} holds a data set that this script did not write (its README.md does not say so): name a new "
            "folder, since this one would be replaced."
        )
