"""What a prompt says of a recording, and what stops a build instead of being blamed on a row."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from types import SimpleNamespace

import pytest

from dataset_builder.engine.stage import BuildStopped
from dataset_builder.stages.asking import Asking, told_facts
from dataset_builder.stages.purse import Purse
from dataset_builder.teachers.call_ledger import LedgerDamaged
from dataset_builder.teachers.settings import TeacherSettings


def test_an_annotation_that_is_cut_says_so():
    told = told_facts({"transcript": "a" * 2_000, "captions": ["b" * 1_500, "c" * 1_500], "label": "x", "title": ""})
    assert told["transcript"] == "a" * 2_000
    assert told["captions"].startswith("b" * 1_500 + "; c")
    assert told["captions"].endswith("c … (cut here: the first 2,000 of 3,002 characters)")
    assert set(told) == {"transcript", "captions"}


@pytest.mark.parametrize("is_ledger", [False, True])
def test_files_that_all_rows_need_stop_the_build(tmp_path, is_ledger):
    (tmp_path / "max_cost.db").write_bytes(b"no database, and long enough to be told from an empty one" * 20)

    async def ask(*_):
        if is_ledger:
            raise LedgerDamaged("00000.sqlite is not a whole ledger")
        Purse(tmp_path / "max_cost.db", "slice", Decimal(1)).claim(Decimal(0), Decimal(1), Decimal(1))

    asking = Asking("annotate", TeacherSettings(model="m", base_url="http://localhost:1/v1"))
    asking._teacher = SimpleNamespace(ask=ask)
    request = SimpleNamespace(audio=lambda: None, prompt=lambda: None, form=None, key="row/0")
    with pytest.raises(BuildStopped, match="not a whole ledger" if is_ledger else r"max_cost\.db.*remove it"):
        asyncio.run(asking.ask(request))
