"""Debian packages as a corpus: downloaded by apt, checked, unpacked into the cache without being installed.

Knows packages, members and hashes; knows nothing of what a recording in a package means. apt reads the
system's own sources, with lists of its own under the cache, so that it needs no root and disturbs nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tarfile
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO, cast

from .apt_index import POLL_SECONDS, AptIndex, IndexEntry, require_apt
from .disk_space import check_free_space, explained_disk_errors


MANIFEST = "package.json"
DOWNLOADS_AT_ONCE = 3


@dataclass(frozen=True)
class Package:
    """A Debian package and the members of it that are kept.

    Args:
        names: the package's name in each release that has another one; the first that the index holds is taken.
        members: patterns of the members to keep, without the leading `./`; `*` also matches `/`.
    """

    names: tuple[str, ...]
    members: tuple[str, ...]

    def wants(self, member: str) -> bool:
        return member.endswith("/copyright") or any(fnmatchcase(member, pattern) for pattern in self.members)


@dataclass(frozen=True)
class Unpacked:
    """A package in the cache: its folder and its files, path within the folder -> bytes."""

    folder: Path
    files: dict[str, int]

    def matching(self, pattern: str) -> list[re.Match[str]]:
        """The files whose whole path matches the regular expression `pattern`, as matches, sorted by path."""
        expression = re.compile(pattern)
        return [match for file in sorted(self.files) if (match := expression.fullmatch(file))]

    def only(self, pattern: str) -> Path:
        """The one file that matches `pattern`.

        Raises:
            OSError: there is none, or more than one.
        """
        found = self.matching(pattern)
        if len(found) != 1:
            raise OSError(f"{self.folder} holds {len(found)} files like {pattern} not one; delete it and fetch again.")
        return self.folder / found[0].string


def find_package(cache: Path, package: Package) -> Unpacked | None:
    """`package` as it lies in the cache, or None where it is not there whole or holds other members."""
    for name in package.names:
        folder = cache / "debian" / name
        try:
            manifest = json.loads((folder / MANIFEST).read_text())
        except (OSError, ValueError):
            continue
        if manifest.get("members") == list(package.members):
            return Unpacked(folder, manifest["files"])
    return None


def require_package(cache: Path, package: Package) -> Unpacked:
    """`package` as it lies in the cache, every file of it there in its full size.

    Raises:
        FileNotFoundError: it was not fetched.
        OSError: a file was deleted or changed since.
    """
    unpacked = find_package(cache, package)
    if unpacked is None:
        raise FileNotFoundError(
            f"The recordings of {package.names[0]} are not in {cache}; run `audio-reasoner fetch` first."
        )
    for file, size in unpacked.files.items():
        path = unpacked.folder / file
        try:
            found = path.stat().st_size
        except FileNotFoundError:
            found = None
        if found != size:
            state = "is missing" if found is None else f"has {found} bytes instead of {size}"
            raise OSError(f"{path} {state}; delete {unpacked.folder} and run `audio-reasoner fetch` again.")
    return unpacked


def fetch_packages(
    cache: Path,
    packages: Iterable[Package],
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Download and unpack those of `packages` that are not in `cache` yet.

    Args:
        progress: called with the bytes downloaded so far and those to download in all.

    Raises:
        OSError: no apt, no such package, a download that failed or whose hash is wrong, no space in the cache.
    """
    missing = [package for package in packages if find_package(cache, package) is None]
    if not missing:
        return
    require_apt()
    with explained_disk_errors(cache):
        apt = AptIndex(cache / "apt")
        entries = apt.find(package.names for package in missing)
        total = sum(entry.size for entry in entries)
        check_free_space(cache, total + sum(entry.installed_size for entry in entries))
        downloads = cache / "debian" / ".downloads"
        finished = threading.Event()
        with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
            futures = [
                pool.submit(_fetch_package, cache, apt, package, entry, downloads / entry.name, finished)
                for package, entry in zip(missing, entries, strict=True)
            ]
            pending = set(futures)
            try:
                while pending:
                    done, pending = wait(pending, timeout=POLL_SECONDS, return_when=FIRST_EXCEPTION)
                    for future in done:
                        future.result()
                    if progress is not None:
                        progress(_downloaded_bytes(futures, entries, downloads), total)
            except BaseException:
                finished.set()
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        shutil.rmtree(downloads, ignore_errors=True)
        shutil.rmtree(cache / "apt", ignore_errors=True)


