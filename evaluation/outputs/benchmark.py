"""What scoring needs to know of a benchmark, and what it finds out about an item. Knows no benchmark by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from evaluation.outputs.items import Item, Layout
from evaluation.outputs.measures import ACCURACY, Measure, Part, share_part
from evaluation.strict import named_choice


@dataclass(frozen=True)
class Verdict:
    """An item, judged.

    Attributes:
        item: what was judged.
        official: its part in the official figure; None where the official script leaves it out.
        strict: its part in the strict figure, in which every item counts.
        named: the choice, points or text that was read; None where none was.
        problem: why nothing was read, or None.
        more: parts in the benchmark's further figures, official and strict, by their names.
    """

    item: Item
    official: Part | None
    strict: Part
    named: str | None
    problem: str | None = None
    more: Mapping[str, tuple[Part | None, Part]] = field(default_factory=dict)


Judge = Callable[[Sequence[Item]], list[Verdict]]


@dataclass(frozen=True)
class Benchmark:
    """A benchmark: where its outputs lie, how they are judged, and what its figure is.

    Attributes:
        name: as the command knows it.
        layout: of its files.
        judge: official and strict judgement of the items.
        measure: the figure.
        further: further figures, of the verdicts' `more`, such as weighted F1.
        remarks: what has to be said of these items, such as a group that the official script cannot score.
        release: where releases are told apart, the one that the items are of, or None where it is none that is known.
    """

    name: str
    layout: Layout
    judge: Judge
    measure: Measure = ACCURACY
    further: tuple[Measure, ...] = ()
    remarks: Callable[[Sequence[Verdict]], list[str]] = lambda verdicts: []
    release: Callable[[Sequence[Verdict]], str | None] | None = None

    @property
    def needs_judge(self) -> bool:
        """Whether answers have no score before a judge has read them."""
        return self.layout.response_key is not None


def texts(item: Item) -> list[str]:
    """An item's choices, empty where it lacks one between two others: their letters stay what they are."""
    return [choice or "" for choice in item.choices]


def choice_judge(official: Callable[[Item], bool | None], letters: bool) -> Judge:
    """Judges items of multiple choice: an official matcher beside the strict scorer.

    Args:
        official: None where the official script leaves the item out. It is not asked where nothing was predicted.
        letters: whether the choices are shown under letters, as `named_choice` takes it.
    """

    def judged(item: Item) -> Verdict:
        right = None if item.prediction is None else official(item)
        named = named_choice(item.prediction, texts(item), letters)
        return Verdict(
            item=item,
            official=None if right is None else share_part(right),
            strict=share_part(named.choice is not None and named.choice == item.answer),
            named=named.choice,
            problem=named.problem,
        )

    return lambda items: [judged(item) for item in items]
