"""install.sh on machines that are not this one: its tools are stand-ins that log what they are asked to do."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


ROOT = Path(__file__).parent.parent
TOOLS = ("sh", "dirname", "touch", "rm", "cp", "mkdir", "grep")
# Stands for python3: answers --version, makes a "virtual environment" of itself, logs what pip is asked for, and
# fails for the pip calls named in the file `refuse`.
PYTHON = """#!/bin/sh
case "$1 $2 $3" in
    --version*) echo "Python 3.11.2" ;;
    "-c import ensurepip"*) [ ! -e "$MACHINE/no_venv" ] ;;
    "-c import sys; print"*) echo python3.11-venv ;;
    "-c import sys; sys.exit"*) [ ! -e "$MACHINE/old_python" ] ;;
    "-m venv --clear") echo "venv --clear $4" >> "$MACHINE/log"; mkdir -p "$4/bin"; cp "$0" "$4/bin/python" ;;
    "-m pip"*)
        shift 4
        echo "pip $*" >> "$MACHINE/log"
        if [ -e "$MACHINE/refuse" ] && echo "$*" | grep -qxf "$MACHINE/refuse"; then exit 1; fi ;;
esac
"""
LOG = '#!/bin/sh\necho "{name} $*" >> "$MACHINE/log"\n'


@dataclass
class Machine:
    """A folder whose `bin` is all of the path, with install.sh in a checkout of its own."""

    folder: Path

    def add(self, name: str, script: str | None = None) -> None:
        path = self.folder / "bin" / name
        path.write_text(LOG.format(name=name) if script is None else script)
        path.chmod(0o755)

    def install(self, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": str(self.folder / "bin"), "MACHINE": str(self.folder), **variables}
        command = ["sh", "checkout/install.sh"]
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=60)

    def log(self) -> list[str]:
        """What the stand-ins were asked since the last call."""
        path = self.folder / "log"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines

    @property
    def stamp(self) -> Path:
        return self.folder / "checkout" / ".venv" / ".installed"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Linux, an ordinary user, no sudo, no GPU; everything needed is there."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "checkout").mkdir()
    shutil.copy(ROOT / "install.sh", tmp_path / "checkout")
    for name in TOOLS:
        (tmp_path / "bin" / name).symlink_to(shutil.which(name) or name)
    machine = Machine(tmp_path)
    machine.add("python3", PYTHON)
    machine.add("uname", "#!/bin/sh\necho Linux\n")
    machine.add("id", "#!/bin/sh\necho 1000\n")
    machine.add("sudo", "#!/bin/sh\nexit 1\n")
    for name in ("ffmpeg", "fluidsynth", "apt-get"):
        machine.add(name)
    return machine


def test_the_venv_is_made_and_stamped_last(machine: Machine) -> None:
    result = machine.install()
    assert result.returncode == 0, result.stderr
    assert machine.log() == [
        "venv --clear .venv",
        "pip --no-compile torch==2.13.0+cpu",
        "pip --no-compile --constraint constraints.txt --editable .[build,train,eval,serve,app,dev]",
    ]
    assert machine.stamp.exists()


def test_the_oldest_packages_go_into_a_venv_of_their_own(machine: Machine) -> None:
    """By uv, since pip cannot be asked for them; torch stays the build that was chosen."""
    (machine.folder / "checkout" / ".venv-lowest" / "bin").mkdir(parents=True)
    (machine.folder / "checkout" / ".venv-lowest" / "bin" / "uv").write_text(LOG.format(name="uv"))
    (machine.folder / "checkout" / ".venv-lowest" / "bin" / "uv").chmod(0o755)
    result = machine.install(VENV=".venv-lowest", RESOLUTION="lowest-direct")
    assert result.returncode == 0, result.stderr
    assert machine.log() == [
        "venv --clear .venv-lowest",
        "pip --no-compile torch==2.13.0+cpu",
        "pip --no-compile --quiet uv>=0.9,<1",
        "uv pip install --python .venv-lowest/bin/python --resolution lowest-direct "
        "--override .venv-lowest/override.txt --editable .[build,train,eval,serve,app,dev]",
    ]
    assert (machine.stamp.parent.parent / ".venv-lowest" / ".installed").exists() and not machine.stamp.exists()


def test_an_interrupted_install_starts_again_from_nothing(machine: Machine) -> None:
    (machine.folder / "refuse").write_text(".*--editable.*\n")
    assert machine.install().returncode != 0
    assert not machine.stamp.exists()
    (machine.folder / "refuse").unlink()
    machine.log()
    assert machine.install().returncode == 0
    assert machine.log()[0] == "venv --clear .venv"
    assert machine.stamp.exists()


def test_a_stamped_venv_is_brought_up_to_date_in_place(machine: Machine) -> None:
    machine.install()
    machine.log()
    assert machine.install().returncode == 0
    assert all("venv --clear" not in line for line in machine.log())


def test_an_interrupted_update_loses_the_stamp(machine: Machine) -> None:
    machine.install()
    (machine.folder / "refuse").write_text(".*--editable.*\n")
    assert machine.install().returncode != 0
    assert not machine.stamp.exists()


def test_missing_packages_are_named_where_they_cannot_be_installed(machine: Machine) -> None:
    (machine.folder / "bin" / "ffmpeg").unlink()
    (machine.folder / "no_venv").touch()
    result = machine.install()
    assert result.returncode == 1
    assert result.stderr == (
        "install: missing: ffmpeg python3.11-venv, and this user may not install them. Run "
        "'sudo apt-get install --no-install-recommends ffmpeg python3.11-venv', then run this again.\n"
    )
    assert machine.log() == []


def test_missing_packages_without_apt_name_brew_where_there_is_one(machine: Machine) -> None:
    (machine.folder / "bin" / "apt-get").unlink()
    (machine.folder / "bin" / "fluidsynth").unlink()
    machine.add("brew")
    result = machine.install()
    assert result.returncode == 1
    assert "'brew install fluidsynth'" in result.stderr


@pytest.mark.parametrize("user", ["root", "sudo"])
def test_missing_packages_are_installed_by_root_or_sudo(machine: Machine, user: str) -> None:
    (machine.folder / "bin" / "fluidsynth").unlink()
    (machine.folder / "bin" / "env").symlink_to(shutil.which("env") or "env")
    if user == "root":
        machine.add("id", "#!/bin/sh\necho 0\n")
    else:
        machine.add("sudo", '#!/bin/sh\nshift\n[ "$1" = true ] || exec "$@"\n')
    assert machine.install().returncode == 0
    assert machine.log()[:2] == ["apt-get update -qq", "apt-get install -y -qq --no-install-recommends fluidsynth"]


def test_an_old_python_is_refused(machine: Machine) -> None:
    (machine.folder / "old_python").touch()
    result = machine.install()
    assert result.returncode == 1
    assert result.stderr.startswith("install: Python 3.10 to 3.14 is needed and python3 says 'Python 3.11.2':")


def test_a_cuda_gpu_gets_the_cuda_build(machine: Machine) -> None:
    machine.add("nvidia-smi", "#!/bin/sh\necho 'GPU 0: of some kind'\n")
    machine.install()
    assert "pip --no-compile torch==2.13.0" in machine.log()


def test_macos_gets_the_plain_build(machine: Machine) -> None:
    machine.add("uname", "#!/bin/sh\necho Darwin\n")
    machine.install()
    assert "pip --no-compile torch==2.13.0" in machine.log()


def test_the_cpu_build_is_looked_for_at_pytorch_too(machine: Machine) -> None:
    (machine.folder / "refuse").write_text(".*torch==2.13.0+cpu\n")
    assert machine.install().returncode == 0
    assert machine.log()[1:3] == [
        "pip --no-compile torch==2.13.0+cpu",
        "pip --no-compile torch==2.13.0+cpu --index-url https://download.pytorch.org/whl/cpu",
    ]


def test_without_a_cpu_build_the_way_out_is_named(machine: Machine) -> None:
    (machine.folder / "refuse").write_text(".*torch==2.13.0+cpu.*\n")
    result = machine.install()
    assert result.returncode == 1
    assert "TORCH='torch==2.13.0' make install" in result.stderr
    assert not machine.stamp.exists()
