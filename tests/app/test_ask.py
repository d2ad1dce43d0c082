"""`audio-reasoner ask`: sections on the terminal, or one sentence that says what is wrong with the recording."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from app.main import app
from modeling_audio_reasoner import Reasoning
from modeling_audio_reasoner.voting_audio_reasoner import VotedAnswer


def tone(path, seconds: float = 1.0, level: float = 0.3):
    soundfile.write(path, level * np.sin(np.arange(round(8000 * seconds)) / 5), 8000)
    return path


def ask(*arguments) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["ask", *map(str, arguments)])
    return result.exit_code, result.stdout, result.stderr


def test_an_answer_without_sections_is_shown_and_named(model_folder, tmp_path):
    code, shown, said = ask(tone(tmp_path / "a.wav"), "What?", "--model", model_folder, "--max-new-tokens", 5)
    assert code == 2
    assert "The answer is not well-formed: " in said and "the section 'response' is missing" in said
    assert "THINK" not in shown


@pytest.fixture
def writes(monkeypatch, processor):
    """Replace generation, whose weights are random here, by a text that is written token by token."""

    def make(text: str) -> None:
        import torch
        from transformers import GenerationMixin

        written = processor.tokenizer(text, return_tensors="pt")["input_ids"]

        def generate(self, input_ids, streamer, **kwargs):
            streamer.put(input_ids)
            for token in written[0]:
                streamer.put(token[None])
            streamer.end()
            return torch.cat([input_ids, written], dim=1)

        monkeypatch.setattr(GenerationMixin, "generate", generate)

    return make


def test_the_sections_open_one_after_the_other(model_folder, tmp_path, writes):
    writes(Reasoning("Listen.", "A tone.", "It is steady.", "So a tone.", "tone").render() + "<|im_end|>")
    code, shown, said = ask(tone(tmp_path / "a.wav"), "What?", "--model", model_folder, "--choice", "tone")
    assert code == 0, said
    lines = [line.strip() for line in shown.splitlines() if line.strip()]
    assert lines == [
        "planning",
        "Listen.",
        "caption",
        "A tone.",
        "reasoning",
        "It is steady.",
        "summary",
        "So a tone.",
        "response",
        "tone",
    ]


def test_a_script_gets_the_sections_as_fields(model_folder, tmp_path, writes):
    whole = Reasoning("Listen.", "A [tone].", "It is steady.", "So a tone.", "tone")
    writes(whole.render() + "<|im_end|>")
    code, shown, said = ask(tone(tmp_path / "a.wav"), "What?", "--model", model_folder, "--json")
    assert code == 0, said
    sections = {name: getattr(whole, name) for name in ("planning", "caption", "reasoning", "summary", "response")}
    assert json.loads(shown) == {**sections, "complete": True, "problems": []}
    writes("<THINK><PLANNING>Listen.</PLANNING><|im_end|>")
    code, shown, said = ask(tone(tmp_path / "a.wav"), "What?", "--model", model_folder, "--json")
    found = json.loads(shown)
    assert code == 2 and found["response"] is None and not found["complete"]
    assert "the section 'response' is missing" in found["problems"]


def test_budgets_make_any_model_well_formed(model_folder, tmp_path):
    """Random weights, and yet five sections: each is closed when its budget is spent."""
    names = ["planning", "caption", "reasoning", "summary", "response"]
    options = [f"--budget={name}=4" for name in names] + ["--model", model_folder, "--max-new-tokens", 200]
    code, shown, said = ask(tone(tmp_path / "a.wav"), "What?", *options)
    assert code == 0, said
    assert [line for line in shown.split("\n") if line in names] == names


@pytest.mark.parametrize("budget", ["planning", "planning=", "planning=0", "thinking=5", "planning=a", "planning=²"])
def test_a_budget_that_is_none(model_folder, tmp_path, budget):
    code, _, said = ask(tone(tmp_path / "a.wav"), "What?", "--model", model_folder, "--budget", budget)
    assert code == 1 and f"--budget {budget} is not SECTION=TOKENS" in said and said.count("\n") == 1


def test_votes_are_counted_and_what_has_none_is_named(model_folder, tmp_path):
    sections = [f"--budget={name}=4" for name in ("planning", "caption", "reasoning", "summary", "response")]
    arguments = [tone(tmp_path / "a.wav"), "What?", "--model", model_folder, "--votes", 3, *sections]
    code, shown, said = ask(*arguments, "--max-new-tokens", 200, "--choice", "a bell", "--choice", "a dog")
    assert code == 0, said
    assert "3  (no vote: the response names none of the choices, or more than one)" in shown
    code, shown, said = ask(*arguments, "--max-new-tokens", 5)
    assert code == 2
    assert "3  (not waited for, or cut at the token limit)" in shown


def test_a_vote_is_printed_as_it_was_written(model_folder, tmp_path, monkeypatch):
    """Votes are counted on normalised responses where no choices are given; people read what the model wrote."""
    written = ["English", "english.", "Old  Czech", "ENGLISH"]
    answers = tuple(Reasoning("a", "b", "c", "d", response, complete=True) for response in written)
    counted = {"english": 3, "old czech": 1}
    voted = VotedAnswer(answers[0], "english", counted, 0.75, answers, 0)
    network = SimpleNamespace(device="cpu", vote=lambda *args, **kwargs: voted)
    monkeypatch.setattr("app.commands.ask.load_model", lambda *args: network)
    _, shown, said = ask(tone(tmp_path / "a.wav"), "What?", "--model", model_folder, "--votes", 4)
    assert "  3  English\n  1  Old Czech\n" in shown, said
    _, shown, said = ask(tone(tmp_path / "a.wav"), "What?", "--model", model_folder, "--votes", 4, "--json")
    votes = {"of": counted, "agreement": 0.75, "unfinished": 0, "winner": "english"}
    assert json.loads(shown)["votes"] == votes, said


def spoil(path, kind: str):
    if kind == "text":
        path.write_text("hello")
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "truncated":
        path.write_bytes(tone(path).read_bytes()[:9000])
    elif kind == "no samples":
        tone(path, seconds=0.0)
    elif kind == "silent":
        tone(path, level=0.0)
    return path


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("text", "is not audio that can be decoded"),
        ("empty", "is empty"),
        ("truncated", "is truncated"),
        ("no samples", "zero samples"),
        ("silent", "is silent"),
        ("missing", "does not exist"),
    ],
)
def test_a_recording_that_cannot_be_heard(model_folder, tmp_path, kind, message):
    code, shown, said = ask(spoil(tmp_path / "clip.wav", kind), "What?", "--model", model_folder)
    assert code == 1
    assert shown == ""
    assert said.count("\n") == 1
    assert said.startswith("audio-reasoner: ") and "clip.wav" in said and message in said


def test_what_is_no_model(tmp_path):
    clip = tone(tmp_path / "a.wav")
    for model, message in ((tmp_path, "no config.json"), (clip, "is a file"), (tmp_path / "none", "does not exist")):
        code, _, said = ask(clip, "What?", "--model", model)
        assert code == 1 and message in said and said.count("\n") == 1


def test_weights_that_are_cut_off_are_named(model_folder, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(model_folder, folder)
    weights = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    code, shown, said = ask(tone(tmp_path / "a.wav"), "What?", "--model", folder)
    assert code == 1 and shown == ""
    assert f"{folder}: a file of its weights cannot be read" in said and said.count("\n") == 1


def test_a_section_that_is_not_closed_ends_its_line(model_folder, tmp_path, writes):
    """What the model wrote stays readable: the next section opens on a line of its own."""
    writes("<THINK><PLANNING>Listen<CAPTION>A tone")
    code, shown, said = ask(tone(tmp_path / "a.wav"), "What?", "--model", model_folder, "--max-new-tokens", 9)
    assert code == 2 and "The answer was held to --max-new-tokens 9." in said
    assert [line.strip() for line in shown.splitlines() if line.strip()] == ["planning", "Listen", "caption", "A tone"]


@pytest.mark.parametrize(("file", "lacks"), [("processing", "reasoning_streamer"), ("generation", "vote")])
def test_a_folder_with_older_code_says_how_it_is_renewed(model_folder, tmp_path, writes, file, lacks):
    folder = tmp_path / f"older_{file}"
    shutil.copytree(model_folder, folder)
    code_file = folder / f"{file}_audio_reasoner.py"
    code_file.write_text(code_file.read_text(encoding="utf-8").replace(f"def {lacks}(", "def _not_yet_there("))
    code, shown, said = ask(tone(tmp_path / "a.wav"), "What?", "--model", folder)
    assert code == 1 and shown == ""
    assert f"{folder} holds the code of an earlier version" in said and said.count("\n") == 1
    subprocess.run([sys.executable, "-c", said.partition("python -c '")[2].rpartition("'")[0]], check=True)
    renewed = shutil.copytree(folder, tmp_path / f"renewed_{file}")  # this process keeps the old modules by their path
    writes(Reasoning("Listen.", "A tone.", "It is steady.", "So a tone.", "tone").render() + "<|im_end|>")
    assert ask(tone(tmp_path / "a.wav"), "What?", "--model", renewed)[0] == 0


def test_a_question_is_needed(model_folder, tmp_path):
    code, _, said = ask(tone(tmp_path / "a.wav"), "  ", "--model", model_folder)
    assert code == 1 and "question is empty" in said
