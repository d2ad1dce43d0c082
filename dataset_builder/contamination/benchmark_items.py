"""The test items of the benchmarks, read from their official files, so that no row is built of them.

Knows the layouts of MMAU, MMAR, AIR-Bench, MELD and Clotho-AQA, and a JSONL for any other. Decides nothing.
"""

from __future__ import annotations

import ast
import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..audio_reference import AudioReference
from .source_keys import family


@dataclass(frozen=True)
class BenchmarkItem:
    """One test item.

    Args:
        benchmark: such as `"mmau"`.
        id: its name in the benchmark.
        source_ids: names of its recording, in the forms that `source_keys` reads.
        question: empty where the benchmark asks none (MELD).
        choices: without letters; empty where the question is open.
        audio: where its sound lies, None where the audio was not found.

    Raises:
        ValueError: the benchmark or the id is empty.
    """

    benchmark: str
    id: str
    source_ids: tuple[str, ...] = ()
    question: str = ""
    choices: tuple[str, ...] = ()
    audio: AudioReference | None = None

    def __post_init__(self) -> None:
        if not self.benchmark or not self.id:
            raise ValueError(f"A test item needs a benchmark and an id; found {self.benchmark!r} and {self.id!r}.")


Reader = Callable[[Path], Iterator[BenchmarkItem]]


def read_mmau(folder: Path) -> Iterator[BenchmarkItem]:
    """MMAU: `mmau-test-mini.json` and `mmau-test.json`, whichever are there, and their audio folders beside them.

    The files name no original recording, only the corpus it is of: MMAU is found by sound and by question.
    """
    for path in _present(folder, ("mmau-test-mini.json", "mmau-test.json"), "mmau"):
        for number, entry in _entries(path):
            audio = _need(entry, "audio_id", path, number)
            yield _item("mmau", entry, path, number, (f"mmau/{Path(audio).name}",), _audio(folder, audio))


def read_mmar(folder: Path) -> Iterator[BenchmarkItem]:
    """MMAR: `MMAR-meta.json` (a list, or a JSONL) and `audio/` beside it; each item has the address of its video."""
    path = _present(folder, ("MMAR-meta.json", "MMAR-meta.jsonl"), "mmar")[0]
    for number, entry in _entries(path):
        audio = str(entry.get("audio_path") or "")
        names = (str(entry.get("url") or ""), f"mmar/{Path(audio).name}" if audio else "")
        yield _item("mmar", entry, path, number, tuple(name for name in names if name), _audio(folder, audio))


def read_air_bench(folder: Path) -> Iterator[BenchmarkItem]:
    """AIR-Bench: `Foundation/Foundation_meta.json` and `Chat/Chat_meta.json`, or the files themselves in the folder.

    The audio of an item lies in `<task_name>_<dataset_name>/` beside the file; that of Audio_Grounding is FLAC under
    a name that says otherwise.
    """
    names = ("Foundation/Foundation_meta.json", "Chat/Chat_meta.json", "Foundation_meta.json", "Chat_meta.json")
    for path in _present(folder, names, "air_bench"):
        part = "foundation" if path.name.startswith("Foundation") else "chat"
        for number, entry in _entries(path):
            audio, task, dataset = (
                str(_need(entry, key, path, number)) for key in ("path", "task_name", "dataset_name")
            )
            if part == "foundation" and task == "Audio_Grounding":
                audio = f"{audio[:-3]}flac"
            choices = [entry.get(f"choice_{letter}") for letter in "abcdefgh"]
            yield BenchmarkItem(
                benchmark=f"air_bench_{part}",
                id=f"{task}_{dataset}/{_need(entry, 'uniq_id', path, number)}",
                source_ids=_of_air_bench(dataset, audio),
                question=str(entry.get("question") or ""),
                choices=tuple(str(choice) for choice in choices if choice not in (None, "")),
                audio=_audio(path.parent / f"{task}_{dataset}", audio),
            )


def _of_air_bench(dataset: str, audio: str) -> tuple[str, ...]:
    """Names of a recording of AIR-Bench, which took none from the training splits of the corpora."""
    if family(dataset) == "meld":
        return f"{dataset}/dev/{audio}", f"{dataset}/test/{audio}"
    return (f"{dataset}/{audio}",)


def read_meld(folder: Path) -> Iterator[BenchmarkItem]:
    """MELD: `test_sent_emo.csv` (or `test/`, `MELD.Raw/` above it) and its clips in `output_repeated_splits_test/`."""
    path = _present(
        folder,
        ("test_sent_emo.csv", "test/test_sent_emo.csv", "MELD.Raw/test_sent_emo.csv", "data/MELD/test_sent_emo.csv"),
        "meld",
    )[0]
    for number, entry in _csv_entries(path):
        dialogue, utterance = (int(_need(entry, key, path, number)) for key in ("Dialogue_ID", "Utterance_ID"))
        name = f"dia{dialogue}_utt{utterance}"
        places = (parent / "output_repeated_splits_test" for parent in (path.parent, path.parent / "test", folder))
        clips = (_audio(place, f"{name}.mp4") for place in places)
        audio = next((clip for clip in clips if clip is not None), None)
        yield BenchmarkItem("meld", f"test/{name}", (f"meld/test/{name}",), audio=audio)


