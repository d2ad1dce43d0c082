"""The files of a Space: all that the page imports, pinned, and nothing that a name could smuggle in."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from app.main import app
from app.page.space import CODE, space_files


COMMIT = "0123456789abcdef0123456789abcdef01234567"


def test_the_files_of_a_space():
    files = space_files("my-lab/my-model", COMMIT)
    assert {"app.py", "requirements.txt", "README.md"} | set(CODE) == set(files)
    header = yaml.safe_load(files["README.md"].decode().split("---")[1])
    assert (header["sdk"], header["app_file"], header["models"]) == ("gradio", "app.py", ["my-lab/my-model"])
    assert len(header["short_description"]) <= 60
    pins = dict(line.split("==") for line in files["requirements.txt"].decode().splitlines())
    assert {"transformers", "torch", "gradio", "soundfile", "soxr", "matplotlib"} <= set(pins)
    assert pins["gradio"] == header["sdk_version"] and "+" not in pins["torch"]
    program = files["app.py"].decode()
    assert 'MODEL = "my-lab/my-model"' in program and f'REVISION = "{COMMIT}"' in program
    assert COMMIT in files["README.md"].decode()
    assert sum(map(len, files.values())) < 100_000
    assert "REVISION = None  # the newest commit" in space_files("a/b")["app.py"].decode()


def test_what_a_space_cannot_load():
    for name in ("demo/model/x", "model", "/srv/model", 'a/b"; import os'):
        with pytest.raises(ValueError, match="is not the name of a model on the Hub"):
            space_files(name)
    with pytest.raises(ValueError, match="no commit, branch or tag"):
        space_files("a/b", 'x"; import os')


def test_the_command_writes_a_space_and_replaces_no_other_program(tmp_path):
    arguments = ["page", "my-lab/my-model", "--space", str(tmp_path / "space"), "--revision", COMMIT]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0 and result.stdout.split() == [
        str(tmp_path / "space" / name) for name in sorted(space_files("my-lab/my-model"))
    ]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    published = CliRunner().invoke(app, ["publish", "space", str(tmp_path / "space"), "my-lab/listen", "--dry-run"])
    assert published.exit_code == 0 and "would be sent to the Space my-lab/listen." in published.output
    (tmp_path / "space" / "app.py").write_text("print()")
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1 and "app.py is another program" in result.stderr and result.stderr.count("\n") == 1


def imported_by(path: Path, repository: Path) -> set[str]:
    """The files of ours that a module imports, with the packages that they lie in."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [node.module] if isinstance(node, ast.ImportFrom) and node.level == 0 else []
        names += [each.name for each in node.names] if isinstance(node, ast.Import) else []
        for name in filter(None, names):
            parts = name.split(".")
            if (repository / parts[0] / "__init__.py").is_file():
                found |= {"/".join([*parts[:depth], "__init__.py"]) for depth in range(1, len(parts))}
                found.add(f"{'/'.join(parts)}.py")
    return found


def test_a_space_carries_all_that_the_page_imports_and_no_more(repository, tmp_path):
    program = tmp_path / "app.py"
    program.write_bytes(space_files("a/b")["app.py"])
    reached: set[str] = set()
    left = imported_by(program, repository)
    while left:
        reached |= left
        left = {name for path in left for name in imported_by(repository / path, repository)} - reached
    assert reached == {name for name in CODE if name.endswith(".py")}
    assert {name for name in CODE if not name.endswith(".py")} == {"app/page/page.css", "app/page/page.js"}
