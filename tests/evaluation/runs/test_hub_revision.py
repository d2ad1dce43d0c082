"""A benchmark that was downloaded: which commit it was is in the manifest, and a repetition asks that one."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import huggingface_hub
import pytest

from evaluation.runs.manifest import read_manifest
from evaluation.runs.repeat import repeat
from evaluation.runs.run import run
from evaluation.runs.settings import RunSettings
from tests.fault_server import FaultServer


FIRST, SECOND = "1" * 40, "2" * 40
TABLE = "span1,span2,answer\nflute,tuba,flute\ndrum,piccolo,piccolo\n"


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The revisions that the Hub was asked for; the newest is SECOND, once FIRST was asked for."""
    revisions: list[str | None] = []

    def snapshot_download(repository: str, *, revision: str | None, **options: object) -> str:
        commit = revision or (SECOND if revisions else FIRST)
        revisions.append(revision)
        folder = tmp_path / "snapshots" / commit
        (folder / "pitch").mkdir(parents=True, exist_ok=True)
        (folder / "pitch" / "test.csv").write_text(TABLE, encoding="utf-8")
        return str(folder)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    monkeypatch.setenv("LOCAL_API_KEY", "none")
    return revisions


def answer(request: dict, random: Random) -> str:
    return json.dumps(request["messages"][-1]["content"])[-40:]


def test_a_repetition_asks_the_commit_of_the_manifest(tmp_path: Path, asked: list[str | None]) -> None:
    with FaultServer(say=answer) as server:
        settings = RunSettings(
            "auditorybench_pp", "openai-api/local/tiny", split="pitch", base_url=server.base_url, max_tokens=64
        )
        assert run(settings, tmp_path / "run")["n"] == 2
        data = read_manifest(tmp_path / "run")["data"]
        assert (data["repository"], data["revision"]) == ("HJOK/AuditoryBenchpp", FIRST)
        assert asked == [None]
        assert repeat(tmp_path / "run", tmp_path / "again")["identical"]
    assert asked == [None, FIRST]
    assert read_manifest(tmp_path / "again")["data"] == data


def test_a_revision_of_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="revision v1 is of the Hub's copy"):
        RunSettings("mmau", "openai/gpt-4o", data=str(tmp_path), revision="v1")
