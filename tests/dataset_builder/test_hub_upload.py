"""Sending a folder: what is listed, and that nothing is sent of a folder that is not whole."""

from __future__ import annotations

import re
import shutil

import huggingface_hub
import pytest
from typer.testing import CliRunner

from app.main import app
from dataset_builder.hub_upload import plan_upload, send


def test_a_dry_run_lists_files_and_card_and_sends_nothing(cota, monkeypatch):
    monkeypatch.setattr(huggingface_hub, "HfApi", lambda: pytest.fail("sent"))
    result = CliRunner().invoke(app, ["publish", "dataset", str(cota), "my-lab/cota", "--dry-run"])
    assert result.exit_code == 0, result.output
    assert "data/music/genre/train-00000-of-00001.parquet" in result.output
    assert "would be sent to the data set my-lab/cota" in result.output
    assert "# CoTA" in result.output


def test_the_folder_is_sent_in_parts(cota, monkeypatch):
    calls = []

    class Api:
        def __getattr__(self, name):
            return lambda *arguments, **options: calls.append((name, arguments, options))

    monkeypatch.setattr(huggingface_hub, "HfApi", Api)
    send(plan_upload(cota, "my-lab/cota"), private=True, revision="v1")
    assert [name for name, *_ in calls] == ["create_repo", "create_branch", "upload_large_folder", "upload_file"]
    sent, card = calls[-2][2], calls[-1][2]
    for call in (sent, card):
        assert call["repo_type"] == "dataset" and call["revision"] == "v1" and call["repo_id"] == "my-lab/cota"
    assert "README.md" not in sent["allow_patterns"] and "manifest.json" in sent["allow_patterns"]
    assert card["path_in_repo"] == "README.md" and b"# CoTA" in card["path_or_fileobj"]


def test_the_card_that_is_sent_loads_the_repository(cota):
    upload = plan_upload(cota, "my-lab/heard")
    calls = re.findall(r"load_dataset\((.*)\)\s+# (.*)", upload.card)
    assert calls == [
        ('"my-lab/heard"', "all of it"),
        ('"my-lab/heard", "music"', "a domain"),
        ('"my-lab/heard", "lead_instrument"', "a task"),
        ('"my-lab/heard", split="test", streaming=True', "row by row"),
    ]
    assert 'load_dataset("cota")' in (cota / "README.md").read_text()
    assert dict(upload.files)["README.md"] == len(upload.card.encode())


def test_a_folder_that_is_not_whole_is_not_sent(cota, tmp_path):
    copy = shutil.copytree(cota, tmp_path / "cota")
    next(copy.glob("data/*/genre/train-*")).unlink()
    with pytest.raises(ValueError, match="lacks the shard"):
        plan_upload(copy, "my-lab/cota")


@pytest.mark.parametrize("name", ["cota", "a/b/c", "my lab/cota", "/cota"])
def test_a_repository_has_an_owner_and_a_name(cota, name):
    with pytest.raises(ValueError, match="give ORG/NAME"):
        plan_upload(cota, name)
