"""`load_dataset` on a built folder: by name, by config, streaming, and by a registered name."""

from __future__ import annotations

import inspect
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import islice

import datasets
import pytest
import torch
from torch.utils.data import DataLoader

from dataset_builder import registration
from dataset_builder.schema import features
from dataset_builder.tasks import TASKS


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path_factory.mktemp("datasets"))
    # Seconds that a shuffled stream sleeps at its end, for threads of a process that ends with it.
    monkeypatch.setattr(datasets.config, "SLEEP_TIME_ON_THREADS_SHUTDOWN", 0)


@pytest.fixture
def beside(cota, monkeypatch):
    monkeypatch.chdir(cota.parent)


def test_the_bare_name_reads_the_folder_in_the_working_directory(beside):
    dataset = datasets.load_dataset("cota")
    assert list(dataset) == ["train", "validation", "test"]
    assert dataset["train"].features == features()
    row = dataset["train"][0]
    assert row["audio"].get_all_samples().sample_rate == 16_000
    assert row["messages"][1]["content"][0]["audio"]["bytes"][:4] == b"fLaC"
    assert row["annotations"]["recordings"][0]["id"]
    assert row["teacher"]["model"] == "annotations"
    assert row["images"] == []


def test_a_domain_and_a_split(beside):
    music = datasets.load_dataset("cota", "music", split="test")
    assert set(music["domain"]) == {"music"}
    assert {"lead_instrument", "audio_type"} <= set(music["task"])


def test_a_task(beside):
    assert set(datasets.load_dataset("cota", "lead_instrument")["train"]["task"]) == {"lead_instrument"}
    audio_type = datasets.load_dataset("cota", "audio_type", split="train")
    assert set(audio_type["domain"]) == {"sound", "speech", "music"}


def test_streaming(beside):
    stream = datasets.load_dataset("cota", split="train", streaming=True)
    rows = list(stream.take(3))
    assert [row["images"] for row in rows] == [[], [], []]
    assert rows[0]["audio"].get_all_samples().data.shape[0] == 1


def test_two_workers_of_a_data_loader_read_every_row_once(beside):
    stream = datasets.load_dataset("cota", split="train", streaming=True).select_columns(["id", "duration"])
    assert stream.num_shards >= 2  # else one of the workers would have nothing to read
    loader = DataLoader(stream.with_format("torch"), batch_size=4, num_workers=2)
    names = [name for batch in loader for name in batch["id"]]
    assert sorted(names) == sorted(datasets.load_dataset("cota", split="train")["id"])


@pytest.mark.parametrize("shuffled", [False, True])
def test_a_stream_goes_on_from_its_state_row_for_row(beside, shuffled):
    """In the middle of a row group and of a shard, in another stream, after the state was saved as JSON."""

    def opened() -> datasets.IterableDataset:
        stream = datasets.load_dataset("cota", split="train", streaming=True).select_columns(["id", "audio"])
        # Without a buffer of rows, which `datasets` does not save, the shards alone are shuffled.
        return stream.shuffle(seed=7, buffer_size=1) if shuffled else stream

    whole = [(row["id"], len(row["audio"].get_all_samples().data[0])) for row in opened()]
    first, stop = opened(), len(whole) // 3
    rows = iter(first)
    begun = [next(rows)["id"] for _ in range(stop)]
    state = json.loads(json.dumps(first.state_dict()))
    second = opened()
    second.load_state_dict(state)
    rest = [(row["id"], len(row["audio"].get_all_samples().data[0])) for row in second]
    assert begun == [name for name, _ in whole[:stop]]
    assert rest == whole[stop:]
    assert len({name for name, _ in whole}) == len(whole)


class Resumable(torch.utils.data.IterableDataset):
    """Rows of a stream, each with its worker and the state of that worker's stream behind it."""

    def __init__(self, stream, states):
        self.stream, self.states = stream, dict(states)

    def __iter__(self):
        worker = torch.utils.data.get_worker_info().id
        if worker in self.states:
            self.stream.load_state_dict(self.states[worker])
        for row in self.stream:
            yield row, worker, self.stream.state_dict()