def _downloaded_bytes(futures: list, entries: list[IndexEntry], downloads: Path) -> int:
    read = 0
    for future, entry in zip(futures, entries, strict=True):
        if future.done():
            read += entry.size
            continue
        for file in (downloads / entry.name).glob("**/*.deb*"):
            try:
                read += min(file.stat().st_size, entry.size)
            except FileNotFoundError:  # apt renames a download when it is whole
                continue
    return read


def _fetch_package(
    cache: Path, apt: AptIndex, package: Package, entry: IndexEntry, folder: Path, stop: threading.Event
) -> None:
    if stop.is_set():
        return
    folder.mkdir(parents=True, exist_ok=True)
    deb = apt.download(entry, folder, stop)
    check_sha256(deb, entry)
    unpack_package(cache, package, entry, deb)
    shutil.rmtree(folder, ignore_errors=True)


def check_sha256(deb: Path, entry: IndexEntry) -> None:
    """Compare a downloaded package with the index; a wrong one is deleted.

    Raises:
        OSError: size or hash is not the index's.
    """
    with deb.open("rb") as stream:
        digest = hashlib.sha256()
        while block := stream.read(1 << 20):
            digest.update(block)
    found = digest.hexdigest()
    if found != entry.sha256:
        deb.unlink()
        raise OSError(
            f"The download of {entry.name} {entry.version} has the SHA-256 {found}, the package index says "
            f"{entry.sha256}; it was deleted, run the command again."
        )


def unpack_package(cache: Path, package: Package, entry: IndexEntry, deb: Path) -> Path:
    """Unpack the wanted members of `deb` into `<cache>/debian/<name>`, which appears only when it is whole.

    Raises:
        OSError: the package is damaged, holds none of the wanted members, or one that would lie elsewhere.
    """
    final = cache / "debian" / entry.name
    partial = final.with_name(f".unpacking-{entry.name}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    files: dict[str, int] = {}
    try:
        with subprocess.Popen(
            ["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as dpkg:
            stdout, stderr = cast(IO[bytes], dpkg.stdout), cast(IO[bytes], dpkg.stderr)
            try:
                with tarfile.open(fileobj=stdout, mode="r|") as archive:
                    for name, member in _wanted_members(archive, package):
                        linked = member.linkname.removeprefix("./")
                        if _lies_outside(name) or member.islnk() and linked not in files:
                            raise OSError(
                                f"The package {entry.name} holds {member.name!r}, which is outside its folder or is a "
                                "link to what is not in it: do not use that package."
                            )
                        _write_member(archive, member, partial, name)
                        files[name] = (partial / name).stat().st_size
            except tarfile.TarError as error:
                raise OSError(
                    f"The package {entry.name} cannot be unpacked: {error}; run the command again."
                ) from error
            stdout.read()
            message = stderr.read().decode(errors="replace").strip()
        if dpkg.returncode != 0:
            raise OSError(f"The package {entry.name} cannot be unpacked: {message}; run the command again.")
        if all(name.endswith("/copyright") for name in files):
            raise OSError(
                f"The package {entry.name} {entry.version} holds none of {', '.join(package.members)}; "
                "its layout has changed, please report it."
            )
        manifest = {
            "package": entry.name,
            "version": entry.version,
            "sha256": entry.sha256,
            "members": list(package.members),
            "files": files,
        }
        (partial / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
        shutil.rmtree(final, ignore_errors=True)
        partial.rename(final)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return final


def _wanted_members(archive: tarfile.TarFile, package: Package) -> Iterator[tuple[str, tarfile.TarInfo]]:
    for member in archive:
        name = member.name.removeprefix("./")
        if (member.isreg() or member.islnk()) and package.wants(name):
            yield name, member


def _lies_outside(name: str) -> bool:
    return name.startswith("/") or ".." in name.split("/")


def _write_member(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path, name: str) -> None:
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    if member.islnk():
        shutil.copyfile(folder / member.linkname.removeprefix("./"), target)
        return
    source = cast(IO[bytes], archive.extractfile(member))
    with target.open("wb") as stream:
        shutil.copyfileobj(source, stream, 1 << 20)
