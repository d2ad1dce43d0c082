"""Search training data for the questions of an evaluation, and leave what was found in the run's folder.

Puts together what `evaluation` knows of a benchmark's questions and `dataset_builder` of how test items are found.
How a run is scored without them is `evaluation.runs.contamination`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any


if TYPE_CHECKING:
    from dataset_builder.audio_reference import AudioReference
    from dataset_builder.contamination.benchmark_items import BenchmarkItem
    from dataset_builder.contamination.occurrences import Occurrences
    from evaluation.benchmarks.question import Question
    from evaluation.benchmarks.recording import Recording
    from evaluation.runs.settings import RunSettings

SAME_BENCHMARK = {
    "mmau": ("mmau", "{id}"),
    "mmar": ("mmar", "{id}"),
    "air_bench_foundation": ("air_bench", "{task_name}_{dataset_name}/{uniq_id}"),
    "air_bench_chat": ("air_bench", "{task_name}_{dataset_name}/{uniq_id}"),
    "meld": ("meld", "test/dia{Dialogue_ID}_utt{Utterance_ID}"),
}
"""The builder's reader of a benchmark, which knows the names of recordings, and how it calls an entry."""
CACHE = "training"
"""Below the cache of the recordings."""


def write_contamination(
    settings: RunSettings,
    folders: Sequence[Path],
    output: Path,
    progress: Callable[[str, int, int], None] | None = None,
    cache: Path | None = None,
) -> dict[str, Any]:
    """Write OUTPUT/contamination.json: the questions of a run's benchmark that occur in training data.

    Args:
        settings: of the run; all questions of its split are searched for, whatever its limit.
        folders: of training data.
        output: the run's folder.
        progress: called with a step, what is done of it and the whole.
        cache: where fingerprints are kept; $AUDIO_REASONER_CACHE or ~/.cache/audio-reasoner without it.

    Returns:
        What was written: {"of", "train_data", "items", "compared", "statements"}, as
        `evaluation.runs.contamination.read_contamination` describes it.

    Raises:
        ValueError, FileNotFoundError: the benchmark or a folder of training data cannot be read; names it.
        ImportError: pyacoustid or libchromaprint is not installed.
    """
    from dataset_builder.contamination.occurrences import find_occurrences
    from dataset_builder.sources.debian import default_cache
    from evaluation.manifest import write_json
    from evaluation.runs.contamination import CONTAMINATION, subject

    items = benchmark_items(settings)
    found = find_occurrences(items, folders, (cache or default_cache()) / CACHE, progress)
    lines: dict[tuple[str, str], dict[str, str]] = {}
    for line in found.found:  # of a question with several recordings, the first that was found
        lines.setdefault((items[line.item].id, line.by), {"detail": line.detail, "row": line.row})
    report = {
        "of": subject(settings.to_json()),
        "train_data": [asdict(searched) for searched in found.training],
        "items": [{"id": id, "by": by, **line} for (id, by), line in lines.items()],
        "compared": [asdict(line) for line in found.compared],
        "statements": statements(items, found),
    }
    write_json(output / CONTAMINATION, report)
    return report


def statements(items: Sequence[BenchmarkItem], found: Occurrences) -> list[str]:
    """What was compared with what, and what could not be, in sentences."""
    said = [
        f"Training data searched: {searched.rows:,} rows of {searched.folder}, split {searched.split}."
        for searched in found.training
    ]
    said += [f"{line}" for line in found.compared]
    if not any(item.audio for item in items):
        said.append("Not compared by sound: the test items have no recordings.")
    elif found.unheard:
        first = min(found.unheard)
        said.append(
            f"Not compared by sound: {len(found.unheard):,} of {len(items):,} test items (the first, "
            f"{items[first].id}: {found.unheard[first]})."
        )
    for searched in found.training:
        if searched.unheard:
            said.append(
                f"Not compared by sound: {searched.unheard:,} of {searched.rows:,} rows of {searched.folder} (the "
                f"first, {searched.example})."
            )
    return said


