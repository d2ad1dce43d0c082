"""A whole build by teachers over the wire: what is kept, what is left and why, what it costs; nothing is lost."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import datasets
import numpy as np
import pytest
import soundfile
import yaml
from typer.testing import CliRunner

from app.main import app
from dataset_builder import build as builder
from dataset_builder.build import run_build
from dataset_builder.build_settings import read_build
from dataset_builder.build_stages import plan_build
from dataset_builder.engine import slurm_jobs
from dataset_builder.engine.executors import Execution, run_stage
from dataset_builder.engine.stage import BuildStopped
from dataset_builder.estimate import estimate_build
from dataset_builder.prompts import read_prompt
from dataset_builder.stages.spending import Spending, ledger_totals
from tests.dataset_builder.listening_teacher import answer
from tests.fault_server import FaultServer


RECORDINGS, PER_RECORDING = 10, 2
PRICE = {"currency": "USD", "input": 1, "output": 2, "audio_input": 10, "read_on": "2026-11"}
PROMPTS = ("annotate", "question", "reason", "blind", "text_only")
ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.usefixtures("processes")


@pytest.fixture(scope="module")
def wavs(tmp_path_factory) -> Path:
    """Ten melodies of random tones, with a label each; no two alike."""
    folder = tmp_path_factory.mktemp("wavs")
    lines = []
    for number in range(RECORDINGS):
        draw = np.random.default_rng(number)
        pitches = np.repeat(2 ** draw.uniform(7, 11, size=12 + number), 1_600)
        wave = 0.3 * np.sin(2 * np.pi * np.cumsum(pitches) / 16_000) + 0.01 * draw.standard_normal(len(pitches))
        soundfile.write(folder / f"tone-{number}.wav", wave, 16_000)
        lines.append({"file_name": f"tone-{number}.wav", "event": "tone", "domain": "sound", "license": "CC0-1.0"})
    (folder / "metadata.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def build_file(folder: Path, wavs: Path, server: FaultServer | str, **changed) -> Path:
    """A build file by four teachers of one server."""
    url = server if isinstance(server, str) else server.base_url
    common = {"base_url": url, "in_flight": 8, "timeout": 20.0, "retries": 6, "price": PRICE}
    common |= {"tokens_per_audio_second": 100}
    settings = {
        "output": "cota",
        "tasks": 2,
        "sources": [{"corpus": "folder", "folder": str(wavs), "name": "tones"}],
        "splits": {"train": 0.6, "validation": 0.2, "test": 0.2},
        "teachers": {
            "ear": {"model": "ear", "hears": True, **common},
            "writer": {"model": "writer", **common},
        },
        "measure": {"facts": ["level", "silence"], "unique": True},
        "annotate": {"teacher": "ear"},
        "question": {"teacher": "writer", "per_recording": PER_RECORDING},
        "reason": {"teacher": "ear"},
        "review": {"blind": {"teacher": "ear"}, "text_only": {"teacher": "writer", "answers": 3}},
    } | changed
    path = folder / "build.yaml"
    path.write_text(yaml.safe_dump(settings))
    return path


def run(path: Path, workers: int = 1, max_cost: float | None = None):
    return run_build(read_build(path), Execution(workers=workers), max_cost=max_cost)


def fates(path: Path) -> dict[str, dict[str, str]]:
    """By stage, the fate of each id."""
    found = {}
    for item in plan_build(read_build(path)):
        rows = {row["id"]: "row" for rank in range(item.tasks) for row in item.folder.rows(rank)}
        left = {line["id"]: line["check"] for rank in range(item.tasks) for line in item.folder.left(rank)}
        assert not rows.keys() & left.keys()
        found[item.stage.name] = rows | left
    return found


def content(path: Path) -> dict[str, str]:
    """The files of a finished build by which two builds are compared."""
    folder = path.parent / "cota"
    manifest = json.loads((folder / "manifest.json").read_text())
    return {shard["path"]: shard["sha256"] for shard in manifest["shards"]}


@pytest.fixture(scope="module")
def built(wavs, tmp_path_factory):
    """A finished build and the counts of its server."""
    folder = tmp_path_factory.mktemp("built")
    with FaultServer(answer=answer) as server:
        path = build_file(folder, wavs, server)
        run(path)
        return path, server.counts.summary()


def test_every_question_ends_as_a_row_or_with_a_reason(built):
    path, _ = built
    found = fates(path)
    asked = {f"tones/tone-{number}.wav/q{turn}" for number in range(RECORDINGS) for turn in range(PER_RECORDING)}
    assert set(found["question"]) == set(found["reason"]) == set(found["review"]) == asked
    left = {name: check for name, check in found["review"].items() if check != "row"}
    assert 0 < len(left) < len(asked)
    assert set(left.values()) <= {"citations", "response", "summary", "blind"}
    assert "citations" in left.values()


def test_rows_say_who_taught_them_and_what_was_found(built):
    path, _ = built
    data = datasets.load_dataset(str(path.parent / "cota"))
    rows = [row for split in data.values() for row in split.remove_columns(["audio", "messages"])]
    assert len(rows) == sum(fate == "row" for fate in fates(path)["review"].values())
    for row in rows:
        assert row["teacher"]["model"] == "ear" and len(row["teacher"]["prompt_version"]) == 12
        assert set(row["teacher"]["stages"]) == {"annotate", "question", "blind", "text_only"}
        assert row["review"]["checks"]["blind"] == row["review"]["checks"]["near_audio"] == "pass"
        assert row["review"]["needs_audio"] in (True, False)
        assert row["annotations"]["labels"]["events"][0]["label"] == "tone"
        assert row["annotations"]["measured"]["duration"] == pytest.approx(row["duration"], abs=0.01)
        assert row["response"].endswith(f"{row['answer']}.")
        if row["choices"]:
            assert row["answer"] in row["choices"] and len(row["choices"]) == 4
    assert {bool(row["choices"]) for row in rows} == {True, False}


def test_the_right_answer_is_not_always_at_one_place(built):
    path, _ = built
    rows = [
        row
        for item in plan_build(read_build(path))
        if item.stage.name == "question"
        for rank in range(item.tasks)
        for row in item.folder.rows(rank)
        if row["choices"]
    ]
    assert len({row["choices"].index(row["answer"]) for row in rows}) > 1


def test_teachers_that_hear_were_sent_every_recording(built):
    _, counts = built
    assert counts["undecodable"] == 0
    assert counts["audio_bytes"] > 0


def test_the_card_names_teachers_prompts_and_reasons(built):
    path, _ = built
    card = (path.parent / "cota" / "README.md").read_text()
    assert "| annotate | ear | annotate " in card and "| text_only | writer | text_only " in card
    assert "| review | citations |" in card
    assert "A teacher that heard nothing was asked" in card
    assert "the models listed above" in card
    prompts = {file.name for file in (path.parent / "cota" / "prompts").iterdir()}
    assert prompts == {f"{name}-{read_prompt(name).version}.md" for name in PROMPTS}


def test_a_second_run_asks_nothing(built, wavs, tmp_path):
    path, counts = built
    with FaultServer(answer=answer) as server:
        again = build_file(tmp_path, wavs, server)
        work = tmp_path / "cota.build"
        work.mkdir()
        (work / "calls").symlink_to(path.parent / "cota.build" / "calls")
        run(again)
        assert server.counts.requests == 0
    assert content(again) == content(path)
    shutil.rmtree(tmp_path / "cota")
    run(again)  # nothing is left to ask, and no server is there any more
    assert content(again) == content(path)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_server_that_goes_wrong_loses_nothing(built, wavs, tmp_path, workers):
    """At 30% of calls; every fault that passes is mended, the others end as named errors."""
    path, _ = built
    passing = ("rate_limited", "server_error", "connection", "broken_json", "wrong_schema", "empty", "cut_off")
    rates = dict.fromkeys(passing, 0.28 / len(passing)) | {"refused": 0.02}
    with FaultServer(rates, seed=3, answer=answer, stall=1.0) as server:
        spoilt = build_file(tmp_path, wavs, server)
        run(spoilt, workers)
        assert sum(server.counts.faults.values()) > 10
    found, whole = fates(spoilt), fates(path)
    kinds = {"refused", "broken_json", "wrong_schema", "empty", "cut_off"}
    for stage in ("annotate", "question", "reason", "review"):
        errors = {name for name, fate in found[stage].items() if fate in kinds}
        others = {name: fate for name, fate in found[stage].items() if name not in errors}
        assert others.items() <= whole[stage].items(), stage
    asked = {f"tones/tone-{number}.wav" for number in range(RECORDINGS)}
    assert set(found["annotate"]) == asked


def test_the_key_is_nowhere(wavs, tmp_path, monkeypatch):
    key = "sk-secret-0123456789"
    monkeypatch.setenv("TAUGHT_KEY", key)
    with FaultServer(answer=answer, key=key) as server:
        path = build_file(tmp_path, wavs, server)
        settings = yaml.safe_load(path.read_text())
        for teacher in settings["teachers"].values():
            teacher["api_key_env"] = "TAUGHT_KEY"
        path.write_text(yaml.safe_dump(settings))
        run(path)
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert key.encode() not in file.read_bytes(), file


def test_a_wrong_key_stops_the_build_and_blames_no_row(wavs, tmp_path, monkeypatch):
    monkeypatch.setenv("TAUGHT_KEY", "sk-wrong-key")
    with FaultServer(answer=answer, key="sk-right-key") as server:
        path = build_file(tmp_path, wavs, server)
        settings = yaml.safe_load(path.read_text())
        settings["teachers"]["ear"]["api_key_env"] = "TAUGHT_KEY"
        path.write_text(yaml.safe_dump(settings))
        with pytest.raises(BuildStopped, match="unauthorized") as stopped:
            run(path)
        assert "sk-wrong-key" not in str(stopped.value)
        assert server.counts.requests <= 16
    assert not list((tmp_path / "cota.build").glob("*annotate*/left/*"))


@pytest.mark.parametrize("stage", ["annotate", "blind"])
def test_a_teacher_that_does_not_hear_is_refused_where_it_must(wavs, tmp_path, stage):
    taught = {"teacher": "writer"}
    changed = {"annotate": taught} if stage == "annotate" else {"review": {"blind": taught}}
    path = build_file(tmp_path, wavs, "http://localhost:9/v1", **changed)
    message = f"`{next(iter(changed))}:` The teacher writer does not hear, which '{stage}' asks of it: choose one that"
    with pytest.raises(ValueError, match=message):
        run(path)
    assert not (tmp_path / "cota.build").exists()


def test_questions_of_no_kind_are_refused(wavs, tmp_path):
    path = build_file(tmp_path, wavs, "http://localhost:9/v1", question={"teacher": "writer", "kinds": []})
    with pytest.raises(ValueError, match="`question:` kinds is empty: name at least one, or leave it out for all"):
        plan_build(read_build(path))


def test_a_build_that_stops_says_why_at_the_command_line(wavs, tmp_path):
    with FaultServer(answer=answer) as server:
        path = build_file(tmp_path, wavs, server)
        result = CliRunner().invoke(app, ["build", str(path), "--workers", "2", "--max-cost", "0.0001"])
    assert result.exit_code == 1 and isinstance(result.exception, SystemExit)
    assert "the build stopped: " in result.output and "--max-cost" in result.output


def test_a_build_stops_before_it_costs_more_and_goes_on(built, wavs, tmp_path):
    path, counts = built
    whole = sum(_cost(total) for _, total in ledger_totals(path.parent / "cota.build" / "calls"))
    with FaultServer(answer=answer) as server:
        cheap = build_file(tmp_path, wavs, server)
        stops = 0
        limit = 0.0
        while True:
            limit += 0.4 * whole
            try:
                run(cheap, max_cost=limit)
                break
            except BuildStopped as stopped:
                stops += 1
                assert "--max-cost" in str(stopped)
                spent = sum(_cost(total) for _, total in ledger_totals(tmp_path / "cota.build" / "calls"))
                assert spent <= 1.1 * limit  # calls in flight may cost more than was set aside for them
        assert stops == 2
        assert server.counts.summary()["repeats"] == counts["repeats"]
    assert content(cheap) == content(path)


@pytest.mark.parametrize("workers", [2, 3])
def test_a_limit_of_money_holds_with_several_workers(built, wavs, tmp_path, workers):
    """Slices that begin later know what those at work have set aside; the message is about all of them."""
    path, _ = built
    price = PRICE | {"input": 100, "output": 0, "audio_input": 100}  # of what is sent, which is known before
    whole = sum(_tokens_sent(total) for _, total in ledger_totals(path.parent / "cota.build" / "calls")) / 10_000
    limit = 0.5 * whole
    with FaultServer(answer=answer, latency=0.05) as server:
        cheap = build_file(tmp_path, wavs, server, tasks=6)
        settings = yaml.safe_load(cheap.read_text())
        for teacher in settings["teachers"].values():
            teacher["price"] = price
        cheap.write_text(yaml.safe_dump(settings))
        with pytest.raises(BuildStopped, match="--max-cost") as stopped:
            run(cheap, workers, max_cost=limit)
    spent = sum(_tokens_sent(total) for _, total in ledger_totals(tmp_path / "cota.build" / "calls")) / 10_000
    assert 0.6 * limit < spent <= 1.05 * limit
    assert f"All calls of the build together have cost {spent:.2f} of {limit:.2f} USD." in str(stopped.value)


@pytest.mark.parametrize(
    ("changed", "options", "said"),
    [
        ({}, {"batch": True}, r"--batch: no teacher of this build has a batch API \(its teachers: ear, writer\)"),
        ({"tasks": 9}, {"execution": Execution(workers=9)}, r"The teacher ear \(annotate\): .* at most 8 workers"),
    ],
)
def test_what_a_teacher_cannot_do_is_said_when_the_build_is_planned(wavs, tmp_path, changed, options, said):
    with FaultServer(answer=answer) as server:
        path = build_file(tmp_path, wavs, server, **changed)
        with pytest.raises(ValueError, match=said):
            run_build(read_build(path), **options)
        assert server.counts.requests == 0
    assert not (tmp_path / "cota.build").exists()


def test_two_prices_of_one_model_are_refused_where_money_is_limited(wavs, tmp_path):
    path = build_file(tmp_path, wavs, "http://teacher.invalid/v1")
    settings = yaml.safe_load(path.read_text())
    settings["teachers"]["writer"] |= {"model": "ear", "price": PRICE | {"output": 4}}
    path.write_text(yaml.safe_dump(settings))
    with pytest.raises(ValueError, match="`teachers: ear:` and `teachers: writer:` have the model ear and different"):
        plan_build(read_build(path), max_cost=1.0)
    assert plan_build(read_build(path))
    settings["teachers"]["writer"]["price"] = PRICE
    path.write_text(yaml.safe_dump(settings))
    assert plan_build(read_build(path), max_cost=1.0)


def test_jobs_at_work_keep_their_money(wavs, tmp_path, monkeypatch):
    path = build_file(tmp_path, wavs, "http://teacher.invalid/v1")
    monkeypatch.setattr(slurm_jobs, "jobs_at_work", lambda work: work.name == "cota.build")

    def begin(self, calls, at_work):
        raise BuildStopped(f"begun with {at_work}")

    monkeypatch.setattr(Spending, "begin", begin)
    with pytest.raises(BuildStopped, match="begun with True"):
        run(path, max_cost=1.0)


def _tokens_sent(total) -> int:
    return total.usage.input_tokens


def _cost(total) -> float:
    usage = total.usage
    text = usage.input_tokens - usage.audio_tokens
    return (text * 1 + usage.audio_tokens * 10 + usage.output_tokens * 2) / 1e6


KILLED = """
import sys
from pathlib import Path
from tests.dataset_builder.stages.test_taught_build import run
run(Path(sys.argv[1]), workers=2)
"""


@pytest.mark.slow
def test_a_killed_build_repeats_no_more_than_was_in_flight(built, wavs, tmp_path):
    path, counts = built
    with FaultServer(answer=answer, latency=0.05) as server:
        killed = build_file(tmp_path, wavs, server)
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        kills, in_flight = 0, 0
        while kills < 30:
            process = subprocess.Popen([sys.executable, "-c", KILLED, str(killed)], env=environment, cwd=ROOT)
            before = server.counts.requests
            while process.poll() is None and server.counts.requests < before + 16:
                time.sleep(0.01)
            if process.poll() is not None:
                break
            process.send_signal(signal.SIGKILL)
            process.wait()
            in_flight += server.counts.most_in_flight
            kills += 1
            time.sleep(1.0)
        assert process.returncode == 0 and kills >= 2
        assert server.counts.summary()["repeats"] - counts["repeats"] <= in_flight
    assert content(killed) == content(path)


def test_what_a_build_would_take_is_near_what_it_takes(built, wavs, tmp_path):
    path, counts = built
    estimate = estimate_build(read_build(build_file(tmp_path, wavs, "http://localhost:9/v1")))
    assert estimate.recordings == RECORDINGS
    found = {line.purpose: line for line in estimate.lines}
    assert list(found) == ["annotate", "question", "reason", "blind", "text_only"]
    assert (found["annotate"].calls, found["question"].calls) == (RECORDINGS, RECORDINGS)
    assert (found["reason"].calls, found["blind"].calls) == (RECORDINGS * PER_RECORDING,) * 2
    assert found["text_only"].calls == 3 * RECORDINGS * PER_RECORDING
    assert found["annotate"].usage.audio_tokens == pytest.approx(100 * estimate.hours * 3600, rel=0.02)
    assert found["text_only"].usage.audio_tokens == 0
    unanswered = "700 tokens an answer are taken: ear (annotate, reason, blind), writer (question, text_only)."
    assert [note for note in estimate.notes if "700 tokens" in note] == [
        f"Of what nothing was answered yet, {unanswered}"
    ]
    assert estimate.cost(batch=False) == sum(line.cost(False) for line in estimate.lines)
    assert not (tmp_path / "cota.build").exists()

    known = estimate_build(read_build(path))
    assert not any("nothing was answered" in note for note in known.notes)
    written = sum(total.usage.output_tokens for _, total in ledger_totals(path.parent / "cota.build" / "calls"))
    assert sum(line.usage.output_tokens for line in known.lines) == pytest.approx(written, rel=0.5)


@pytest.mark.parametrize("free", [False, True])
def test_audio_that_nobody_counts_is_not_counted_as_nothing(wavs, tmp_path, free):
    """Where audio is free, ten answers of 700 tokens to annotate cost 0.014 USD, and twenty 0.028."""
    path = build_file(tmp_path, wavs, "http://localhost:9/v1")
    settings = yaml.safe_load(path.read_text())
    price = PRICE | ({"input": 0, "audio_input": 0} if free else {})
    settings["teachers"]["ear"] |= {"tokens_per_audio_second": None, "price": price}
    path.write_text(yaml.safe_dump(settings))
    shown = CliRunner().invoke(app, ["build", str(path), "--dry-run"], env={"COLUMNS": "160"})
    assert shown.exit_code == 0, shown.output
    lines = {line.split()[0]: line.split() for line in shown.output.splitlines() if line.split()[1:2] == ["ear"]}
    costs = ["0.01", "0.03", "0.03"] if free else ["unknown"] * 3
    assert {name: (line[4], line[-1]) for name, line in lines.items()} == {
        name: ("unknown", cost) for name, cost in zip(("annotate", "reason", "blind"), costs, strict=True)
    }
    assert ("in all an unknown amount" in shown.output) is not free
    assert "Tokens in are without audio for ear: state `tokens_per_audio_second:`" in shown.output
    if free:
        plan_build(read_build(path), max_cost=1.0)
    else:
        with pytest.raises(ValueError, match="tokens audio is at ear is not known, so --max-cost cannot be held to"):
            plan_build(read_build(path), max_cost=1.0)


def test_batches_of_all_slices_are_waited_for_however_little_is_in_flight(wavs, tmp_path, monkeypatch):
    """The slices of a stage are as many as its teacher has calls in flight four times over, and none is refused."""
    ran = {}

    def note(stage, folder, before, tasks, tasks_before, execution, progress=None):
        ran[stage.name] = execution.workers
        run_stage(stage, folder, before, tasks, tasks_before, replace(execution, workers=1), progress)

    with FaultServer(answer=answer) as server:
        path = build_file(tmp_path, wavs, server, tasks=4)
        settings = yaml.safe_load(path.read_text())
        settings["teachers"]["writer"] |= {"batch": True, "in_flight": 1}
        settings["teachers"]["ear"] |= {"in_flight": 3}
        path.write_text(yaml.safe_dump(settings))
        monkeypatch.setattr(builder, "run_stage", note)
        run_build(read_build(path), Execution(workers=2), batch=True)
        assert server.counts.batches > 0
    assert ran["annotate"] == ran["reason"] == 2
    assert ran["question"] == 4
    assert ran["review"] == 3, "which is asked of the ear as well, call by call"


def test_half_the_price_through_the_batch_api(built, wavs, tmp_path):
    path, counts = built
    with FaultServer(answer=answer) as server:
        batched = build_file(tmp_path, wavs, server)
        settings = yaml.safe_load(batched.read_text())
        settings["teachers"]["writer"]["batch"] = True
        batched.write_text(yaml.safe_dump(settings))
        said = CliRunner().invoke(app, ["build", str(batched), "--workers", "1", "--batch"])
        assert said.exit_code == 0, said.output
        assert "asked call by call at the full price: ear." in said.output
        seen = server.counts.summary()
    assert seen["batches"] == 4  # two slices of questions, two of guesses
    assert seen["batch_repeats"] == 0
    assert content(batched) == content(path)
    totals = dict(ledger_totals(tmp_path / "cota.build" / "calls"))
    assert totals["writer"].usage.total_tokens == 0 < totals["writer"].batch_usage.total_tokens