@pytest.mark.parametrize("batches", [1, 9])
def test_two_workers_go_on_from_their_states_row_for_row(beside, tmp_path, batches):
    """By the class that docs/building.md shows; what workers had read ahead is read again."""

    def read(states: dict) -> Iterator[list]:
        stream = datasets.load_dataset("cota", split="train", streaming=True).remove_columns("audio")
        return iter(DataLoader(Resumable(stream, states), batch_size=4, num_workers=2, collate_fn=list))

    def by_worker(batches: Iterable[list]) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        for batch in batches:
            for row, worker, _ in batch:
                assert row["messages"][1]["content"][0]["audio"]["bytes"][:4] == b"fLaC"
                found.setdefault(worker, []).append(row["id"])
        return found

    whole = by_worker(read({}))
    assert set(whole) == {0, 1}
    begun, states = [], {}
    for batch in islice(read({}), batches):
        begun.append(batch)
        states |= {worker: state for _, worker, state in batch}
    torch.save(states, tmp_path / "states.pt")
    first, rest = by_worker(begun), by_worker(read(torch.load(tmp_path / "states.pt")))
    assert {worker: first.get(worker, []) + rest.get(worker, []) for worker in whole} == whole
    assert sorted(sum(whole.values(), [])) == sorted(datasets.load_dataset("cota", split="train")["id"])


def test_the_class_that_goes_on_is_the_one_that_is_shown(repository):
    assert inspect.getsource(Resumable) in (repository / "docs" / "building.md").read_text(encoding="utf-8")


def test_every_domain_and_task_is_a_config(cota):
    names = datasets.get_dataset_config_names(str(cota))
    assert set(names) == {"default", "sound", "speech", "music", *(task.name for task in TASKS)}
    assert names[0] == "default"


@pytest.fixture
def unregistered():
    yield
    registration.unregister()


@pytest.mark.parametrize("streaming", [False, True])
def test_a_missing_shard_is_an_error_and_not_a_smaller_data_set(cota, tmp_path, streaming):
    """Else training would go on without its rows, and `datasets` would keep the rest in its cache for good."""
    folder = tmp_path / "cota"
    shutil.copytree(cota, folder)
    shard = sorted((folder / "data").rglob("train-*.parquet"))[0]
    shard.rename(tmp_path / "kept.parquet")
    with pytest.raises(FileNotFoundError, match=shard.name):
        list(datasets.load_dataset(str(folder), split="train", streaming=streaming))
    (tmp_path / "kept.parquet").rename(shard)
    assert len(datasets.load_dataset(str(folder), split="train")) == len(
        datasets.load_dataset(str(cota), split="train")
    )


def test_a_registered_folder_is_read_from_anywhere(cota, tmp_path, monkeypatch, unregistered):
    monkeypatch.chdir(tmp_path)
    registration.register(cota)
    assert datasets.load_dataset("cota", "genre", split="train").num_rows > 0
    assert "genre" in datasets.get_dataset_config_names("cota")


def test_registering_is_at_the_top_of_the_package_and_imports_nothing_before():
    code = (
        "import sys, dataset_builder; "
        "assert 'datasets' not in sys.modules and 'dataset_builder.registration' not in sys.modules; "
        "from dataset_builder import register, unregister; from dataset_builder import registration; "
        "assert dataset_builder.register is register is registration.register; "
        "assert unregister is registration.unregister; "
        "assert not hasattr(dataset_builder, 'publish_all')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_registered_repository_takes_the_place_of_the_name(monkeypatch, unregistered):
    asked = []
    monkeypatch.setattr(datasets.load, "dataset_module_factory", lambda path, *_, **__: asked.append(path))
    registration.register("ORG/cota")
    datasets.load.dataset_module_factory("cota")
    datasets.load.dataset_module_factory("other")
    registration.unregister()
    datasets.load.dataset_module_factory("cota")
    assert asked == ["ORG/cota", "other", "cota"]


def test_a_target_that_is_no_dataset_is_refused(tmp_path):
    for target in (tmp_path, "no-slash", "a/b/c"):
        with pytest.raises(ValueError, match="neither a folder of CoTA nor a repository"):
            registration.register(target)


def test_another_build_is_not_read_from_the_cache_of_the_first(beside, recordings, tmp_path, monkeypatch, build):
    first = datasets.load_dataset("cota", split="test")["question"]
    build(recordings, tmp_path / "cota", rows=24)
    monkeypatch.chdir(tmp_path)
    assert datasets.load_dataset("cota", split="test")["question"] != first
