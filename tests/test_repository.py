"""The rules of the house that a reviewer would otherwise have to remember."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


ROOT = Path(__file__).parent.parent
PACKAGES = ("modeling_audio_reasoner", "dataset_builder", "recipes", "evaluation", "app")
MAY_IMPORT = {
    "modeling_audio_reasoner": set(),
    "dataset_builder": {"modeling_audio_reasoner"},
    "recipes": {"modeling_audio_reasoner"},
    "evaluation": {"modeling_audio_reasoner"},
    "app": {"modeling_audio_reasoner", "dataset_builder", "recipes", "evaluation"},
}
# Of other people's, what the model may import: when its modules load, and within its functions.
# jinja2 comes with torch.
MODEL_IMPORTS = {"torch", "numpy", "transformers", "jinja2"}
MODEL_LAZY_IMPORTS = MODEL_IMPORTS | {"soundfile", "soxr", "torchcodec", "torchaudio"}
LONGEST_FILE = 500  # lines
LINKED_PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def python_files(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported_names(tree: ast.AST) -> Iterator[str]:
    """The first part of each absolute import in `tree`; a relative one stays within its package."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]


def top_level_imports(tree: ast.Module) -> set[str]:
    """Names imported when the module loads: functions are left out, and so are imports for type checkers."""

    class LoadedAtOnce(ast.NodeTransformer):
        def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
            return None

        def visit_If(self, node: ast.If) -> ast.AST | None:
            return None if ast.unparse(node.test).endswith("TYPE_CHECKING") else self.generic_visit(node)

    return set(imported_names(LoadedAtOnce().visit(tree)))


@pytest.mark.parametrize("package", PACKAGES)
def test_dependencies_point_one_way(package: str) -> None:
    """modeling <- {dataset_builder, recipes, evaluation} <- app."""
    forbidden = set(PACKAGES) - MAY_IMPORT[package] - {package}
    found = {
        str(path.relative_to(ROOT)): names
        for path in python_files(package)
        if (names := forbidden & set(imported_names(ast.parse(path.read_text(encoding="utf-8")))))
    }
    assert not found


def test_the_model_imports_only_what_travels_with_it() -> None:
    """The published folder has to load where only torch, numpy and transformers (and soundfile, soxr) are.

    What stays behind may also use safetensors, without which transformers does not install.
    """
    from modeling_audio_reasoner.saving_audio_reasoner import CODE_FILES

    standard = set(sys.stdlib_module_names)
    for path in python_files("modeling_audio_reasoner"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        allowed = set() if path.name in CODE_FILES else {"safetensors"}
        assert top_level_imports(tree) - standard - allowed <= MODEL_IMPORTS, path.name
        everywhere = set(imported_names(tree)) - standard - allowed - {"modeling_audio_reasoner"}
        assert everywhere <= MODEL_LAZY_IMPORTS, path.name


def test_nothing_importable_is_called_cota() -> None:
    """It would shadow `load_dataset("cota")`."""
    assert not [path for path in tracked_files() if path.stem == "cota" and path.suffix == ".py" and at_root(path)]
    assert not [path for path in tracked_files() if path.is_relative_to(ROOT / "cota")]


def at_root(path: Path) -> bool:
    """Whether the module is imported by its bare name: at the root, or in recipes/, whose scripts are."""
    return path.parent in (ROOT, ROOT / "recipes")


def test_files_are_short() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked_files()
        if path.suffix == ".py" and (lines := path.read_text(encoding="utf-8").count("\n")) > LONGEST_FILE
    }
    assert not long


def test_no_path_of_one_machine() -> None:
    """No absolute path of somebody's machine in any tracked text."""
    pattern = re.compile(r"(?<![\w.~/-])/(?:work|home|root|Users)/\w")
    found = []
    for path in tracked_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {match.group()}" for match in pattern.finditer(text)]
    assert not found


def test_no_audio_and_no_weights_are_tracked() -> None:
    suffixes = {".wav", ".flac", ".ogg", ".mp3", ".deb", ".parquet", ".safetensors", ".bin", ".sf2", ".mid"}
    assert not [path for path in tracked_files() if path.suffix in suffixes]


@pytest.mark.parametrize("page", LINKED_PAGES, ids=lambda page: page.name)
def test_local_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text)]
    missing = [name for name in targets if name and "://" not in name and not (page.parent / name).exists()]
    assert not missing


def test_every_page_of_docs_is_linked_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert not [page.name for page in (ROOT / "docs").glob("*.md") if f"docs/{page.name}" not in readme]


def test_the_readme_names_every_make_target() -> None:
    targets = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert not [target for target in targets - {"help"} if f"make {target}" not in readme]


def test_the_readme_shows_commands_that_exist() -> None:
    """Each `audio-reasoner <command>` in the README and docs is one of app/commands."""
    commands = {path.stem for path in (ROOT / "app" / "commands").glob("*.py")} - {"__init__"}
    for page in LINKED_PAGES:
        text = page.read_text(encoding="utf-8")
        shown = set(re.findall(r"audio-reasoner ([a-z]+)\b(?= [\w./`-]|`|$)", text, flags=re.MULTILINE))
        assert shown <= commands, page.name


def test_every_third_party_import_is_declared() -> None:
    """setup.py names whatever the packages and recipes import."""
    declared = (ROOT / "setup.py").read_text(encoding="utf-8").lower().replace("-", "_")
    distribution = {"yaml": "pyyaml", "sklearn": "scikit_learn", "markupsafe": "jinja2"}
    distribution |= {"chromaprint": "pyacoustid", "google": "google_genai"}
    own = set(PACKAGES) | {path.stem for path in python_files("recipes")} | set(sys.stdlib_module_names)
    for package in PACKAGES:
        for path in python_files(package):
            names = set(imported_names(ast.parse(path.read_text(encoding="utf-8")))) - own
            undeclared = [name for name in names if f'"{distribution.get(name, name)}' not in declared]
            assert not undeclared, path.relative_to(ROOT)
