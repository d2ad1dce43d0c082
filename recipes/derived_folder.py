"""Folders in the Hub's layout that scripts make of CoTA: its splits read, theirs written, in a place of theirs.

Knows nothing of what the rows are.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any


SPLITS = ("train", "validation")
# The description names the content: `datasets` caches a folder under its README's configs and would load older rows.
README = """---
configs:
- config_name: default
  description: content {digest}
  data_files:
  - split: train
    path: data/train.parquet
  - split: validation
    path: data/validation.parquet
---

{about}
"""


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


def read_split(dataset_name: str, split: str, columns: Iterable[str]) -> Any:
    """A split of CoTA.

    Raises:
        ValueError: it lacks one of `columns`.
    """
    from datasets import load_dataset

    rows = load_dataset(dataset_name, split=split)
    if lacking := [name for name in columns if name not in rows.column_names]:
        raise ValueError(f"{dataset_name} lacks the column {lacking[0]}: build it with audio-reasoner build.")
    return rows


def write_split(folder: Path, split: str, rows: Iterable[dict[str, Any]], features: Any, digest: Any) -> int:
    """Write rows as a split of a folder, each also into `digest` (of hashlib); returns their number."""
    from datasets.arrow_writer import ParquetWriter

    (folder / "data").mkdir(exist_ok=True)
    count = 0
    # Row by row, since the clips of a large set do not fit into memory at once.
    with ParquetWriter(path=str(folder / "data" / f"{split}.parquet"), features=features, writer_batch_size=100) as to:
        for row in rows:
            to.write(row)
            digest.update(repr(row).encode())
            count += 1
        to.finalize()
    return count


def write_readme(folder: Path, digest: Any, about: str) -> None:
    """Write README.md: the splits, what names their content, and a text about them."""
    text = README.format(digest=digest.hexdigest()[:16], about=about)
    (folder / "README.md").write_text(text, encoding="utf-8")
