"""Reads and copies the safetensors files of a model folder without loading a tensor.

A file is 8 bytes with the length of a JSON header, the header (name -> dtype, shape, place), and the tensors' bytes:
tensors get other names by another header before the same bytes. Knows nothing of models. It is not among the files
that travel with the weights.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


SINGLE_FILE = "model.safetensors"
INDEX_FILE = "model.safetensors.index.json"
CHUNK = 1 << 24
"""Bytes that are in memory at once."""


@dataclass(frozen=True)
class WeightFile:
    """A safetensors file.

    Args:
        path: where it is.
        header: its JSON header: `{"dtype", "shape", "data_offsets"}` by name, and perhaps `__metadata__`.
        data_start: where the tensors begin, in bytes.
    """

    path: Path
    header: dict[str, Any]
    data_start: int

    @property
    def tensors(self) -> dict[str, dict[str, Any]]:
        """The header without its metadata."""
        return {name: entry for name, entry in self.header.items() if name != "__metadata__"}

    @property
    def data_bytes(self) -> int:
        """Bytes of all tensors."""
        return max((entry["data_offsets"][1] for entry in self.tensors.values()), default=0)


def read_weight_files(folder: Path) -> list[WeightFile]:
    """The weight files of a folder, one or all that its index names, with their headers.

    Raises:
        ValueError: the folder holds none, lacks one that the index names, or one is cut off or not safetensors.
    """
    index = folder / INDEX_FILE
    if index.is_file():
        try:
            names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
        except (json.JSONDecodeError, KeyError, AttributeError) as error:
            raise ValueError(f"{index} is not an index of weights: fetch it again.") from error
    elif (folder / SINGLE_FILE).is_file():
        names = [SINGLE_FILE]
    else:
        raise ValueError(
            f"{folder} holds neither {SINGLE_FILE} nor {INDEX_FILE}: name a folder with weights in safetensors."
        )
    lacking = [name for name in names if not (folder / name).is_file()]
    if lacking:
        raise ValueError(f"{folder} lacks {', '.join(lacking)}, which {index.name} names: fetch the files again.")
    return [read_weight_file(folder / name) for name in names]


def read_weight_file(path: Path) -> WeightFile:
    """One file's header, checked against the file's size.

    Raises:
        ValueError: the file is cut off or not safetensors.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= size - 8:
            raise ValueError(f"{path} is not a whole safetensors file: fetch it again.")
        try:
            header = json.loads(file.read(length))
            found = WeightFile(path, header, 8 + length)
            expected = found.data_start + found.data_bytes
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{path} is not a safetensors file: its header cannot be read.") from error
    if size != expected:
        raise ValueError(f"{path} has {size:,} bytes where its header announces {expected:,}: fetch it again.")
    return found


def copy_renamed(source: WeightFile, target: Path, rename: Callable[[str], str]) -> Iterator[int]:
    """Copy a file with other names for its tensors, bit for bit, `CHUNK` bytes at a time.

    Args:
        source: the file.
        target: the file to write.
        rename: from the name of a tensor to its new one.

    Yields:
        Bytes copied, after each chunk.
    """
    header = {name if name == "__metadata__" else rename(name): entry for name, entry in source.header.items()}
    yield from _copy_bytes(source, target, header, 0, source.data_bytes)


def copy_tensor(source: WeightFile, name: str, target: Path, new_name: str) -> Iterator[int]:
    """Copy one tensor of a file into a file of its own, under another name; yields as `copy_renamed` does."""
    entry = source.tensors[name]
    start, end = entry["data_offsets"]
    header = {"__metadata__": {"format": "pt"}, new_name: {**entry, "data_offsets": [0, end - start]}}
    yield from _copy_bytes(source, target, header, start, end)


def _copy_bytes(source: WeightFile, target: Path, header: dict[str, Any], start: int, end: int) -> Iterator[int]:
    """Write a header and the bytes from `start` to `end` of a file's tensors."""
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % 8)
    with source.path.open("rb") as reader, target.open("wb") as writer:
        reader.seek(source.data_start + start)
        writer.write(len(encoded).to_bytes(8, "little") + encoded)
        left = end - start
        while chunk := reader.read(min(CHUNK, left)):
            writer.write(chunk)
            left -= len(chunk)
            yield len(chunk)


def write_index(files: dict[str, list[str]], total_bytes: int, folder: Path) -> None:
    """Write the index of several files.

    Args:
        files: the names of the tensors in each file.
        total_bytes: of all tensors.
        folder: where the files are.
    """
    weight_map = {name: file for file, names in files.items() for name in names}
    index = {"metadata": {"total_size": total_bytes}, "weight_map": dict(sorted(weight_map.items()))}
    (folder / INDEX_FILE).write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")
