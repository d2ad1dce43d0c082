"""Packages: fetched once, checked, whole or not there at all."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import io
import shutil
import tarfile
from collections import namedtuple
from pathlib import Path

import pytest

from dataset_builder.sources.debian import apt_index, disk_space, packages
from dataset_builder.sources.debian.apt_index import AptIndex, IndexEntry, parse_index_entries
from dataset_builder.sources.debian.packages import Package, fetch_packages, find_package, require_package


PACKAGE = Package(("sounds-2.0", "sounds-1.0"), ("usr/share/sounds/*.wav",))
MEMBERS = {
    "usr/share/sounds/a/bell.wav": b"ding",
    "usr/share/sounds/horn.wav": b"toot",
    "usr/share/pictures/cat.png": b"meow",
    "usr/share/doc/sounds-1.0/copyright": b"CC0",
}
STANZA = """Package: sounds-1.0
Version: 1:1.0-1
Installed-Size: 12
Filename: pool/main/s/sounds/sounds-1.0_1.0-1_all.deb
Size: 3456
SHA256: aaaa
Description: sounds
 Size: 7 is no field here
"""


class LocalIndex:
    """Stands in for apt: one index of local files, and a count of the downloads."""

    held: dict[str, tuple[Path, IndexEntry]] = {}
    downloads: list[str] = []

    def __init__(self, folder: Path) -> None:
        pass

    def find(self, names_of_packages):
        return [next(self.held[name][1] for name in names if name in self.held) for names in names_of_packages]

    def download(self, entry: IndexEntry, folder: Path, stop) -> Path:
        self.downloads.append(entry.name)
        return Path(shutil.copy(self.held[entry.name][0], folder))


@pytest.fixture
def index(monkeypatch, make_deb):
    deb, entry = make_deb("sounds-1.0", MEMBERS)
    monkeypatch.setattr(LocalIndex, "held", {"sounds-1.0": (deb, entry)})
    monkeypatch.setattr(LocalIndex, "downloads", [])
    monkeypatch.setattr(packages, "AptIndex", LocalIndex)
    monkeypatch.setattr(packages, "require_apt", lambda: None)
    return LocalIndex


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_only_the_wanted_members_and_the_licence_are_unpacked(cache, index):
    seen = []
    fetch_packages(cache, [PACKAGE], lambda done, whole: seen.append((done, whole)))
    unpacked = require_package(cache, PACKAGE)
    assert unpacked.folder == cache / "debian" / "sounds-1.0"
    assert unpacked.files == {
        "usr/share/sounds/a/bell.wav": 4,
        "usr/share/sounds/horn.wav": 4,
        "usr/share/doc/sounds-1.0/copyright": 3,
    }
    assert (unpacked.folder / "usr/share/sounds/a/bell.wav").read_bytes() == b"ding"
    assert files_in(cache) == {f"debian/sounds-1.0/{name}" for name in (*unpacked.files, "package.json")}
    size = index.held["sounds-1.0"][1].size
    assert seen[-1] == (size, size)


def test_a_second_fetch_downloads_nothing(cache, index):
    fetch_packages(cache, [PACKAGE])
    fetch_packages(cache, [PACKAGE])
    assert index.downloads == ["sounds-1.0"]


def test_other_members_than_those_unpacked_are_fetched(cache, index):
    fetch_packages(cache, [PACKAGE])
    with_pictures = Package(PACKAGE.names, ("usr/share/*",))
    fetch_packages(cache, [with_pictures])
    assert "usr/share/pictures/cat.png" in require_package(cache, with_pictures).files


def test_a_wrong_hash_leaves_nothing(cache, index):
    deb, entry = index.held["sounds-1.0"]
    index.held["sounds-1.0"] = (deb, dataclasses.replace(entry, sha256="0" * 64))
    with pytest.raises(OSError, match=r"SHA-256 [0-9a-f]{64}, the package index says 0{64}"):
        fetch_packages(cache, [PACKAGE])
    assert files_in(cache) == set()
    assert find_package(cache, PACKAGE) is None


def test_what_a_killed_run_left_is_not_taken_for_whole(cache, index):
    for folder in (".unpacking-sounds-1.0", "sounds-1.0"):
        (cache / "debian" / folder / "usr/share/sounds").mkdir(parents=True)
        (cache / "debian" / folder / "usr/share/sounds/half.wav").write_bytes(b"to")
    assert find_package(cache, PACKAGE) is None
    fetch_packages(cache, [PACKAGE])
    assert "debian/sounds-1.0/usr/share/sounds/half.wav" not in files_in(cache)
    assert not (cache / "debian" / ".unpacking-sounds-1.0").exists()
    assert len(require_package(cache, PACKAGE).files) == 3


def test_a_package_that_breaks_off_is_reported(cache, index):
    deb, entry = index.held["sounds-1.0"]
    deb.write_bytes(deb.read_bytes()[:-2048])
    broken = dataclasses.replace(entry, sha256=packages.hashlib.sha256(deb.read_bytes()).hexdigest())
    index.held["sounds-1.0"] = (deb, broken)
    with pytest.raises(OSError, match="sounds-1.0 cannot be unpacked"):
        fetch_packages(cache, [PACKAGE])
    assert find_package(cache, PACKAGE) is None
    assert not list((cache / "debian").glob("*sounds*"))


def test_a_layout_without_the_wanted_members_is_reported(cache, index):
    with pytest.raises(OSError, match="holds none of usr/share/films/"):
        fetch_packages(cache, [Package(PACKAGE.names, ("usr/share/films/*",))])


def deb_of(members: list[tarfile.TarInfo], content: bytes) -> bytes:
    """A package as nobody's tools would build it: an ar archive of three members, the last with the files."""
    data, control = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for member in members:
            member.size = len(content) if member.isreg() else 0
            archive.addfile(member, io.BytesIO(content))
    with tarfile.open(fileobj=control, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("./control"))
    parts = [("debian-binary", b"2.0\n"), ("control.tar", control.getvalue()), ("data.tar", data.getvalue())]
    heads = [f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(part):<10}`\n".encode() for name, part in parts]
    return b"!<arch>\n" + b"".join(
        head + part + bytes(len(part) % 2) for head, (_, part) in zip(heads, parts, strict=True)
    )


@pytest.mark.parametrize(
    ("name", "link"),
    [
        ("{outside}/copyright", ""),
        (".//{outside}/copyright", ""),
        ("./usr/share/sounds/../../../../../../copyright", ""),
        ("./usr/share/sounds/bell.wav", "{outside}/secret"),
        ("./usr/share/sounds/bell.wav", "./../../../secret"),
    ],
)
def test_nothing_is_written_or_read_outside_the_cache(cache, index, tmp_path, name, link):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"mine")
    (tmp_path / "secret").write_bytes(b"mine")
    licence = tarfile.TarInfo("./usr/share/sounds/horn.wav")
    hostile = tarfile.TarInfo(name.format(outside=outside))
    if link:
        hostile.type, hostile.linkname = tarfile.LNKTYPE, link.format(outside=outside)
    deb, entry = index.held["sounds-1.0"]
    deb.write_bytes(deb_of([licence, hostile], b"toot"))
    index.held["sounds-1.0"] = (deb, dataclasses.replace(entry, sha256=hashlib.sha256(deb.read_bytes()).hexdigest()))
    before = files_in(tmp_path)
    # What was downloaded is kept, by its hash.
    before |= {f"cache/debian/.downloads/sounds-1.0/{deb.name}"}
    with pytest.raises(OSError, match="outside its folder or is a link to what is not in it"):
        fetch_packages(cache, [PACKAGE])
    assert files_in(tmp_path) == before


def test_too_little_room_names_the_cache_and_the_way_out(cache, index, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(disk_space.shutil, "disk_usage", lambda path: usage(10, 9, 1))
    with pytest.raises(OSError) as raised:
        fetch_packages(cache, [PACKAGE])
    assert str(cache) in str(raised.value) and "AUDIO_REASONER_CACHE" in str(raised.value)
    assert index.downloads == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_disk_that_fills_up_on_the_way_leaves_nothing(cache, index, monkeypatch, number):
    def refuse(*arguments):
        raise OSError(number, "the disk says no", "somewhere")

    monkeypatch.setattr(packages, "_write_member", refuse)
    with pytest.raises(OSError) as raised:
        fetch_packages(cache, [PACKAGE])
    assert str(cache) in str(raised.value) and "AUDIO_REASONER_CACHE" in str(raised.value)
    assert raised.value.errno is None  # else the command line would print the system's words
    assert find_package(cache, PACKAGE) is None
    assert not list((cache / "debian").glob("*sounds*"))


def test_a_system_without_apt_is_told_what_is_needed(cache, monkeypatch):
    monkeypatch.setattr(apt_index.shutil, "which", lambda program: None)
    with pytest.raises(FileNotFoundError, match="'apt-get' is not on this system"):
        fetch_packages(cache, [PACKAGE])


def test_a_package_that_was_not_fetched_names_the_command(cache):
    with pytest.raises(FileNotFoundError, match="sounds-2.0 are not in .*run `audio-reasoner fetch`"):
        require_package(cache, PACKAGE)


@pytest.mark.parametrize("damage", ["missing", "has 2 bytes instead of 4"])
def test_a_file_that_went_missing_is_named(cache, unpacked, damage):
    folder = unpacked(PACKAGE, {"usr/share/sounds/bell.wav": b"ding"})
    bell = folder / "usr/share/sounds/bell.wav"
    if damage == "missing":
        bell.unlink()
    else:
        bell.write_bytes(b"di")
    with pytest.raises(OSError, match=f"bell.wav .*{damage}"):
        require_package(cache, PACKAGE)


def test_index_stanzas():
    entries = parse_index_entries(f"{STANZA}\nPackage: broken\nVersion: 1\n")
    assert entries == {"sounds-1.0": IndexEntry("sounds-1.0", "1:1.0-1", 3456, 12 * 1024, "aaaa")}


def fake_apt(tmp_path: Path, monkeypatch, shown: str, complaint: str = "") -> AptIndex:
    """An AptIndex over programs that print what is given."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (tmp_path / "shown").write_text(shown)
    for name, body in {"apt-get": f"echo '{complaint}' >&2", "apt-cache": f"cat '{tmp_path}/shown'"}.items():
        (programs / name).write_text(f"#!/bin/sh\n{body}\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    return AptIndex(tmp_path / "apt")


def test_the_first_name_that_the_index_holds_is_taken(tmp_path, monkeypatch):
    apt = fake_apt(tmp_path, monkeypatch, STANZA)
    assert [entry.name for entry in apt.find([("sounds-2.0", "sounds-1.0")])] == ["sounds-1.0"]


def test_an_unknown_package_passes_on_what_apt_said(tmp_path, monkeypatch):
    apt = fake_apt(tmp_path, monkeypatch, "", "E: Failed to fetch the list")
    with pytest.raises(OSError, match=r"films or sounds-3.0 is in none .*E: Failed to fetch the list"):
        apt.find([("films", "sounds-3.0")])


def test_a_disk_too_small_for_the_index_is_reported_as_such(tmp_path, monkeypatch):
    with pytest.raises(OSError) as raised:
        fake_apt(tmp_path, monkeypatch, "", "E: Write error - write (28: No space left on device)")
    assert raised.value.errno == errno.ENOSPC


def test_a_failed_download_passes_on_what_apt_said(tmp_path, monkeypatch):
    apt = fake_apt(tmp_path, monkeypatch, STANZA, "E: 404 Not Found")
    entry = IndexEntry("sounds-1.0", "1.0-1", 1, 1, "a")
    with pytest.raises(OSError, match="download of sounds-1.0 failed .E: 404 Not Found"):
        apt.download(entry, tmp_path, packages.threading.Event())
