"""One sentence for each error a user can mend."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from app.failure import is_mendable, sentence


def test_own_message_is_kept_on_one_line() -> None:
    assert (
        sentence(ValueError("clip.wav is silent;\n  give another file.")) == "clip.wav is silent; give another file."
    )


def test_missing_file_is_named_without_errno(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        (tmp_path / "none.wav").read_bytes()
    assert sentence(caught.value) == f"{tmp_path / 'none.wav'}: No such file or directory."


def test_full_disk_names_the_file_where_it_is_known() -> None:
    full = OSError(errno.ENOSPC, "No space left on device", "cache/a.deb")
    assert sentence(full) == (
        "There is no space left on the disk for cache/a.deb: free some and run the command again."
    )
    assert sentence(OSError(errno.ENOSPC, "No space left on device")).startswith("There is no space left on the disk:")


def test_missing_extra_is_named() -> None:
    error = ModuleNotFoundError("No module named 'datasets.features'", name="datasets.features")
    assert is_mendable(error)
    assert sentence(error) == "datasets is not installed: pip install 'audio-reasoner[build]'."


def test_what_to_install_is_said_as_it_is() -> None:
    error = ImportError("This teacher has `client: google-genai`: `pip install google-genai`.")
    assert is_mendable(error)
    assert sentence(error) == str(error)


@pytest.mark.parametrize(
    "error",
    [
        KeyError("x"),
        AssertionError(),
        ModuleNotFoundError(name="app.nothing"),
        ImportError("cannot import name 'x' from 'app'", name="app"),
        BrokenPipeError(),
    ],
)
def test_faults_of_the_program_are_not_hidden(error: Exception) -> None:
    assert not is_mendable(error)
