"""An archive in which a benchmark's recordings are published, unpacked once beside the folder that holds it."""

from __future__ import annotations

import lzma
import shutil
import tarfile
import tempfile
import zlib
from pathlib import Path, PurePosixPath


MARKER = ".unpacked"
"""In the folder of the members: size and date of the archive that they are of."""
_BLOCK = tarfile.BLOCKSIZE


def unpacked(archive: Path) -> Path:
    """The folder with the members of a tar archive: "<folder>-<archive>" beside the folder in which the archive lies.

    What was unpacked of the same archive before is taken as it is. The folder is there whole or not at all.

    Raises:
        ValueError: the archive is broken; a member is neither a file nor a folder, or would lie outside; or another
            folder of that name is in the way. Names the archive, and the member.
        OSError: the members cannot be written there.
    """
    # Resolved: "." has a name then. The archive itself may be a link into the Hub's cache.
    folder = archive.parent.resolve()
    target = folder.with_name(f"{folder.name}-{archive.name.partition('.')[0]}")
    facts = archive.stat()
    stamp = f"{facts.st_size} {facts.st_mtime_ns}"
    if _is_of(target, stamp):
        return target
    if target.exists() and not (target / MARKER).is_file():
        raise ValueError(f"{target} is in the way: {archive} is unpacked there; remove or rename it.")
    with tempfile.TemporaryDirectory(prefix=f"{target.name}.", dir=folder.parent) as scratch:
        partial = Path(scratch) / "members"
        partial.mkdir()
        _unpack(archive, partial)
        (partial / MARKER).write_text(stamp, encoding="utf-8")
        if _is_of(target, stamp):  # another process was faster
            return target
        if target.exists():
            shutil.rmtree(target)
        partial.rename(target)
    return target


def _is_of(target: Path, stamp: str) -> bool:
    marker = target / MARKER
    return marker.is_file() and marker.read_text(encoding="utf-8") == stamp


def _unpack(archive: Path, folder: Path) -> None:
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                place = folder / _place(member, archive)
                if member.isdir():
                    place.mkdir(parents=True, exist_ok=True)
                    continue
                place.parent.mkdir(parents=True, exist_ok=True)
                contents = tar.extractfile(member)
                assert contents is not None  # of a file there are some
                with contents, place.open("wb") as written:
                    shutil.copyfileobj(contents, written, 1 << 20)
            _check_end(tar)
    except (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, OSError) as error:
        # What gzip and bzip2 find broken is an OSError without a number; the others are the disk's.
        if getattr(error, "errno", None) is not None:
            raise
        # tarfile names every compression that it tried, a line each.
        reason = str(error).splitlines()[0].rstrip(":")
        raise ValueError(f"{archive} is broken ({reason}): download it again.") from None


def _place(member: tarfile.TarInfo, archive: Path) -> Path:
    """Where a member lies, from the folder of the members."""
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts:
        raise ValueError(f"{archive}: the member {member.name!r} would lie outside its folder; do not use it.")
    if not (member.isfile() or member.isdir()):
        raise ValueError(f"{archive}: the member {member.name!r} is no file and no folder; do not use it.")
    return Path(*name.parts)


def _check_end(tar: tarfile.TarFile) -> None:
    """Raise ReadError unless the archive ends where its members do.

    tarfile takes a header that it cannot read for the end. After a true end, a block of zeros, zeros follow; and that
    a compressed archive is whole shows at its end alone.
    """
    stream = tar.fileobj
    assert stream is not None
    zeros = 0
    while rest := stream.read(1 << 20):
        if rest.strip(b"\0"):
            raise tarfile.ReadError("what follows the last member is no end")
        zeros += len(rest)
    if zeros < _BLOCK:
        raise tarfile.ReadError("its end is missing")
