"""What a YAML file under `corpora/` says of a corpus: its tables, and which column means what.

`docs` of the fields are those of `CorpusDescription` and `TableDescription`; `tables` reads recordings by them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any, Literal

from ..schema import SPLITS
from .annotation_keys import find_key
from .column_value import Template, Value
from .table_file import FORMATS


FOLDER = Path(__file__).with_name("corpora")
Rows = Literal["one", "consecutive", "scattered"]


@dataclass(frozen=True)
class JoinDescription:
    """A second table, whose columns stand beside the first one's under `<name>.<column>`.

    Args:
        path: of the file; `{table}` is the name of the first table.
        key: its column, or a template of its columns, that has the value of the template `equals` of the first.
        format, encoding, inside: as in `TableFile`.
    """

    path: str
    key: Template
    equals: Template
    format: str
    encoding: str
    inside: tuple[str, ...]


@dataclass(frozen=True)
class TableDescription:
    """A metadata file of a corpus and how its lines become recordings.

    Args:
        name: official name of the split or part.
        paths: where the file may lie; the first that exists is meant.
        split: train, validation, test, or a value that gives one of them; None where the corpus has none.
        default: whether it is read where a build names no splits.
        rows: whether each line is a recording (`one`), or the lines of a recording follow each other
            (`consecutive`), or are anywhere in the file (`scattered`: the whole file is held in memory).
    """

    name: str
    paths: tuple[str, ...]
    format: str
    encoding: str
    inside: tuple[str, ...]
    quoted: bool
    default: bool
    rows: Rows
    split: str | Value | None
    audio: tuple[Template, ...]
    id: tuple[Template, ...]
    group: tuple[Template, ...]
    domain: str | Value
    license: str | Value
    language: str | Value | None
    annotations: Mapping[str, Value]


@dataclass(frozen=True)
class CorpusDescription:
    """A corpus.

    Args:
        name: as in `Recording.source`.
        home: address where it can be had.
        annotations_license: SPDX expression of the annotations' licence, where it is not the audio's.
        tables: by official name.
    """

    name: str
    home: str
    annotations_license: str | None
    tables: Mapping[str, TableDescription]
    joins: Mapping[str, JoinDescription] = field(default_factory=dict)


_OF_TABLE = {field_.name for field_ in fields(TableDescription)} - {"name", "paths"} | {"path"}
_OF_CORPUS = {"name", "home", "annotations_license", "tables", "joins"} | _OF_TABLE - {"path"}
_OF_JOIN = {field_.name for field_ in fields(JoinDescription)}


def described_corpora() -> list[str]:
    """The names of the corpora that have a description, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


@cache
def describe_corpus(name: str) -> CorpusDescription:
    """The description of a corpus of `described_corpora()`."""
    import yaml

    path = FOLDER / f"{name}.yaml"
    return read_description(yaml.safe_load(path.read_text(encoding="utf-8")), path)


def read_description(text: Mapping[str, Any], path: Path) -> CorpusDescription:
    """The description that a YAML file states; `path` names it in errors.

    Raises:
        ValueError: something is missing, unknown or contradictory.
    """
    _only(text, _OF_CORPUS, str(path))
    for name in ("name", "home", "tables"):
        if not text.get(name):
            raise ValueError(f"{path} has no {name!r}; give it one.")
    shared = {name: value for name, value in text.items() if name in _OF_TABLE}
    tables = {}
    for name, own in text["tables"].items():
        _only(own, _OF_TABLE, f"{path}, table {name!r}")
        merged = {**shared, **own}
        merged["annotations"] = {**shared.get("annotations", {}), **own.get("annotations", {})}
        tables[name] = _table(name, merged, f"{path}, table {name!r}")
    joins = {}
    for name, own in (text.get("joins") or {}).items():
        what = f"{path}, join {name!r}"
        _only(own, _OF_JOIN, what)
        joins[name] = JoinDescription(
            path=own["path"],
            key=Template(own["key"] if "{" in own["key"] else f"{{{own['key']}}}"),
            equals=Template(own["equals"]),
            format=_format(own.get("format"), own["path"], what),
            encoding=own.get("encoding", "utf-8-sig"),
            inside=tuple(own.get("inside", ())),
        )
    return CorpusDescription(text["name"], text["home"], text.get("annotations_license"), tables, joins)


def _table(name: str, text: Mapping[str, Any], what: str) -> TableDescription:
    for field_ in ("path", "audio", "id", "group", "domain", "license"):
        if not text.get(field_):
            raise ValueError(f"{what} has no {field_!r}; give it one.")
    rows = text.get("rows", "one")
    if rows not in ("one", "consecutive", "scattered"):
        raise ValueError(f"{what} has {rows!r} as rows; use one, consecutive or scattered.")
    split = text.get("split")
    if isinstance(split, str) and split not in SPLITS:
        raise ValueError(f"{what} is the split {split!r}; use one of {', '.join(SPLITS)}.")
    annotations = {}
    for key, spec in text.get("annotations", {}).items():
        if find_key(key) is None:
            raise ValueError(f"{what} has the annotation {key!r}, which `annotation_keys` does not list.")
        annotations[key] = Value.read(spec, f"{what}: the annotation {key!r}")
    return TableDescription(
        name=name,
        paths=tuple(_several(text["path"])),
        format=_format(text.get("format"), _several(text["path"])[0], what),
        encoding=text.get("encoding", "utf-8-sig"),
        inside=tuple(text.get("inside", ())),
        quoted=text.get("quoted", True),
        default=text.get("default", True),
        rows=rows,
        split=Value.read(split, f"{what}: the split") if isinstance(split, Mapping) else split,
        audio=tuple(map(Template, _several(text["audio"]))),
        id=tuple(map(Template, _several(text["id"]))),
        group=tuple(map(Template, _several(text["group"]))),
        domain=_constant_or_value(text["domain"], f"{what}: the domain"),
        license=_constant_or_value(text["license"], f"{what}: the licence"),
        language=_constant_or_value(text.get("language"), f"{what}: the language"),
        annotations=annotations,
    )


def _constant_or_value(text: Any, what: str) -> Any:
    return Value.read(text, what) if isinstance(text, Mapping) else text


def _several(text: str | Sequence[str]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def _format(given: str | None, path: str, what: str) -> str:
    found = given or Path(path).suffix.removeprefix(".")
    if found not in FORMATS:
        raise ValueError(f"{what} has the format {found!r}; use one of {', '.join(FORMATS)}.")
    return found


def _only(text: Mapping[str, Any], known: set[str], what: str) -> None:
    unknown = [name for name in text if name not in known]
    if unknown:
        raise ValueError(f"{what} has {unknown[0]!r}; what is known is {', '.join(sorted(known))}.")
