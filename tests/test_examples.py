"""The notebooks of examples are stripped and valid, their cells short, and their commands and options are there."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path

import nbformat
import pytest
import typer

from app.main import app
from tests.test_repository import PACKAGES, imported_names


EXAMPLES = Path(__file__).parent.parent / "examples"
NOTEBOOKS = ("ask", "cota_to_model")
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
LONGEST_CELL = 28  # lines
OURS = ("audio-reasoner", "trl")


@pytest.fixture(scope="module", params=NOTEBOOKS)
def notebook(request: pytest.FixtureRequest) -> nbformat.NotebookNode:
    return nbformat.read(EXAMPLES / f"{request.param}.ipynb", as_version=nbformat.NO_CONVERT)


def code_of(notebook: nbformat.NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def python_of(notebook: nbformat.NotebookNode) -> str:
    return "\n".join(source for source in code_of(notebook) if not source.startswith("%%"))


def commands(notebook: nbformat.NotebookNode) -> list[list[str]]:
    """The commands of all cells and texts, as words: lines of a shell's cells, and what is between ticks in texts."""
    lines = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            lines += re.findall(r"`((?:audio-reasoner|trl) [^`]+)`", cell.source)
        elif cell.source.startswith("%%bash\n"):
            lines += cell.source.partition("\n")[2].replace("\\\n", " ").splitlines()
    return [words for line in lines if (words := shlex.split(line)) and words[0] in OURS]


def test_the_folder_holds_these_notebooks() -> None:
    assert sorted(path.name for path in EXAMPLES.iterdir() if not path.name.startswith(".")) == [
        f"{name}.ipynb" for name in NOTEBOOKS
    ]


def test_no_output_is_committed(notebook: nbformat.NotebookNode) -> None:
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata == METADATA
    for cell in notebook.cells:
        assert cell.metadata == {}, cell.id
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None, cell.id
            assert cell.source.count("\n") < LONGEST_CELL, cell.id


def test_each_cell_of_code_is_a_command_or_python(notebook: nbformat.NotebookNode) -> None:
    """A command is in a cell of `%%bash`, which fails where the command does; `!` would go on as if nothing were."""
    ast.parse(python_of(notebook))
    magics = {source.splitlines()[0] for source in code_of(notebook) if source.startswith("%%")}
    assert magics <= {"%%bash", "%%writefile demo/notebook/build.yaml"}
    for source in code_of(notebook):
        if source.startswith("%%bash"):
            assert source.replace("\\\n", " ").count("\n") == 1, "the exit code is that of the last command"


def test_every_command_and_option_exists(notebook: nbformat.NotebookNode) -> None:
    shown = commands(notebook)
    assert shown
    root = typer.main.get_command(app)
    for words in shown:
        if words[0] == "trl":
            assert words[1] in ("sft", "grpo") and (EXAMPLES.parent / words[words.index("--config") + 1]).is_file()
            continue
        command, rest = root, words[1:]
        while subcommands := getattr(command, "commands", None):
            assert rest and rest[0] in subcommands, words
            command, rest = subcommands[rest[0]], rest[1:]
        known = {option for parameter in command.params for option in parameter.opts}
        own = rest[: rest.index("--")] if "--" in rest else rest
        assert {word for word in own if word.startswith("--")} <= known, words


def test_asking_needs_nothing_of_this_package() -> None:
    notebook = nbformat.read(EXAMPLES / "ask.ipynb", as_version=4)
    assert not any(source.startswith(("%", "!")) for source in code_of(notebook))
    imported = set(imported_names(ast.parse(python_of(notebook))))
    assert "transformers" in imported
    assert not imported & {*PACKAGES}


def test_the_readme_names_each(repository: Path) -> None:
    readme = (repository / "README.md").read_text(encoding="utf-8")
    assert [name for name in NOTEBOOKS if f"(examples/{name}.ipynb)" not in readme] == []
