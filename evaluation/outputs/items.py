"""The items of a benchmark with what was predicted for each, read from a file in the benchmark's layout.

What cannot be scored is an error that names the entry; what is left out or not read is counted and said.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from evaluation.outputs.entries import Entry, read_entries


@dataclass(frozen=True)
class Item:
    """One question and what was predicted for it.

    Attributes:
        id: what it is called in its file; `entry N` where nothing there tells it from the others.
        answer: the right one; empty where the benchmark has none.
        choices: in the order in which they were shown; empty for an open question.
        prediction: the text under the key; None where the key is not there.
        groups: the group it is in, by grouping.
        swapped: where a judge was asked twice, its reply with the two answers swapped.
    """

    id: str
    answer: str
    choices: tuple[str | None, ...]
    prediction: str | None
    groups: Mapping[str, str]
    swapped: str | None = None


@dataclass(frozen=True)
class Layout:
    """Where a benchmark's file of outputs holds what.

    Attributes:
        key: the field of the prediction unless `--key` names another.
        other_keys: fields under which it is found elsewhere; named when `key` is in no entry.
        answer: the fields of the answer, of which one is there; empty for a benchmark without answers.
        choices: what reads an entry's choices.
        identity: fields that name an item; two entries with the same are an error.
        likely_identity: fields that mostly do, used where those are not there; two with the same are counted.
        groups: what reads an entry's group, by grouping; an empty text is no group.
        further: the other fields of the official layout.
        response_key: the field of the model's own answer, where `key` is that of a judge's reply to it.
    """

    key: str
    groups: Mapping[str, Callable[[Entry], str]]
    other_keys: tuple[str, ...] = ()
    answer: tuple[str, ...] = ("answer",)
    choices: Callable[[Entry], Sequence[str | None]] = lambda entry: ()
    identity: tuple[str, ...] = ("id",)
    likely_identity: tuple[str, ...] = ()
    further: tuple[str, ...] = ()
    response_key: str | None = None

    @property
    def asked_key(self) -> str:
        """The field into which a model's answer goes when it is asked."""
        return self.key if self.response_key is None else self.response_key


@dataclass(frozen=True)
class Reading:
    """The items of a file, the key that was read, and what has to be said about them."""

    items: list[Item]
    key: str
    statements: list[str] = field(default_factory=list)


def read_items(layout: Layout, path: Path, key: str | None = None) -> Reading:
    """The items of `path`, with the prediction of each under `key` (the layout's own unless given).

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is not in the layout; no entry has the key; an answer is missing; an item is there twice.
            Names the file and the entry.
    """
    entries = read_entries(path)
    key = key or layout.key
    found = Counter(name for entry in entries for name in entry)
    if key not in found:
        others = [name for name in (layout.key, *layout.other_keys) if name in found]
        hint = f"it has {', '.join(found)}: name the one that holds the predictions by --key"
        hint = f"it has {others[0]!r}: pass --key {others[0]}" if others else hint
        if layout.response_key in found and not others:
            hint = f"it has answers under {layout.response_key!r}, which a judge has to read: audio-reasoner judge"
        raise ValueError(f"{path}: no entry has the key {key!r} of the predictions; {hint}.")
    ids, repeated = identities(layout, entries, path)
    items = [_item(layout, entry, key, ids[place], path, place + 1) for place, entry in enumerate(entries)]
    return Reading(items, key, [*_missing(layout, entries, items, key), *repeated, *_not_read(layout, found, key)])


def text_of(entry: Entry, name: str) -> str:
    """A field's text; empty where it is not there; a list's texts one after the other."""
    value = entry.get(name)
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    return "" if value is None else str(value)


def field_reader(name: str) -> Callable[[Entry], str]:
    """What reads one field as a group."""
    return lambda entry: text_of(entry, name)


def listed_choices(entry: Entry) -> Sequence[str]:
    """The field `choices`: a list of texts, or, as tables hold it, a list written as text.

    Raises:
        ValueError: it is neither.
    """
    choices = entry.get("choices")
    if isinstance(choices, str):
        try:
            choices = ast.literal_eval(choices)
        except (ValueError, SyntaxError):
            choices = None
    if not isinstance(choices, (list, tuple)) or not choices or not all(isinstance(text, str) for text in choices):
        raise ValueError(f"has no list of texts under 'choices' but {entry.get('choices')!r}")
    return choices


