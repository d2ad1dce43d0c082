"""`audio-reasoner build` and `check` at the command line."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml
from typer.testing import CliRunner

from app.main import app
from dataset_builder import build as builder
from dataset_builder.build_settings import read_build
from dataset_builder.engine.executors import run_stage
from dataset_builder.engine.only_process import only_process


ROOT = Path(__file__).parents[2]


@pytest.fixture
def run():
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def config(recordings, tmp_path):
    """A build file for sounds and speech."""
    few = [recording for recording in recordings if recording.source in ("events", "talk-cs", "talk-nl")]
    return build_file(few, tmp_path)


@pytest.fixture
def whole_config(recordings, tmp_path):
    """A build file for all the recordings."""
    return build_file(recordings, tmp_path)


def build_file(recordings, folder):
    folders = sorted({str(recording.audio.path.parent) for recording in recordings})
    path = folder / "build.yaml"
    settings = {
        "output": "cota",
        "tasks": 2,
        "sources": [{"corpus": "folder", "folder": folder} for folder in folders],
        "measure": {"facts": ["silence"], "fingerprint": False},
        "question": {"teacher": "annotations", "rows": 40},
        "reason": {"teacher": "annotations"},
        "review": {"checks": ["structure"]},
    }
    path.write_text(yaml.safe_dump(settings))
    return path


def test_build_prints_the_baselines_beside_chance(run, whole_config, tmp_path):
    result = run("build", whole_config, "--workers", 1)
    assert result.exit_code == 0, result.output
    assert all(f"{stage} (rows)" in result.stderr for stage in ("measure", "review", "publish")), "what a bar counts"
    assert all(word in result.output for word in ("chance", "majority", "lead_instrument", "Places of the answer"))
    assert (tmp_path / "cota" / "manifest.json").is_file()
    assert (tmp_path / "cota" / "build.yaml").read_text() == whole_config.read_text()
    assert "torch" in json.loads((tmp_path / "cota" / "versions.json").read_text())


def test_a_bar_on_a_terminal_shows_stage_and_rows_while_a_build_runs(whole_config, recordings):
    """Redrawn in place: rows done rise from one drawing to the next."""
    terminal, its_end = pty.openpty()
    command = [sys.executable, "-m", "app.main", "build", str(whole_config), "--workers", "1"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=its_end, env=environment, cwd=ROOT)
    os.close(its_end)
    drawn = b""
    with contextlib.suppress(OSError):  # by which Linux says that the other end is closed
        while part := os.read(terminal, 65_536):
            drawn += part
    os.close(terminal)
    assert process.wait() == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn.decode())
    seen = [(name, int(done), int(whole)) for name, done, whole in re.findall(r"(\w+) \(rows\)\D*?(\d+)/(\d+)", text)]
    measured = [(done, whole) for name, done, whole in seen if name == "measure"]
    assert measured == sorted(measured) and measured[-1] == (len(recordings),) * 2
    assert any(0 < done < whole for _, done, whole in seen)


@pytest.mark.parametrize("broken", [0, 2])
def test_an_estimate_without_teachers_names_no_money(run, config, tmp_path, broken):
    """And counts what cannot be read apart from the sample of what can."""
    soundfile.write(tmp_path / "a.wav", np.full(16_000, 0.1), 16_000)
    soundfile.write(tmp_path / "silent.wav", np.zeros(16_000), 16_000)
    names = ["a.wav", "silent.wav", *(f"gone-{number}.wav" for number in range(broken))]
    (tmp_path / "metadata.csv").write_text("".join(f"{name}\n" for name in ("file_name", *names)))
    source = {"corpus": "folder", "folder": ".", "domain": "sound", "license": "CC0-1.0"}
    config.write_text(yaml.safe_dump(yaml.safe_load(config.read_text()) | {"sources": [source]}))
    shown = " ".join(run("build", config, "--dry-run").output.split())
    assert shown.startswith("2 recordings, about 0.0 hours of sound; no teacher is asked, and nothing is to be paid.")
    assert "From a sample of 2 recordings, of which 1 can be heard." in shown
    assert ("What the sources list besides is broken and not counted: 2." in shown) is bool(broken)


def test_a_build_of_nothing_says_what_was_left_in_words(run, config, tmp_path):
    changed = {"review": {"checks": ["length"], "limits": {"length": {"total": 1}}}}
    config.write_text(yaml.safe_dump(yaml.safe_load(config.read_text()) | changed))
    result = run("build", config, "--workers", 1)
    assert result.exit_code == 1
    said = r"No row got through the build\. What was left behind, by stage and check: \d+ by review: length\.$"
    assert re.search(said, " ".join(result.stderr.split()))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seed: 1\ntasks: 2\nseed: 3\n", "`seed:` stands twice, in lines 1 and 3: keep one of the two."),
        ("review: {unique: true, unique: false}\n", "`unique:` stands twice, in line 1: keep one of the two."),
    ],
)
def test_a_key_that_stands_twice_is_refused(run, config, text, said):
    config.write_text(text)
    result = run("build", config)
    assert result.exit_code == 1
    assert " ".join(result.stderr.split()).endswith(f"build.yaml: {said}")


def test_a_key_may_take_the_place_of_a_merged_one(config):
    settings = yaml.safe_load(config.read_text())
    text = yaml.safe_dump({name: value for name, value in settings.items() if name != "sources"})
    sources = [f"  - &first {json.dumps(settings['sources'][0] | {'limit': 3})}", "  - {<<: *first, limit: 5}"]
    config.write_text("\n".join([text, "sources:", *sources]))
    assert [source["limit"] for source in read_build(config).sources] == [3, 5]


def test_the_status_of_a_build(run, config, tmp_path):
    result = run("build", config, "--status")
    assert result.exit_code == 0, result.output
    assert "read" in result.output and "0/1" in result.output and "not written yet" in result.output
    assert not (tmp_path / "cota.build").exists()
    run("build", config, "--workers", 1)
    result = run("build", config, "--status")
    assert "2/2" in result.output and "cota is written" in result.output.replace("\n", "")


def test_the_status_counts_rows_within_a_stage(run, config, tmp_path):
    run("build", config, "--workers", 1)
    question, reason = (next((tmp_path / "cota.build").glob(f"*_{name}-*")) for name in ("question", "reason"))
    (reason / "accounts" / "00001.json").unlink()
    (reason / "progress" / "00001.json").write_text('{"done": 7}')
    line = next(line for line in run("build", config, "--status").output.splitlines() if " reason " in line)
    first, second = (json.loads(path.read_text())["out"] for path in sorted(question.glob("accounts/*.json")))
    assert line.split()[:3] == ["reason", "1/2", f"{first + 7}/{first + second}"]


def test_the_file_is_published_as_it_was_read(run, config, tmp_path, monkeypatch):
    """It is edited while the build runs, which lasts days."""
    before = config.read_text() + "# first\n"
    config.write_text(before)
    monkeypatch.setattr(builder, "run_stage", lambda *given: (config.write_text("edited: true"), run_stage(*given)))
    assert run("build", config, "--workers", 1).exit_code == 0
    assert config.read_text() == "edited: true"
    assert (tmp_path / "cota" / "build.yaml").read_text() == before


@pytest.mark.parametrize("lock", [".cota.lock", "cota.build/build.lock"])
def test_a_second_build_of_one_output_is_refused(run, config, tmp_path, lock):
    (tmp_path / "cota.build").mkdir()
    with only_process(tmp_path / lock, "is at work"):
        for arguments in ([], ["--redo", "read"], ["--retry-errors"]):
            result = run("build", config, "--workers", 1, *arguments)
            assert result.exit_code == 1 and f": process {os.getpid()} on " in result.stderr, result.output
    assert run("build", config, "--workers", 1).exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["build.yaml", "cota", "cota.build"]


INTERRUPTED = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs inherit that it is ignored
from app.main import run
from dataset_builder import build as builder
def interrupt(*_):
    os.kill(os.getpid(), signal.SIGINT)
    signal.sigtimedwait([], 5)
builder.run_stage = interrupt
sys.argv = ["audio-reasoner", "build", sys.argv[1], "--workers", "1"]
run()
"""


