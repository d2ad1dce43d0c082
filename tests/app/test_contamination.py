"""`audio-reasoner evaluate --train-data`: what is in the training data, and the score without it, beside the run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import soundfile
from inspect_ai.model import ModelAPI, ModelOutput, modelapi
from typer.testing import CliRunner

from app.contamination import benchmark_items
from app.main import app
from evaluation.benchmarks.place import Source
from evaluation.benchmarks.question import Question
from evaluation.benchmarks.recording import Recording
from evaluation.benchmarks.registry import READERS, Reader
from evaluation.runs.settings import RunSettings
from tests.evaluation.conftest import SAMPLING_RATE, TASKS, cota_row, tone, write_cota


MODEL = "always/dog"
"""Answers every question with the word dog."""


@modelapi(name="always")
class Always(ModelAPI):
    """A model of inspect's that gives its own name as its answer."""

    async def generate(self, input: Any, tools: Any, tool_choice: Any, config: Any) -> ModelOutput:
        return ModelOutput.from_content(self.model_name, self.model_name)


@pytest.fixture(scope="module")
def cota(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_cota(tmp_path_factory.mktemp("data") / "cota", 4)


@pytest.fixture(scope="module")
def train(cota: Path) -> Path:
    """Another folder, whose split train holds a row of the test split under another id, and two that are none of it.

    Of the test rows with that clip there are three (one a task), of its recording two, of its question all four of the
    task.
    """
    import pyarrow
    import pyarrow.parquet as parquet

    planted = cota_row(*TASKS[0], 1) | {"id": "planted"}
    others = [
        cota_row(*TASKS[0], number)
        | {"id": f"other-{number}", "source_id": f"other-{number}", "question": f"Is {number} more?", "choices": []}
        | {"audio": {"bytes": tone(500.0 + number, 0.5), "path": None}}
        for number in range(2)
    ]
    path = cota.with_name("train") / "data" / "train-00000-of-00001.parquet"
    path.parent.mkdir(parents=True)
    parquet.write_table(pyarrow.Table.from_pylist([others[0], planted, others[1]]), path)
    return cota.with_name("train")


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUDIO_REASONER_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def evaluated(cota: Path, output: Path, *arguments: object) -> str:
    command = ["evaluate", "cota", "--model", MODEL, "--data", cota, "--output", output, *arguments]
    result = CliRunner().invoke(app, [*map(str, command)])
    assert result.exit_code == 0, result.output
    return result.stdout


@dataclass(frozen=True)
class Runs:
    """A run without training data, the same one with it, and the same without it again."""

    output: Path
    before: dict[str, Any]
    printed: str
    after: dict[str, Any]


@pytest.fixture(scope="module")
def runs(cota: Path, train: Path, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    output = tmp_path_factory.mktemp("runs") / "run"
    before = json.loads(evaluated(cota, output, "--json"))
    printed = evaluated(cota, output, "--train-data", train)
    return Runs(output, before, printed, json.loads(evaluated(cota, output, "--json")))


def test_the_score_without_what_was_planted(runs: Runs) -> None:
    """sound_event-001 is the one dog, which goes with all of its task: of twelve answers one is right, of six none."""
    assert runs.before["n"] == 12 and "without_contaminated" not in runs.before
    assert runs.before["official"] == runs.before["strict"] == 1 / 12
    found = runs.after["without_contaminated"]
    assert (found["n"], found["removed"], found["official"], found["strict"]) == (6, 6, 0, 0)
    assert found["by"] == {"source_id": 2, "audio": 3, "question": 4}
    assert (found["recordings"]["n"], found["recordings"]["removed"]) == (8, 4)
    assert (runs.after["official"], runs.after["strict"]) == (1 / 12, 1 / 12)
    assert json.loads((runs.output / "scores.json").read_text(encoding="utf-8"))["without_contaminated"] == found


def test_a_run_that_is_done_is_not_asked_again(runs: Runs) -> None:
    assert runs.before["answered_now"] and not runs.after["answered_now"]
    assert "The answers were there from an earlier run of the same settings." in runs.printed
    assert len(list((runs.output / "log").glob("*.eval"))) == 1


def test_each_item_is_listed_with_the_row(runs: Runs, train: Path) -> None:
    written = json.loads((runs.output / "contamination.json").read_text(encoding="utf-8"))
    assert {line["row"] for line in written["items"]} == {"planted"}
    assert [(line["id"], line["by"]) for line in written["items"]] == [
        ("lead_instrument-001", "audio"),
        ("sound_event-000", "source_id"),
        ("sound_event-000", "question"),
        ("sound_event-001", "source_id"),
        ("sound_event-001", "audio"),
        ("sound_event-001", "question"),
        ("sound_event-002", "question"),
        ("sound_event-003", "question"),
        ("spoken_language-001", "audio"),
    ]
    assert written["compared"] == [{"benchmark": "cota", "items": 12, "source_id": 12, "audio": 12, "question": 12}]


def test_the_manifest_has_the_hash_of_the_shards(runs: Runs, train: Path) -> None:
    shard = (train / "data" / "train-00000-of-00001.parquet").read_bytes()
    line = f"data/train-00000-of-00001.parquet\0{hashlib.sha256(shard).hexdigest()}\n"
    (searched,) = json.loads((runs.output / "manifest.json").read_text(encoding="utf-8"))["train_data"]
    assert searched["sha256"] == hashlib.sha256(line.encode()).hexdigest()
    assert (searched["folder"], searched["rows"], searched["unheard"]) == (str(train), 3, 0)


def test_what_is_printed_is_on_the_page(runs: Runs, train: Path) -> None:
    printed = " ".join(runs.printed.split())
    page = " ".join((runs.output / "report.html").read_text(encoding="utf-8").split())
    for sentence in (
        "In the training data: 6 of the 12 items. Without them strict 0.0 (0.0–39.0, 95%), official 0.0",
        "Found: 2 by source id, 3 by sound, 4 by question; contamination.json names the rows.",
        f"Training data searched: 3 rows of {train}, split train.",
        "Looked for: 12 test items of cota, 12 of them by source id, 12 by audio, 12 by question.",
    ):
        assert sentence in printed and sentence in page
    assert "<td>sound_event-000</td><td>source id</td>" in page


def test_training_data_that_is_not_there_stops_before_anything_is_asked(cota: Path, tmp_path: Path) -> None:
    command = ["evaluate", "cota", "--model", MODEL, "--data", cota, "--output", tmp_path / "run"]
    result = CliRunner().invoke(app, [*map(str, command), "--train-data", str(tmp_path / "nowhere")])
    assert result.exit_code == 1
    assert "There is no folder" in result.output and not (tmp_path / "run" / "log").exists()
    result = CliRunner().invoke(app, ["evaluate", "--from", "m.json", "--output", "x", "--train-data", str(cota)])
    assert result.exit_code == 1 and "leave out train-data" in result.output


def settings(benchmark: str, data: Path) -> RunSettings:
    return RunSettings(benchmark, MODEL, data=str(data))


def test_items_of_cota_are_named_as_their_rows_are(cota: Path) -> None:
    """The recordings are cells: of the row in the file, and not in its row group."""
    items = {item.id: item for item in benchmark_items(settings("cota", cota))}
    item = items["spoken_language-003"]
    assert item.source_ids == ("tones/spoken_language-1",)
    assert (item.question, item.choices[0]) == ("Which spoken language is it?", "English")
    assert item.audio is not None
    waveform, rate = item.audio.waveform()
    assert (rate, len(waveform)) == (SAMPLING_RATE, round(0.9 * SAMPLING_RATE))


def test_the_row_of_a_cell_counts_from_the_beginning_of_the_file(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet as parquet

    from app.contamination import reference

    cells = [{"bytes": tone(440.0, seconds), "path": None} for seconds in (0.5, 0.6, 0.7)]
    parquet.write_table(pyarrow.table({"audio": cells}), tmp_path / "a.parquet", row_group_size=2)
    waveform, _ = reference(Recording(str(tmp_path / "a.parquet"), "audio", row_group=1, row=0)).waveform()
    assert len(waveform) == round(0.7 * SAMPLING_RATE)


def test_items_of_mmau_are_named_as_the_builder_names_them(tmp_path: Path) -> None:
    entry = {"id": "one", "audio_id": "./test-mini-audios/abc.wav", "question": "What?", "task": "sound"}
    entry |= {"choices": ["dog", "cat"], "answer": "cat"}
    (tmp_path / "mmau-test-mini.json").write_text(json.dumps([entry]), encoding="utf-8")
    (tmp_path / "test-mini-audios").mkdir()
    soundfile.write(tmp_path / "test-mini-audios" / "abc.wav", [0.0, 0.1], 16_000)
    (item,) = benchmark_items(settings("mmau", tmp_path))
    assert (item.benchmark, item.id, item.source_ids) == ("mmau", "one", ("mmau/abc.wav",))
    assert item.audio is not None and item.audio.path == tmp_path / "test-mini-audios" / "abc.wav"


def test_of_another_benchmark_the_questions_are_the_items(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of the two has two recordings, so that it is two items under one id."""
    names = [str(tmp_path / name) for name in ("a.wav", "b.wav")]
    for name in names:
        Path(name).touch()
    questions = [
        Question("heard", {}, "Which came first?", recordings=tuple(map(Recording, names)), origin="clip_de_1234567"),
        Question("read", {}, "Which is louder?", choices=("a bell", "a whisper")),
    ]
    reader = Reader(Source("other", "a site"), ("test",), lambda folder, split: questions)
    monkeypatch.setitem(READERS, "other", reader)
    found = benchmark_items(settings("other", tmp_path))
    assert [(item.id, item.question, item.audio and str(item.audio)) for item in found] == [
        ("heard", "Which came first?", names[0]),
        ("heard", "", names[1]),
        ("read", "Which is louder?", None),
    ]
    assert found[0].source_ids == ("clip_de_1234567", "other/clip_de_1234567")
    assert (found[2].source_ids, found[2].choices) == ((), ("a bell", "a whisper"))
