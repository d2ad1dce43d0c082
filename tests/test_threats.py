"""What docs/safety.md says of the code as a whole; single threats are tested beside the code that meets them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_repository import ROOT, imported_names, python_files


PACKAGES = ("modeling_audio_reasoner", "dataset_builder", "recipes", "evaluation", "app", "benchmarks")
UNPICKLING = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "pandas"}
"""Modules that run code which stands in the file they read; pandas, whose read_pickle is one call away."""
SAFE_LOADERS = ("SafeLoader", "SingleKeys")
"""Of YAML; the second is a subclass of the first."""
NETWORK = {"socket", "ssl", "http", "urllib", "ftplib", "smtplib", "xmlrpc", "socketserver"}
PROGRAMS = {"subprocess", "ctypes", "multiprocessing", "pty"}
STARTING = ("os.system", "os.popen", "os.exec", "os.spawn")
"""How calls that start a program begin."""


def trees(*packages: str) -> Iterator[tuple[Path, ast.Module]]:
    for package in packages:
        for path in python_files(package):
            yield path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Each call by the name it is written with, as `torch.load`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def runs_what_it_reads(name: str, call: ast.Call) -> bool:
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    if name.endswith("torch.load"):
        return given.get("weights_only") != "True"
    if name.endswith(("np.load", "numpy.load")):
        return given.get("allow_pickle", "False") != "False"
    if name.endswith("yaml.load"):
        return not any(loader in ast.unparse(call) for loader in SAFE_LOADERS)
    if name in ("eval", "exec") or name.endswith((".read_pickle", ".extractall", "unpack_archive", "os.system")):
        return True
    return given.get("shell", "False") != "False"


def test_nothing_that_is_read_is_run() -> None:
    """No pickle, no torch.load without weights_only, no eval, no archive unpacked unseen, no shell."""
    found = [(path, set(imported_names(tree)) & UNPICKLING) for path, tree in trees(*PACKAGES)]
    assert not [(path, names) for path, names in found if names]
    assert not [
        f"{path}:{call.lineno}: {name}"
        for path, tree in trees(*PACKAGES)
        for name, call in calls(tree)
        if runs_what_it_reads(name, call)
    ]


@pytest.mark.parametrize(
    ("code", "runs"),
    [
        ("torch.load(path)", True),
        ("torch.load(path, weights_only=True)", False),
        ("np.load(path, allow_pickle=True)", True),
        ("np.load(path)", False),
        ("yaml.load(text, Loader=yaml.Loader)", True),
        ("yaml.load(text, Loader=yaml.SafeLoader)", False),
        ("subprocess.run(command, shell=True)", True),
        ("subprocess.run(command)", False),
        ("archive.extractall(folder)", True),
        ("eval(text)", True),
        ("model.eval()", False),
    ],
)
def test_such_calls_are_told_from_others(code: str, runs: bool) -> None:
    assert [runs_what_it_reads(name, call) for name, call in calls(ast.parse(code))] == [runs]


def test_of_the_remote_code_one_module_reaches_the_network_and_none_another_program() -> None:
    """`audio_fetching.py`, for the address of a recording that the caller names."""
    from modeling_audio_reasoner.saving_audio_reasoner import CODE_FILES

    reaching: set[str] = set()
    for path, tree in trees("modeling_audio_reasoner"):
        if path.name not in CODE_FILES:
            continue
        assert not set(imported_names(tree)) & PROGRAMS, path
        assert not [name for name, _ in calls(tree) if name.startswith(STARTING)]
        if set(imported_names(tree)) & NETWORK - {"urllib"} or "urllib.request" in ast.unparse(tree):
            reaching.add(path.name)
    assert reaching == {"audio_fetching.py"}


def test_every_test_that_a_page_names_is_there() -> None:
    """`test_…` in backquotes on a page is a test, and a path to one is a file."""
    written = {
        node.name
        for path in (ROOT / "tests").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    missing = []
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        text = page.read_text(encoding="utf-8")
        missing += [f"{page.name}: {name}" for name in re.findall(r"`(test_\w+)`", text) if name not in written]
        paths = re.findall(r"\b(tests/[\w/]+\.py)", text)
        missing += [f"{page.name}: {name}" for name in paths if not (ROOT / name).is_file()]
    assert not missing
