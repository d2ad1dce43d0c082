"""What `pip install .` puts into site-packages: the four packages with their data files, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


ROOT = Path(__file__).parent.parent
PACKAGES = ("modeling_audio_reasoner", "dataset_builder", "evaluation", "app")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library folder of a build, as a wheel holds it."""
    folder = tmp_path_factory.mktemp("build")
    command = [sys.executable, "setup.py", "-q", "egg_info", "--egg-base", folder, "build"]
    command += ["--build-base", folder / "base", "--build-lib", folder / "lib"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    return folder / "lib"


def files_under(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_packages_are_whole(built: Path) -> None:
    expected = {
        f"{package}/{name}"
        for package in PACKAGES
        for name in files_under(ROOT / package)
        if "__pycache__" not in name
    }
    assert files_under(built) == expected | {"evaluation/model_card.md"}


def test_the_model_card_is_the_one_at_the_root(built: Path) -> None:
    assert (built / "evaluation" / "model_card.md").read_text() == (ROOT / "model_card.md").read_text()


def test_nothing_but_the_packages_is_installed(built: Path) -> None:
    assert sorted(path.name for path in built.iterdir()) == sorted(PACKAGES)