def has_answer(layout: Layout, entry: Entry) -> bool:
    """Whether the right answer is in an entry, as it has to be where the layout has one."""
    return not layout.answer or any(entry.get(name) not in (None, "") for name in layout.answer)


def item_of(layout: Layout, entry: Entry, key: str, name: str) -> Item:
    """One entry with its prediction under `key`, called `name`.

    Raises:
        ValueError: the answer or the choices are missing, or the prediction is no text.
    """
    answers = [entry[field] for field in layout.answer if entry.get(field) not in (None, "")]
    prediction = entry.get(key, None)
    if layout.answer and (not answers or not isinstance(answers[0], str)):
        raise ValueError(f"has no text under {' or '.join(map(repr, layout.answer))}, the right answer")
    if prediction is not None and not isinstance(prediction, str):
        raise ValueError(f"has a prediction that is no text but {prediction!r}")
    return Item(
        id=name,
        answer=answers[0] if answers else "",
        choices=tuple(layout.choices(entry)),
        # A null was answered with nothing; a field that is not there was not answered.
        prediction=prediction or "" if key in entry else None,
        groups={grouping: group for grouping, read in layout.groups.items() if (group := read(entry))},
    )


def _item(layout: Layout, entry: Entry, key: str, name: str, path: Path, number: int) -> Item:
    try:
        return item_of(layout, entry, key, name)
    except ValueError as error:
        raise ValueError(f"{path}, entry {number}, {error}: it is not in the benchmark's layout.") from None


def identities(layout: Layout, entries: Sequence[Entry], path: Path) -> tuple[list[str], list[str]]:
    """A name for each entry, no two the same, and what has to be said about those that were.

    Raises:
        ValueError: two entries are the same item, by fields that name one.
    """

    def named_by(fields: Sequence[str]) -> bool:
        return bool(fields) and all(entry.get(name) not in (None, "") for entry in entries for name in fields)

    fields = next((fields for fields in (layout.identity, layout.likely_identity) if named_by(fields)), None)
    if fields is None:
        return [f"entry {number}" for number in range(1, len(entries) + 1)], []
    names: list[str] = []
    first: dict[str, int] = {}
    repeated = 0
    for number, entry in enumerate(entries, 1):
        name = "/".join(str(entry[part]) for part in fields)
        if name in first and fields == layout.identity:
            raise ValueError(
                f"{path}: entries {first[name]} and {number} are both {name!r}, by {' and '.join(fields)}; an item is "
                "scored once: remove one."
            )
        repeated += name in first
        names.append(f"{name} (entry {number})" if name in first else name)
        first.setdefault(name, number)
    said = f"Entries with the {' and '.join(fields)} of an earlier one, all of them scored: {repeated}."
    return names, [said] if repeated else []


def _missing(layout: Layout, entries: Sequence[Entry], items: Sequence[Item], key: str) -> Iterable[str]:
    without = sum(key not in entry for entry in entries)
    if without:
        yield f"Entries without {key!r}: {without} of {len(entries)}."
    nulls = sum(key in entry and entry[key] is None for entry in entries)
    if nulls:
        yield f"Predictions that are null, and count as empty: {nulls}."
    outside = sum(bool(item.choices) and item.answer not in item.choices for item in items)
    if outside:
        yield f"Items whose answer is none of the choices, so that strictly no prediction is right: {outside}."
    for grouping in layout.groups:
        ungrouped = sum(grouping not in item.groups for item in items)
        if 0 < ungrouped < len(items):
            yield f"Items in no group of {grouping}, which count in the whole alone: {ungrouped}."


def _not_read(layout: Layout, found: Mapping[str, int], key: str) -> Iterable[str]:
    known = {key, layout.key, *layout.answer, *layout.identity, *layout.likely_identity, *layout.further}
    unknown = [f"{name} ({count})" for name, count in found.items() if name not in known]
    if unknown:
        yield f"Fields that the benchmark's layout does not have were not read: {', '.join(unknown)}."