def benchmark_items(settings: RunSettings) -> list[BenchmarkItem]:
    """The questions of a run's benchmark as test items; of a question with several recordings, one for each.

    Raises:
        ValueError, FileNotFoundError: as `located` and `read_questions` of `evaluation.benchmarks.registry`.
    """
    from dataset_builder.contamination.benchmark_items import BenchmarkItem
    from evaluation.benchmarks.registry import located, read_questions

    folder = located(settings.benchmark, settings.folder, settings.split, settings.revision).folder
    questions = read_questions(settings.benchmark, str(folder), settings.split)
    names = recording_names_of(settings.benchmark, questions, folder)
    items = []
    for question in questions:
        heard = [reference(recording) for recording in question.recordings]
        items.append(
            BenchmarkItem(
                benchmark=settings.benchmark,
                id=question.id,
                source_ids=names.get(question.id, ()),
                question=question.text,
                choices=question.choices,
                audio=heard[0] if heard else None,
            )
        )
        items += [BenchmarkItem(settings.benchmark, question.id, audio=audio) for audio in heard[1:]]
    return items


def reference(recording: Recording) -> AudioReference:
    """Where a question's recording lies, as the builder says it: by the row of the file and not of the row group."""
    from dataset_builder.audio_reference import AudioReference

    if recording.column is None:
        return AudioReference(Path(recording.path))
    row = _group_starts(recording.path)[recording.row_group] + recording.row
    return AudioReference(Path(recording.path), column=recording.column, row=row)


@lru_cache(maxsize=64)
def _group_starts(path: str) -> list[int]:
    """The number of the first row of each row group of a Parquet file."""
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(path) as file:
        sizes = (file.metadata.row_group(group).num_rows for group in range(file.num_row_groups))
        return list(accumulate(sizes, initial=0))


def recording_names_of(benchmark: str, questions: Sequence[Question], folder: Path) -> dict[str, tuple[str, ...]]:
    """The names of each question's recording, by the question's id.

    They are those that the builder's reader of the benchmark gives, where it has one that finds its files; of CoTA
    those in its rows; else the one that the question has.

    Raises:
        ValueError: a file is not in the benchmark's layout, or a shard of CoTA cannot be read.
    """
    own: dict[str, tuple[str, ...]] = {
        question.id: (question.origin, f"{benchmark}/{question.origin}") for question in questions if question.origin
    }
    if benchmark == "cota":
        return own | _names_in_rows(questions)
    if benchmark in SAME_BENCHMARK:
        return own | _names_in_layout(benchmark, questions, folder)
    return own


def _names_in_rows(questions: Sequence[Question]) -> dict[str, tuple[str, ...]]:
    from dataset_builder.contamination.index import recording_names
    from dataset_builder.contamination.training_data import row_texts, shard_of

    wanted = {question.id for question in questions}
    paths = dict.fromkeys(recording.path for question in questions for recording in question.recordings)
    rows = (row for path in paths for row in row_texts(shard_of(Path(path), Path(path).parent)))
    return {str(row["id"]): recording_names(row) for row in rows if str(row["id"]) in wanted}


def _names_in_layout(benchmark: str, questions: Sequence[Question], folder: Path) -> dict[str, tuple[str, ...]]:
    from dataset_builder.contamination.benchmark_items import READERS

    reader, template = SAME_BENCHMARK[benchmark]
    try:
        known = {item.id: item.source_ids for item in READERS[reader][0](folder) if item.benchmark == benchmark}
    except FileNotFoundError:
        return {}  # in another layout, such as the Hub's, whose questions name what there is
    called = {question.id: _called(template, question.entry) for question in questions}
    return {id: known[name] for id, name in called.items() if name in known}


def _called(template: str, entry: Mapping[str, Any]) -> str:
    """How the builder calls an entry; empty where the entry lacks a field for that."""
    try:
        return template.format_map(entry)
    except KeyError:
        return ""
