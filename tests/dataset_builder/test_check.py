"""`check` finds what is missing, damaged or wrong, and says which."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow.parquet
import pytest
from matplotlib.axes import Axes

from dataset_builder.check import check_folder
from dataset_builder.figure import write_figure
from dataset_builder.writer import file_hash, rows_to_table


SHARD = "data/sound/sound_event/train-00000-of-00001.parquet"


@pytest.fixture(scope="module")
def small(recordings, tmp_path_factory, build) -> Path:
    folder = tmp_path_factory.mktemp("small") / "cota"
    build(recordings, folder, rows=100)
    return folder


@pytest.fixture
def copy(small, tmp_path) -> Path:
    return Path(shutil.copytree(small, tmp_path / "cota"))


def _tamper(folder: Path, change, shard: str = SHARD) -> None:
    """Change the stored rows of a shard and mend the manifest, as a careless edit would."""
    rows = pyarrow.parquet.read_table(folder / shard).to_pylist()
    change(rows)
    pyarrow.parquet.write_table(rows_to_table(rows), folder / shard)
    manifest = json.loads((folder / "manifest.json").read_text())
    for line in manifest["shards"]:
        if line["path"] == shard:
            path = folder / shard
            line.update(rows=len(rows), bytes=path.stat().st_size, sha256=file_hash(path))
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_a_built_folder_is_sound(cota):
    report = check_folder(cota)
    assert report.problems == ()
    written = json.loads((cota / "statistics.json").read_text())
    assert report.statistics == written | {"answer_positions": report.statistics["answer_positions"]}
    assert report.statistics["answer_positions"] == written["answer_positions"]


def test_a_missing_shard_is_named(copy):
    (copy / SHARD).unlink()
    with pytest.raises(ValueError, match=f"lacks the shard {SHARD}"):
        check_folder(copy)


def test_a_cut_shard_is_named(copy):
    (copy / SHARD).write_bytes((copy / SHARD).read_bytes()[:-100])
    with pytest.raises(ValueError, match=f"{SHARD} is damaged: it has .* bytes"):
        check_folder(copy)


def test_a_shard_with_a_flipped_bit_is_named(copy):
    data = bytearray((copy / SHARD).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / SHARD).write_bytes(bytes(data))
    with pytest.raises(ValueError, match=f"{SHARD} is damaged: its SHA-256"):
        check_folder(copy)


def test_a_folder_of_something_else_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no manifest.json of CoTA"):
        check_folder(tmp_path)
    with pytest.raises(ValueError, match="There is no folder"):
        check_folder(tmp_path / "absent")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows[1].update(answer="gong"), "fails the check 'answer'"),
        (lambda rows: rows[1].update(caption="A gong."), "the column 'caption' is not what the messages hold"),
        (lambda rows: rows[1]["audio"].update(bytes=rows[0]["audio"]["bytes"]), "is not the clip of the row"),
        (lambda rows: rows[1].update(duration=9.0), "and not 9.000 s"),
        (lambda rows: rows[1].update(id=rows[0]["id"]), "is there twice"),
        (lambda rows: rows[1].update(task="genre"), "has the task 'genre' in a shard of 'sound_event'"),
        (lambda rows: rows[1].update(images=["x"]), "`images` is [] in every row"),
        (lambda rows: rows[1]["messages"][2]["content"][0].update(text="<THINK>"), "the answer is malformed"),
    ],
)
def test_a_tampered_row_is_named(copy, change, message):
    _tamper(copy, change)
    problems = check_folder(copy).problems
    assert any(message in problem and "sound_event-train-0000" in problem for problem in problems), problems


def test_a_recording_in_two_splits_is_named(copy):
    test_rows = pyarrow.parquet.read_table(copy / SHARD.replace("train-", "test-")).to_pylist()
    _tamper(copy, lambda rows: rows[0].update(annotations=test_rows[0]["annotations"]))
    assert any("is in more than one split" in problem for problem in check_folder(copy).problems)


def test_answers_at_one_place_are_found(copy):
    def first(rows):
        for row in rows:
            row["choices"] = [row["answer"], *(choice for choice in row["choices"] if choice != row["answer"])]
            row["messages"][1]["content"][1]["text"] = f"{row['question']}\nChoose one: {'; '.join(row['choices'])}."

    for line in json.loads((copy / "manifest.json").read_text())["shards"]:
        _tamper(copy, first, line["path"])
    problems = check_folder(copy).problems
    assert any("not at all places alike" in problem for problem in problems), problems


def test_another_schema_is_named(copy):
    table = pyarrow.parquet.read_table(copy / SHARD).drop_columns(["caption"])
    pyarrow.parquet.write_table(table, copy / SHARD)
    manifest = json.loads((copy / "manifest.json").read_text())
    for line in manifest["shards"]:
        if line["path"] == SHARD:
            line.update(bytes=(copy / SHARD).stat().st_size, sha256=file_hash(copy / SHARD))
    (copy / "manifest.json").write_text(json.dumps(manifest))
    assert any("['caption'] are missing" in problem for problem in check_folder(copy).problems)


def test_the_figure_tells_an_accuracy_of_zero_from_one_that_is_not_there(cota, tmp_path, monkeypatch):
    statistics = json.loads((cota / "statistics.json").read_text())
    statistics["baselines"]["majority"]["overall"] = 0.0
    nothing = {"overall": 0.0, "by_domain": {}, "by_task": dict.fromkeys(statistics["chance"]["by_task"], 0.0)}
    statistics["baselines"]["bag_of_words"] = nothing
    written, labels = [], []
    monkeypatch.setattr(Axes, "text", lambda self, x, y, text, **_: written.append(text))
    monkeypatch.setattr(Axes, "set_yticks", lambda self, places, names=(), **_: labels.extend(names))
    write_figure(statistics, tmp_path / "cota.png")
    assert written.count("0") >= len(nothing["by_task"]) + 2
    assert f"all (n = {statistics['test_questions']['overall']:,})" in labels


def test_the_figure_is_written(cota, tmp_path):
    statistics = json.loads((cota / "statistics.json").read_text())
    write_figure(statistics, tmp_path / "figures" / "cota.png")
    assert (tmp_path / "figures" / "cota.png").read_bytes()[:4] == b"\x89PNG"
    with pytest.raises(ValueError, match="needs a name that ends in"):
        write_figure(statistics, tmp_path / "cota.words")