def test_ctrl_c_says_what_is_kept_and_how_to_go_on(config):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", INTERRUPTED, str(config)]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, check=False)
    assert ended.returncode == 130
    assert "the build was interrupted" in ended.stderr and "What is done is kept" in ended.stderr
    assert f"`audio-reasoner build {config} --status`" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("config_lines", [["review: {blind: ear}"], ["review: {blind: {teacher: ear}}"]])
def test_a_teacher_can_be_named_alone(config, config_lines):
    kept = {name: value for name, value in yaml.safe_load(config.read_text()).items() if name != "review"}
    ear = {"ear": {"model": "m", "base_url": "http://localhost:9/v1", "hears": True}}
    config.write_text("\n".join([yaml.safe_dump(kept | {"teachers": ear}), *config_lines]))
    assert read_build(config).stages["review"] == {"blind": {"teacher": "ear"}}


def test_check_writes_the_figure(run, cota, tmp_path):
    result = run("check", cota, "--figure", tmp_path / "cota.png")
    assert result.exit_code == 0, result.output
    assert "is whole" in result.output.replace("\n", " ")
    assert (tmp_path / "cota.png").stat().st_size > 0


def test_check_tells_a_script_as_fields(run, cota):
    result = run("check", cota, "--json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["whole"], found["problems"]) == (0, True, [])
    assert found["statistics"]["rows"] == json.loads((cota / "statistics.json").read_text())["rows"]


def test_a_missing_shard_ends_with_one_sentence(run, cota, tmp_path):
    copy = shutil.copytree(cota, tmp_path / "cota")
    next(copy.glob("data/*/genre/train-*")).unlink()
    result = run("check", copy)
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "lacks the shard data/music/genre/train-00000-of-00001.parquet" in result.stderr


def test_build_does_not_overwrite_another_folder(run, config, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    result = run("build", config, "--output", tmp_path / "mine", "--workers", 1)
    assert result.exit_code == 1
    assert "it is not overwritten" in result.stderr
    assert (tmp_path / "mine" / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("colour: red", "`colour:` is unknown"),
        ("seed: many", "seed is 'many': give a whole number"),
        ("tasks: true", "tasks is True: give a whole number"),
        ("tasks: 0", "tasks is 0: give a whole number from 1 on"),
        ("max_seconds: .inf", "max_seconds is inf: give a number that is not infinite"),
        ("splits: {train: a, validation: b, test: c}", "splits: train is 'a': give a number"),
        ("splits: {train: 1.5, validation: -0.5, test: 0}", "give shares of train, validation, test"),
        ("measure: {min_seconds: long}", "`measure:` min_seconds is 'long': give a number"),
        ("measure: {min_seconds: -1}", "`measure:` min_seconds is -1: give seconds from 0"),
        ("measure: {facts: level}", "`measure:` facts is 'level': give a list"),
        ("measure: {fingerprint: 'no'}", "`measure:` fingerprint is 'no': give true or false"),
        ("measure: {unique: yes please}", "`measure: unique:` is 'yes please': give true, false, or settings"),
        ("measure: {unique: {threshold: high}}", "`measure: unique:` threshold is 'high': give a number"),
        ("measure: {unique: {threshold: 3}}", "`measure: unique:` threshold is 3: give a similarity"),
        ("review: {unique: {threshold: 0.5}}", "`review: unique:` threshold is 0.5: give 0.8 to 1"),
        ("measure: {unique: {limit: 3}}", "`measure: unique:` knows no `limit:` here"),
        ("measure: {unique: true, fingerprint: false}", "compares the fingerprints that `fingerprint: false` leaves"),
        ("review: {unique: 3}", "`review: unique:` is 3: give true, false, or settings"),
        ("review: {unique: {workers: 0}}", "`review: unique:` workers is 0"),
        ("review: {blind: {}}", "`review: blind:` names no `teacher:`; give one of none"),
        ("review: {blind: omni}", "`review: blind: teacher: omni` is no teacher of this build; there are: none"),
        ("review: {blind: 5}", "`review: blind:` is 5: give settings, such as {teacher: …}"),
        ("review: {text_only: {teacher: [omni]}}", "`review: text_only: teacher: ['omni']` is no teacher"),
        ("review: {checks: structure}", "`review:` checks is 'structure': give a list"),
        ("review: {drop_without_audio: 1}", "`review:` drop_without_audio is 1: give true or false"),
        ("review: {limits: {length: {total: many}}}", "`review:` total is 'many': give a whole number"),
        (
            "review: {limits: {length: {by_section: {caption: [3]}}}}",
            "by_section: caption is (3,): give a longer list",
        ),
        ("review: {limits: {language: {wanted: 5}}}", "`review:` wanted is 5: give text"),
        ("annotate: {}", "`annotate:` names no `teacher:`"),
        ("annotate:", "`annotate:` names no `teacher:`"),
        ("annotate: gpt", "`annotate:` is 'gpt': give names and values"),
        (
            "decontaminate: {benchmarks: [mmau], audio: false}",
            "`decontaminate:` benchmarks is ['mmau']: give names and values",
        ),
        ("publish: {shard_megabytes: large}", "`publish:` shard_megabytes is 'large': give a number"),
        ("question: {teacher: annotations, rows: 3, tasks: genre}", "`question:` tasks is 'genre': give a list"),
        ("splits: {train: 1.0}", "give shares of train, validation, test"),
        ("splits: {train: 0.8, validation: 0.1, test: 0.1}", "`splits:` cannot be set with the teacher annotations"),
        ("splits: 0.9", "`splits:` is 0.9: give names and values"),
        ("output: 5", "`output:` is 5: give a path"),
        ("sources: here", "`sources:` is 'here': give a list"),
        ("teachers: {ear: gemini}", "`teachers: ear:` is 'gemini': give settings"),
        ("question: {teacher: annotations}", "`question:` needs `rows:`"),
        ("question: {teacher: annotations, rows: many}", "`question:` rows is 'many'"),
        ("annotate: {teacher: gpt}", "`annotate: teacher: gpt` is no teacher of this build"),
        ("question: {teacher: annotations, lines: 3}", "`question:` knows no `lines:` here"),
        ("review: {checks: [taste]}", "`review:` There is no check 'taste'"),
        ("measure: {facts: [smell]}", "`measure:` There are no facts 'smell'"),
        ("sources: [{folder: x}]", "Source 1 of the build names no `corpus:`"),
        ("sources: [{corpus: atlantis}]", "Source 1 of the build: There is no corpus 'atlantis'"),
        ("sources: [{corpus: folder, folder: x, colour: red}]", "The source 'folder' has no setting 'colour'"),
        *(
            (
                f"sources: [{{corpus: folder, folder: x, {setting}}}]",
                f"Source 1 of the build: The source 'folder': {said}",
            )
            for setting, said in (
                ("language: no", "language is False: give text, in quotes, since YAML reads something else without"),
                ("license: 3", "license is 3: give text, in quotes"),
                ("license: {a: 1}", "license is {'a': 1}: give text."),
                ("domain: [sound]", "domain is ['sound']: give text."),
                ("columns: 3", "columns is 3: give names and values"),
                ("columns: [event]", "columns is ['event']: give names and values"),
                ("columns: {a: 1}", "columns: a is 1: give text, in quotes"),
                ("columns: {no: event}", "a name in columns is False: give text, in quotes"),
                ("splits: 3", "splits is 3: give a list"),
                ("splits: [train, 3]", "splits[1] is 3: give text, in quotes"),
                ("splits: []", "splits is empty: name at least one, or leave it out for all"),
                ("name: []", "name is []: give text."),
                ("name: ''", "name is '': give text, or leave it out"),
                ("name: {a: 1}", "name is {'a': 1}: give text."),
                ("name: 2026-11-24", "name is datetime.date(2026, 11, 24): give text, in quotes"),
                ("folder_label: [a]", "folder_label is ['a']: give text."),
                ("folder_label: 3", "folder_label is 3: give text, in quotes"),
                ("limit: many", "limit is 'many': give a whole number"),
            )
        ),
        ("sources: [{corpus: folder, folder: 3}]", "The source 'folder' has 3 as folder; give a path"),
        ("sources: [{corpus: folder, folder: ''}]", "The source 'folder' has '' as folder; give a path"),
        ("splits: train", "`splits:` is 'train': give names and values"),
        ("review: {checks: []}", "`review:` checks is empty: name at least one, or leave it out for all"),
        ("question: {teacher: annotations, rows: 3, tasks: []}", "`question:` tasks is empty: name at least one"),
        ("{", "is not YAML"),
    ],
)
def test_what_a_build_file_gets_wrong_is_one_sentence(run, config, line, message):
    key = line.split(":")[0]
    kept = {name: value for name, value in yaml.safe_load(config.read_text()).items() if name != key}
    config.write_text(f"{yaml.safe_dump(kept)}{line}\n")
    result = run("build", config, "--workers", 1)
    assert result.exit_code == 1, result.output
    assert result.stderr.count("\n") == 1
    assert message in result.stderr
    assert "Traceback" not in result.output
