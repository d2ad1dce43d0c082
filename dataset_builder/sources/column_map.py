"""Columns of data sets that anybody may have made -> fields of a recording. Knows names of columns, no files."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from ..audio_reference import AudioReference
from ..recording import DOMAINS
from ..schema import SPLITS
from .annotation_keys import ANNOTATION_KEYS, canonical, find_key
from .entry import Entry, Place
from .language_code import language_code
from .spdx import spdx


FIELDS = ("id", "group", "domain", "license", "language", "split")
USUAL_NAMES = {
    "transcription": "transcript",
    "sentence": "transcript",
    "text": "transcript",
    "caption": "captions",
    "label": "event",
    "tags": "labels",
}
"""What columns are called that are not called as an annotation key or a field is."""
_SPLIT_NAMES = {
    **dict.fromkeys(("train", "training", "development"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev"), "validation"),
    **dict.fromkeys(("test", "testing", "eval", "evaluation"), "test"),
}
_LISTED = ("labels", "instruments", "chords")
"""Keys whose texts may hold several values with semicolons between them; sentences may hold a semicolon."""
_log = logging.getLogger(__name__)


def split_of(name: str | None) -> str | None:
    """train, validation or test by one of the names that are usual for it, None for any other."""
    return _SPLIT_NAMES.get((name or "").lower())


def split_of_path(path: PurePath) -> str | None:
    """The split whose name one of the path's folders has."""
    return next((split for split in map(split_of, path.parts[:-1]) if split is not None), None)


def known_splits(splits: Sequence[str] | None) -> set[str] | None:
    """The splits that a build asks for; None where it takes all.

    Raises:
        ValueError: one has an unusual name.
    """
    unknown = [split for split in splits or () if split_of(split) is None]
    if unknown:
        raise ValueError(f"There is no split {unknown[0]!r}; use {', '.join(SPLITS)}.")
    return None if splits is None else {split for split in map(split_of, splits) if split is not None}


class ColumnMap:
    """Which column is which annotation or field.

    Args:
        name: of the corpus, as in `Recording.source`.
        columns: from a column's name to an annotation key or one of `FIELDS`, or to None for a column that is not to
            be read. Columns that have such a name, or one of `USUAL_NAMES`, need not be in it.
        domain, license, language: of the recordings that have no column for it.
        own: what columns are whose names mean something to the reader, unless `columns` says otherwise.

    Raises:
        ValueError: a column is to be what there is not, or the domain is unknown.
    """

    def __init__(
        self,
        name: str,
        columns: Mapping[str, str | None] | None = None,
        domain: str | None = None,
        license: str | None = None,
        language: str | None = None,
        own: Mapping[str, str | None] | None = None,
    ) -> None:
        self.name = name
        self._columns = dict(columns or {})
        self._own = dict(own or {})
        for column, target in self._columns.items():
            if target is not None and target not in FIELDS and find_key(target) is None:
                raise ValueError(
                    f"{name}: the column {column!r} is to be {target!r}; a column can be one of {', '.join(FIELDS)}, "
                    f"or an annotation: {', '.join(ANNOTATION_KEYS)}."
                )
        if domain is not None and domain not in DOMAINS:
            raise ValueError(f"{name} has the domain {domain!r}; use one of {', '.join(DOMAINS)}.")
        self._domain, self._language = domain, language_code(language)
        self._license = spdx(license, otherwise=license) if license else None

    def target(self, column: str) -> str | None:
        """What a column is, None where it is not read."""
        if column in self._columns:
            return self._columns[column]
        if column in self._own:
            return self._own[column]
        if column in FIELDS or find_key(column) is not None:
            return column
        usual = USUAL_NAMES.get(column)
        return None if usual in self._columns.values() else usual

    def require(self, columns: Collection[str], where: object) -> None:
        """Check that columns and settings together say all that a recording needs, and say which are not read.

        Raises:
            ValueError: they do not, or a column of the settings is not there.
        """
        absent = [column for column in self._columns if column not in columns]
        if absent:
            raise ValueError(
                f"{where} has no column {absent[0]!r}; it has {', '.join(sorted(columns)) or 'none'}. Mend `columns`."
            )
        targets = {self.target(column) for column in columns}
        for field, value, example in (("domain", self._domain, "sound"), ("license", self._license, "CC-BY-4.0")):
            if value is None and field not in targets:
                raise ValueError(
                    f"{where} has no column for the {field}: say it in the build's entry, such as "
                    f"`{field}: {example}`."
                )
        self.warn_of_unread(columns, where)

    def warn_of_unread(self, columns: Collection[str], where: object) -> None:
        """Say which of the columns are not read though no setting says so."""
        unread = [column for column in columns if self.target(column) is None and column not in self._columns]
        if unread:
            _log.warning("%s: the columns %s are not read; name them in `columns`.", where, ", ".join(sorted(unread)))

    def entry(
        self,
        place: Place,
        row: Mapping[str, Any],
        source_id: str,
        audio: AudioReference | Sequence[Any],
        split: str | None,
    ) -> Entry:
        """The entry of a row; `source_id` and `split` count where no column gives them."""
        fields: dict[str, Any] = {}
        annotations: dict[str, Any] = {}
        said_by: dict[str, str] = {}
        try:
            for column, value in row.items():
                target = self.target(column)
                if target is None or value is None or value == "":
                    continue
                said = str(value).strip() if target in FIELDS else _parsed(target, value)
                known = fields if target in FIELDS else annotations
                if target in known and not _same(target, known[target], said):
                    raise ValueError(
                        f"{said_by[target]!r} and {column!r} are both its {target!r} and differ: leave one out, such "
                        f"as `columns: {{{said_by[target]}: null}}`."
                    )
                known.setdefault(target, said)
                said_by.setdefault(target, column)
            source_id = fields.get("id") or source_id
            stated = fields.get("license")
            return Entry(
                place=place,
                source_id=source_id,
                audio=audio,
                domain=fields.get("domain") or self._domain or "",
                license=(spdx(stated, otherwise=stated) if stated else self._license) or "",
                language=language_code(fields.get("language")) or self._language,
                group=fields.get("group") or f"{self.name}/{source_id}",
                annotations=annotations,
                split=_named_split(fields["split"]) if "split" in fields else split,
            )
        except ValueError as error:
            return Entry(place, problem=str(error))


def _same(target: str, one: Any, other: Any) -> bool:
    """Whether two values of a field or an annotation key are the same, however they are written."""
    if target in FIELDS:
        return one == other
    return canonical({target: one}) == canonical({target: other})


def _named_split(name: str) -> str:
    split = split_of(name)
    if split is None:
        raise ValueError(f"its split is {name!r}; use {', '.join(SPLITS)}.")
    return split


def _parsed(key: str, value: Any) -> Any:
    """The value of a text cell that stands for a list."""
    if not isinstance(value, str):
        return value
    kind = (find_key(key) or ANNOTATION_KEYS["title"]).kind
    if kind in ("texts", "events", "qa") and value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except json.JSONDecodeError as error:
            raise ValueError(f"the column for {key!r} is not a JSON list ({error}).") from None
    return value.split(";") if key in _LISTED else value
