"""Corpora in miniature: packages as they lie in a cache, and real packages to unpack, made here."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dataset_builder.sources.debian.apt_index import IndexEntry
from dataset_builder.sources.debian.packages import MANIFEST, Package


@pytest.fixture(scope="session")
def wav() -> bytes:
    """Half a second of a 440 Hz tone at 8 kHz."""
    stream = io.BytesIO()
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(4000) / 8000)
    soundfile.write(stream, tone, 8000, format="WAV")
    return stream.getvalue()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def lay_package(cache: Path, package: Package, files: dict[str, bytes]) -> Path:
    """Lays a package into the cache as `fetch` would, and returns its folder."""
    folder = cache / "debian" / package.names[0]
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    sizes = {name: len(content) for name, content in files.items()}
    manifest = {"package": package.names[0], "members": list(package.members), "files": sizes}
    (folder / MANIFEST).write_text(json.dumps(manifest))
    return folder


@pytest.fixture
def unpacked(cache: Path) -> Callable[[Package, dict[str, bytes]], Path]:
    """`lay_package` into this test's cache."""
    return partial(lay_package, cache)


@pytest.fixture(scope="module")
def lay_into() -> Callable[[Path, Package, dict[str, bytes]], Path]:
    """`lay_package`, for fixtures that a whole module shares."""
    return lay_package


@pytest.fixture
def make_deb(tmp_path: Path) -> Callable[[str, dict[str, bytes]], tuple[Path, IndexEntry]]:
    """Builds a Debian package and its entry in the index."""
    if shutil.which("dpkg-deb") is None:
        pytest.skip("dpkg-deb, which builds packages, is not on this system")

    def make(name: str, files: dict[str, bytes]) -> tuple[Path, IndexEntry]:
        root = tmp_path / "built" / name
        for file, content in files.items():
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_bytes(content)
        (root / "DEBIAN").mkdir(parents=True)
        (root / "DEBIAN" / "control").write_text(
            f"Package: {name}\nVersion: 1.0-1\nArchitecture: all\nMaintainer: A <a@example.org>\nDescription: a\n"
        )
        deb = tmp_path / "built" / f"{name}_1.0-1_all.deb"
        subprocess.run(["dpkg-deb", "-b", "-Znone", str(root), str(deb)], check=True, capture_output=True)
        content = deb.read_bytes()
        return deb, IndexEntry(name, "1.0-1", len(content), 4096, hashlib.sha256(content).hexdigest())

    return make