def read_clotho_aqa(folder: Path) -> Iterator[BenchmarkItem]:
    """Clotho-AQA: `clotho_aqa_test.csv`, `audio_files/`, and the ids at Freesound from `clotho_aqa_metadata.csv`.

    The CSV has each question three times, once for each answer; it gives one item.
    """
    path = _present(folder, ("clotho_aqa_test.csv",), "clotho_aqa")[0]
    sounds: dict[str, str] = {}
    metadata = path.with_name("clotho_aqa_metadata.csv")
    if metadata.is_file():
        for _, entry in _csv_entries(metadata):
            if (number_at_freesound := str(entry.get("sound_id") or "")).isdigit():
                sounds[str(entry.get("file_name"))] = f"freesound:{int(number_at_freesound)}"
    seen = set()
    for number, entry in _csv_entries(path):
        name, question = (str(_need(entry, key, path, number)) for key in ("file_name", "QuestionText"))
        if (name, question) not in seen:
            seen.add((name, question))
            names = (f"clotho/{name}", *([sounds[name]] if name in sounds else []))
            audio = _audio(path.parent / "audio_files", name)
            yield BenchmarkItem("clotho_aqa", f"{name}#{len(seen)}", names, question, (), audio)


def read_items(path: Path) -> Iterator[BenchmarkItem]:
    """A JSONL, a test item a line: `benchmark` and `id`, where known `source_ids`, `question`, `choices`, `audio`.

    `audio` is a path from the folder of the file.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path} of test items: write one JSON object a line.")
    for number, entry in _entries(path):
        yield BenchmarkItem(
            benchmark=str(_need(entry, "benchmark", path, number)),
            id=str(_need(entry, "id", path, number)),
            source_ids=tuple(str(name) for name in entry.get("source_ids") or ()),
            question=str(entry.get("question") or ""),
            choices=_choices(entry, path, number),
            audio=_audio(path.parent, str(entry.get("audio") or "")),
        )


READERS: dict[str, tuple[Reader, str]] = {
    "mmau": (read_mmau, "https://github.com/Sakshi113/MMAU"),
    "mmar": (read_mmar, "https://huggingface.co/datasets/BoJack/MMAR"),
    "air_bench": (read_air_bench, "https://huggingface.co/datasets/qyang1021/AIR-Bench-Dataset"),
    "meld": (read_meld, "https://github.com/declare-lab/MELD"),
    "clotho_aqa": (read_clotho_aqa, "https://zenodo.org/records/6473207"),
}
"""The reader of each benchmark's folder, and where to get the folder."""


def read_benchmarks(folders: Mapping[str, Path]) -> Iterator[BenchmarkItem]:
    """The items of every benchmark in turn; the key `items` stands for a JSONL as `read_items` reads it.

    Raises:
        ValueError: a benchmark is unknown, or an entry of a file lacks a field; names the file and the entry.
        FileNotFoundError: a benchmark's file is missing; says which and where to get it.
    """
    for name, folder in folders.items():
        if name == "items":
            yield from read_items(Path(folder))
        elif name in READERS:
            yield from READERS[name][0](Path(folder))
        else:
            raise ValueError(f"There is no benchmark named {name!r}; there are {', '.join(READERS)}, and items.")


def _present(folder: Path, names: Iterable[str], benchmark: str) -> list[Path]:
    names = tuple(names)
    paths = [Path(folder) / name for name in names if (Path(folder) / name).is_file()]
    if not paths:
        raise FileNotFoundError(
            f"The folder {folder} has none of {', '.join(names)}: get {benchmark} from {READERS[benchmark][1]}."
        )
    return paths


def _entries(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a JSON list or of a JSONL, counted from 1."""
    text = path.read_text(encoding="utf-8")
    try:
        if text.lstrip().startswith("["):
            entries = json.loads(text)
        else:
            entries = [json.loads(line) for line in text.splitlines() if line.strip()]
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is neither a JSON list nor JSONL ({error}): download it again.") from None
    if not entries:
        raise ValueError(f"{path} holds no test items: download it again.")
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict):
            raise ValueError(f"{path}, entry {number}, is no object: download the file again.")
        yield number, entry


def _csv_entries(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    # Clotho's metadata is in Latin-1 where a name is not English; MELD's and the questions are UTF-8.
    contents = path.read_bytes()
    try:
        text = contents.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = contents.decode("latin-1")
    entries = list(csv.DictReader(text.splitlines(keepends=True)))
    if not entries:
        raise ValueError(f"{path} holds no test items: download it again.")
    yield from enumerate(entries, 1)


def _item(
    benchmark: str,
    entry: Mapping[str, Any],
    path: Path,
    number: int,
    names: tuple[str, ...],
    audio: AudioReference | None,
) -> BenchmarkItem:
    return BenchmarkItem(
        benchmark=benchmark,
        id=str(_need(entry, "id", path, number)),
        source_ids=names,
        question=str(_need(entry, "question", path, number)),
        choices=_choices(entry, path, number),
        audio=audio,
    )


def _need(entry: Mapping[str, Any], key: str, path: Path, number: int) -> Any:
    value = entry.get(key)
    if value is None or value == "":
        raise ValueError(f"{path}, entry {number}, has no {key!r}: it is not in the official layout.")
    return value


def _choices(entry: Mapping[str, Any], path: Path, number: int) -> tuple[str, ...]:
    """The choices of an entry; some copies of the files hold the list as text."""
    choices = entry.get("choices") or ()
    if isinstance(choices, str):
        try:
            choices = ast.literal_eval(choices)
        except (ValueError, SyntaxError):
            choices = None
    if not isinstance(choices, (list, tuple)):
        raise ValueError(f"{path}, entry {number}, has choices that are no list: {entry['choices']!r}.")
    return tuple(str(choice) for choice in choices)


def _audio(folder: Path, name: str) -> AudioReference | None:
    path = Path(folder) / name
    return AudioReference(path) if name and path.is_file() else None
