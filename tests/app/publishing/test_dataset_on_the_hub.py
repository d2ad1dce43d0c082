"""A data set goes to the Hub over HTTP, is read from there row by row, and goes on where a connection broke."""

from __future__ import annotations

import hashlib
import json
import re
import time

import pytest
import yaml


READ = """
import io, json, soundfile
from datasets import Audio, load_dataset
rows = {line}
audio = rows.cast_column("audio", Audio(decode=False))
found = []
for row in audio:
    waveform, rate = soundfile.read(io.BytesIO(row["audio"]["bytes"]))
    seen = [row["id"], row["answer"], row["messages"][1]["role"], rate, len(waveform), float(abs(waveform).sum())]
    found.append(seen)
print(json.dumps(found))
"""


def rows_of(folder, split: str) -> list[list]:
    """What `READ` prints of the folder itself."""
    import io

    import soundfile
    from datasets import Audio, load_dataset

    found = []
    for row in load_dataset(str(folder), split=split).cast_column("audio", Audio(decode=False)):
        waveform, rate = soundfile.read(io.BytesIO(row["audio"]["bytes"]))
        seen = [row["id"], row["answer"], row["messages"][1]["role"], rate, len(waveform), float(abs(waveform).sum())]
        found.append(seen)
    return found


def large_files(folder) -> dict[str, str]:
    """sha256 of the files that the Hub keeps by LFS, by path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.suffix in (".parquet", ".png")
    }


def test_rows_are_read_from_the_hub_as_they_are(hub, publish, elsewhere, cota):
    result = publish("dataset", cota, "org/cota")
    assert result.exit_code == 0, result.output
    (commit,) = re.findall(r'load_dataset\("org/cota", revision="(\w{40})"\)', result.output)
    assert commit == hub.repository("dataset", "org/cota").branches["main"]
    line = f'load_dataset("org/cota", revision="{commit}", split="train", streaming=True)'
    found = json.loads(elsewhere(READ.format(line=line)).splitlines()[-1])
    assert found == rows_of(cota, "train")
    assert len(found) > 10 and all(rate == 16_000 and heard > 0 for *_, rate, _, heard in found)
    sent = hub.read("dataset", "org/cota")
    assert set(sent) == {path.relative_to(cota).as_posix() for path in cota.rglob("*") if path.is_file()}
    assert 'load_dataset("org/cota")' in sent["README.md"].decode()
    assert 'load_dataset("cota")' in (cota / "README.md").read_text(encoding="utf-8")


def test_after_a_broken_connection_only_the_rest_is_sent(hub, publish, cota, monkeypatch):
    # huggingface_hub tries five times, and waits 23 seconds in all.
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    large = large_files(cota)
    hub.drop_after = 2
    broken = publish("dataset", cota, "org/cota")
    assert broken.exit_code == 1
    assert "broke" in broken.output and "run the command again" in broken.output and "Traceback" not in broken.output
    arrived = list(hub.uploads)
    assert len(arrived) == 2 < len(large)
    assert set(hub.read("dataset", "org/cota")) == set()

    hub.drop_after = None
    result = publish("dataset", cota, "org/cota")
    assert result.exit_code == 0, result.output
    assert sorted(hub.uploads) == sorted(large.values()), "each of them once"
    sent = hub.read("dataset", "org/cota")
    assert {name: hashlib.sha256(sent[name]).hexdigest() for name in large} == large
    assert list(hub.repository("dataset", "org/cota").commits.values())[-1].title.endswith("card")


def test_a_dry_run_sends_nothing_and_needs_no_token(hub, publish, cota, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    result = publish("dataset", cota, "my-lab/cota", "--dry-run")
    assert result.exit_code == 0, result.output
    for path in cota.rglob("*.parquet"):
        assert f"{path.stat().st_size:,} B  {path.relative_to(cota).as_posix()}" in result.output
    assert "# CoTA" in result.output and 'load_dataset("my-lab/cota")' in result.output
    assert "would be sent to the data set my-lab/cota" in result.output
    assert hub.requests == []


def test_a_script_is_told_files_card_and_commit_as_fields(hub, publish, cota):
    planned = json.loads(publish("dataset", cota, "org/cota", "--dry-run", "--json").stdout)
    sizes = {path.relative_to(cota).as_posix(): path.stat().st_size for path in cota.rglob("*") if path.is_file()}
    sizes["README.md"] = len(planned["card"].encode())
    assert {file["name"]: file["bytes"] for file in planned["files"]} == sizes
    assert (planned["repository"], planned["bytes"], planned["sent"]) == ("org/cota", sum(sizes.values()), None)
    assert hub.requests == []
    sent = json.loads(publish("dataset", cota, "org/cota", "--json").stdout)["sent"]
    assert sent["commit"] in hub.repository("dataset", "org/cota").commits


def test_one_licence_for_the_whole_stands_in_the_metadata(publish, cota):
    result = publish("dataset", cota, "org/cota", "--license", "CC-BY-SA-4.0", "--dry-run")
    assert result.exit_code == 0, result.output
    card = result.output.split("The card, README.md:\n\n")[1]
    metadata = yaml.safe_load(card.split("---\n")[1])
    assert metadata["license"] == "cc-by-sa-4.0" and "license_name" not in metadata
    assert metadata["configs"][0]["config_name"] == "default"
    assert "The data set as a whole is under `cc-by-sa-4.0`. The licences are those of the recordings" in card


def test_rows_whose_licence_does_not_allow_it_are_listed(publish, cota):
    rows = sum(json.loads((cota / "statistics.json").read_text())["rows"].values())
    result = publish("dataset", cota, "org/cota", "--license", "cc0-1.0", "--dry-run")
    assert result.exit_code == 1
    assert (
        "Not all sources may be published under CC0-1.0: CC-BY-4.0 has conditions that CC0-1.0 does not hand on: "
        f"{rows} rows, of score ({rows}). Leave these rows out, publish without --license"
    ) in result.output
    assert (
        publish("dataset", cota, "org/cota", "--license", "cc0-1.0", "--permitted", "CC-BY-4.0", "--dry-run").exit_code
        == 0
    )


def test_a_folder_that_is_not_whole_is_not_sent(hub, publish, cota, tmp_path):
    import shutil

    copy = shutil.copytree(cota, tmp_path / "cota")
    next(copy.glob("data/*/*/train-*")).unlink()
    result = publish("dataset", copy, "org/cota")
    assert result.exit_code == 1 and "lacks the shard" in result.output
    assert hub.requests == []


@pytest.mark.parametrize("name", ["cota", "a/b/c", "my lab/cota", "/cota", "my--lab/cota"])
def test_a_repository_has_an_owner_and_a_name(publish, cota, name):
    result = publish("dataset", cota, name, "--dry-run")
    assert result.exit_code == 1 and "give ORG/NAME" in result.output
