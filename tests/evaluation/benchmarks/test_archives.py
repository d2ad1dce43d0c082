"""An archive is unpacked whole or not at all, once, and nothing of it lies outside its folder."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from pathlib import Path

import pytest

from evaluation.benchmarks.archives import unpacked


SOUND = os.urandom(200_000)


def write(path: Path, mode: str = "w:gz", **members: bytes) -> Path:
    path.parent.mkdir(exist_ok=True)
    with tarfile.open(path, mode) as tar:
        for name, contents in members.items():
            member = tarfile.TarInfo(name.replace("__", "/"))
            member.size = len(contents)
            tar.addfile(member, io.BytesIO(contents))
    return path


def with_member(path: Path, name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> Path:
    path.parent.mkdir(exist_ok=True)
    with tarfile.open(path, "w") as tar:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, link
        tar.addfile(member)
    return path


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return write(tmp_path / "there" / "sounds.tar.gz", audio__a=SOUND, audio__b=b"b")


def test_members(archive: Path, tmp_path: Path) -> None:
    folder = unpacked(archive)
    assert folder == tmp_path / "there-sounds"
    assert (folder / "audio/a").read_bytes() == SOUND
    assert (folder / "audio/b").read_bytes() == b"b"
    # Nothing else is left beside it.
    assert sorted(path.name for path in tmp_path.iterdir()) == ["there", "there-sounds"]


def test_what_is_there_is_not_unpacked_again(archive: Path) -> None:
    folder = unpacked(archive)
    (folder / "audio/b").write_bytes(b"kept")
    assert (unpacked(archive) / "audio/b").read_bytes() == b"kept"


def test_another_archive_takes_its_place(archive: Path) -> None:
    unpacked(archive)
    write(archive, audio__c=b"new")
    folder = unpacked(archive)
    assert sorted(path.name for path in (folder / "audio").iterdir()) == ["c"]


def test_a_link_to_an_archive_is_unpacked_beside_the_folder_of_the_link(archive: Path, tmp_path: Path) -> None:
    """As in the Hub's cache, where a snapshot links to blobs."""
    (tmp_path / "snapshot").mkdir()
    (tmp_path / "snapshot/sounds.tar.gz").symlink_to(archive)
    assert unpacked(tmp_path / "snapshot/sounds.tar.gz") == tmp_path / "snapshot-sounds"


def test_a_folder_of_that_name_is_left_alone(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "there-sounds").mkdir()
    (tmp_path / "there-sounds/mine").touch()
    with pytest.raises(ValueError, match="there-sounds is in the way"):
        unpacked(archive)
    assert (tmp_path / "there-sounds/mine").exists()


@pytest.mark.parametrize(
    ("name", "kind", "link", "error"),
    [
        ("../evil", tarfile.REGTYPE, "", r"the member '\.\./evil' would lie outside"),
        ("audio/../../evil", tarfile.REGTYPE, "", "would lie outside"),
        ("/tmp/evil", tarfile.REGTYPE, "", "would lie outside"),
        ("evil", tarfile.SYMTYPE, "/etc", "the member 'evil' is no file and no folder"),
        ("evil", tarfile.LNKTYPE, "../there/sounds.tar", "the member 'evil' is no file and no folder"),
        ("evil", tarfile.FIFOTYPE, "", "the member 'evil' is no file and no folder"),
    ],
)
def test_members_cannot_escape(tmp_path: Path, name: str, kind: bytes, link: str, error: str) -> None:
    path = with_member(tmp_path / "there" / "sounds.tar", name, kind, link)
    with pytest.raises(ValueError, match=error):
        unpacked(path)
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def cut(contents: bytes) -> bytes:
    return contents[: len(contents) // 2]


def without_end(contents: bytes) -> bytes:
    return gzip.compress(gzip.decompress(contents)[: 512 + 200_192])  # after the first of the two members


def with_a_broken_header(contents: bytes) -> bytes:
    plain = bytearray(gzip.decompress(contents))
    plain[512 + 200_192 : 512 + 200_192 + 100] = b"x" * 100
    return gzip.compress(bytes(plain))


def with_a_wrong_checksum(contents: bytes) -> bytes:
    return contents[:-8] + b"\0" * 8


@pytest.mark.parametrize(
    "damage",
    [cut, without_end, with_a_broken_header, with_a_wrong_checksum, lambda contents: b"", lambda contents: b"x"],
)
def test_broken_archives_are_named_and_leave_nothing(archive: Path, tmp_path: Path, damage) -> None:
    archive.write_bytes(damage(archive.read_bytes()))
    with pytest.raises(ValueError, match="sounds.tar.gz is broken .*: download it again"):
        unpacked(archive)
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_a_cut_archive_without_compression(tmp_path: Path) -> None:
    path = write(tmp_path / "there" / "sounds.tar", "w", a=SOUND, b=SOUND)
    path.write_bytes(cut(path.read_bytes()))
    with pytest.raises(ValueError, match="is broken"):
        unpacked(path)
