"""The account of the shards: in rows, as those of the other stages, and with every row in it."""

from __future__ import annotations

import json

import pytest
from rich.console import Console

from app.commands.build import print_status
from dataset_builder.build import clear_from
from dataset_builder.build_stages import plan_build


def test_a_clip_that_is_gone_is_counted_among_rows(recordings, build, settings, tmp_path):
    given = sum(build(recordings, tmp_path / "cota", rows=24).statistics["rows"].values())
    made = settings(recordings, tmp_path / "cota", 24)
    planned = {item.stage.name: item for item in plan_build(made)}
    question = planned["question"]
    next((question.folder.path / "clips").rglob("*.flac")).unlink()
    clear_from(made, "write_shards")
    build(recordings, tmp_path / "cota", rows=24)
    account = json.loads((tmp_path / "cota" / "statistics.json").read_text())["stages"]["write_shards"]
    assert {name: account[name] for name in ("in", "out", "rejected", "error")} == {
        "in": given,
        "out": given - 1,
        "rejected": 0,
        "error": 1,
    }
    assert f"| write_shards | {given} | {given - 1} | 0 | 1 |" in (tmp_path / "cota" / "README.md").read_text()
    console = Console(record=True, width=200)
    print_status(console, made)
    shards = planned["write_shards"].counts()
    assert f"{shards.rows_in} shards" in console.export_text()

    written = planned["arrange"].folder.file("rows", 0, "jsonl")
    lines = [json.loads(line) for line in written.read_text().splitlines()]
    lines[0]["places"].append(lines[0]["places"][0])
    written.write_text("".join(json.dumps(line) + "\n" for line in lines))
    clear_from(made, "write_shards")
    with pytest.raises(
        ValueError, match=rf"'review' gave {given} rows, and the shards hold \d+ besides \d in error: remove"
    ):
        build(recordings, tmp_path / "cota", rows=24)
