"""What the system's apt sources hold, and downloads from them, with no root and without touching apt's own state."""

from __future__ import annotations

import errno
import re
import shutil
import subprocess
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


POLL_SECONDS = 0.2


@dataclass(frozen=True)
class IndexEntry:
    """What the package index says: `size` of the .deb and `installed_size`, both in bytes, and its SHA-256."""

    name: str
    version: str
    size: int
    installed_size: int
    sha256: str


def require_apt() -> None:
    """Raises FileNotFoundError where this system has no apt."""
    for program in ("apt-get", "apt-cache", "dpkg-deb"):
        if shutil.which(program) is None:
            raise FileNotFoundError(
                f"The recordings come out of Debian's packages and {program!r} is not on this system; run "
                "`audio-reasoner fetch` on Debian or Ubuntu (a container will do) and copy its cache folder here, "
                "or name that folder in AUDIO_REASONER_CACHE."
            )


class AptIndex:
    """apt with state and cache of its own under `folder`: lists are read on the first question.

    Raises:
        OSError: apt cannot read the lists, a package is in none of them, or a download fails.
    """

    def __init__(self, folder: Path) -> None:
        state, cache = folder / "state", folder / "cache"
        (state / "lists" / "partial").mkdir(parents=True, exist_ok=True)
        (cache / "archives" / "partial").mkdir(parents=True, exist_ok=True)
        settings = {
            "Dir::State": state.resolve(),
            "Dir::Cache": cache.resolve(),
            "Dir::Cache::pkgcache": "pkgcache.bin",
            "Dir::Cache::srcpkgcache": "srcpkgcache.bin",
            "Acquire::Languages": "none",
            "APT::Sandbox::User": "root",
        }
        self.options = [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
        update = self._run("apt-get", "update")
        if "No space left" in update.stderr:
            shutil.rmtree(folder, ignore_errors=True)  # half-written lists would keep the disk full
            raise OSError(errno.ENOSPC, "No space left on device")
        self.complaints = [line for line in update.stderr.splitlines() if line[:2] in ("E:", "W:")]

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [program, "-q", *self.options, *arguments]
        return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)

    def find(self, packages: Iterable[tuple[str, ...]]) -> list[IndexEntry]:
        """For each package the entry of the first of its names that the index holds."""
        packages = list(packages)
        shown = self._run("apt-cache", "show", "--no-all-versions", *(name for names in packages for name in names))
        entries = parse_index_entries(shown.stdout)
        found = []
        for names in packages:
            entry = next((entries[name] for name in names if name in entries), None)
            if entry is None:
                said = f" (apt said: {self.complaints[0]})" if self.complaints else ""
                raise OSError(
                    f"The package {' or '.join(names)} is in none of this system's apt sources{said}; check the "
                    "network and that the sources hold Debian's main or Ubuntu's universe."
                )
            found.append(entry)
        return found

    def download(self, entry: IndexEntry, folder: Path, stop: threading.Event) -> Path:
        """Download one package into `folder`; ends early, with an error, once `stop` is set."""
        command = ["apt-get", "-q", *self.options, "download", f"{entry.name}={entry.version}"]
        with subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        ) as apt:
            while True:
                try:
                    output, _ = apt.communicate(timeout=POLL_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    if stop.is_set():
                        apt.terminate()
        found = sorted(folder.glob(f"{entry.name}_*.deb"))
        if apt.returncode != 0 or not found:
            if "No space left" in output or "not enough space" in output.lower():
                raise OSError(errno.ENOSPC, "No space left on device")
            said = [line for line in output.splitlines() if line.startswith("E:")] or ["no word from apt-get"]
            raise OSError(f"The download of {entry.name} failed ({said[0]}); run the command again to go on.")
        return found[-1]


def parse_index_entries(shown: str) -> dict[str, IndexEntry]:
    """Read what `apt-cache show` prints: package name -> entry. A stanza that lacks a field is left out."""
    entries = {}
    for stanza in shown.strip().split("\n\n"):
        fields = dict(re.findall(r"^([A-Za-z0-9-]+): (.*)$", stanza, flags=re.MULTILINE))
        if {"Package", "Version", "Size", "SHA256"} <= fields.keys():
            entries[fields["Package"]] = IndexEntry(
                name=fields["Package"],
                version=fields["Version"],
                size=int(fields["Size"]),
                installed_size=int(fields.get("Installed-Size", "0")) * 1024,
                sha256=fields["SHA256"],
            )
    return entries
