"""The command line: its help, its exit codes, and what it prints when something is wrong."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.main import GROUPS, app


COMMANDS = [command.__name__.replace("_", "-") for commands in GROUPS.values() for command in commands]
COMMAND_LINES = [[name] for name in COMMANDS] + [["publish", kind] for kind in ("model", "dataset", "space")]


def run_process(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app.main", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **options)


def test_help_lists_every_command_under_its_heading(repository: Path) -> None:
    result = CliRunner().invoke(app, ["--help"])
    assert result.exit_code == 0
    listed = re.findall(r"^(?:╭─ (\w+) ─|│ ([a-z-]+)  )", result.output, flags=re.MULTILINE)
    listed = listed[listed.index(("Data", "")) :]
    expected = [pair for group in GROUPS for pair in [(group, ""), *[("", name) for name in named(group)]]]
    assert listed == [*expected, ("Publishing", ""), ("", "publish")]
    modules = {path.stem.replace("_", "-") for path in (repository / "app" / "commands").glob("*.py")}
    assert modules - {"--init--"} == {*COMMANDS, "publish"}


def named(group: str) -> list[str]:
    return [command.__name__.replace("_", "-") for command in GROUPS[group]]


@pytest.mark.parametrize("command", COMMAND_LINES, ids=" ".join)
def test_help_of_a_command_has_an_example(command: list[str]) -> None:
    result = CliRunner().invoke(app, [*command, "--help"])
    assert result.exit_code == 0
    example = result.output.partition("Example: ")[2]
    assert example.startswith(f"audio-reasoner {' '.join(command)} ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_completes_commands_and_options(shell: str, repository: Path) -> None:
    # Without a word of which shell it is typed in, as `--show-completion` finds out by itself.
    source = os.environ | {"_AUDIO_REASONER_COMPLETE": f"source_{shell}"}
    shown = run_process(cwd=repository, env=source)
    assert "_AUDIO_REASONER_COMPLETE=complete_" in shown.stdout, shown
    asked = {"_AUDIO_REASONER_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": "audio-reasoner ev"}
    asked |= {"_TYPER_COMPLETE_FISH_ACTION": "get-args", "COMP_WORDS": "audio-reasoner ev", "COMP_CWORD": "1"}
    found = subprocess.run(
        [sys.executable, "-c", "from app.main import run; run()"],
        cwd=repository,
        env=os.environ | asked,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "evaluate" in found.stdout and "extract" not in found.stdout, found


def test_version_is_the_packages() -> None:
    from importlib.metadata import version

    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.output) == (0, f"audio-reasoner {version('audio-reasoner')}\n")


def test_bad_input_is_one_sentence_and_exit_code_1(tmp_path: Path, repository: Path) -> None:
    result = run_process("extract", str(tmp_path / "nowhere"), cwd=repository)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith(f"audio-reasoner: {tmp_path / 'nowhere'} is not a CoTA folder")


def test_debug_shows_the_traceback(tmp_path: Path, repository: Path) -> None:
    result = run_process("--debug", "extract", str(tmp_path / "nowhere"), cwd=repository)
    assert result.returncode == 1
    assert "Traceback" in result.stderr and "FileNotFoundError" in result.stderr


def test_unknown_option_is_exit_code_2(repository: Path) -> None:
    result = run_process("extract", "--nothing", cwd=repository)
    assert result.returncode == 2
    assert "No such option" in result.stderr


def test_interrupt_is_exit_code_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dataset_builder.row_files.write_row_files", interrupted)
    assert CliRunner().invoke(app, ["extract", "cota"]).exit_code == 130


def test_a_fault_of_the_program_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object, **options: object) -> None:
        raise KeyError("a fault")

    monkeypatch.setattr("dataset_builder.row_files.write_row_files", broken)
    assert isinstance(CliRunner().invoke(app, ["extract", "cota"]).exception, KeyError)


def test_no_colour_away_from_a_terminal(tmp_path: Path, repository: Path) -> None:
    result = run_process("extract", str(tmp_path), cwd=repository)
    assert "\x1b" not in result.stderr


def test_help_imports_nothing_heavy(repository: Path) -> None:
    """`--help` answers at once because command modules import their libraries when they run."""
    code = (
        "import sys, app.main;"
        "print(sorted({'torch', 'transformers', 'datasets', 'trl', 'numpy', 'matplotlib'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=repository, timeout=60)
    assert result.stdout == "[]\n", result.stderr
