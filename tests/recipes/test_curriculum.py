"""The order of a training set by pass rates: known rates of a sampler that is told what to say, and of a model."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest
from datasets import load_dataset
from synthetic_cota import write_cota

import curriculum
import rewards
from modeling_audio_reasoner.reasoning_audio_reasoner import THINK_SECTIONS, Reasoning, parse_reasoning
from pass_rates import AnswerSampler, Sampling, asked


ROWS = 64
ANSWERS = 4


def answer(response: str) -> str:
    return Reasoning("I listen.", "A tone.", "So it is.", "Clear.", response).render()


class Dictated:
    """In the place of a model: of row n, n % 5 answers of 4 are right, and without thinking all of every third row.

    Wrong ones name the other pitch, both, no response, or the right one twice.
    """

    calls: list[tuple[str, list[int], str, int]]
    stop_after: float

    def __init__(self, model_name: str, sampling: Sampling) -> None:
        assert sampling.answers == ANSWERS
        self.model_name = model_name

    def __call__(self, prompts, beginning, seed):
        if len(self.calls) >= self.stop_after:
            raise KeyboardInterrupt
        clips = [prompt[1]["content"][0]["audio"]["path"] for prompt in prompts]
        rows = [int(re.fullmatch(r"train-(\d+)\.flac", clip)[1]) for clip in clips]
        self.calls.append((self.model_name, rows, beginning, seed))
        return [self.answers(row, beginning) for row in rows]

    def answers(self, row: int, beginning: str) -> list[str]:
        right, wrong = ("low", "high")[:: 1 if row % 2 == 0 else -1]
        if beginning:
            said = [right] * 4 if row % 3 == 0 else [right, right, right, wrong]
            return [f"{beginning}{response}</RESPONSE>" for response in said]
        faults = [answer(wrong), answer("low or high"), f"It is {right}.", answer(right) + answer(right)]
        return [answer(right)] * (row % 5) + faults[: ANSWERS - row % 5]


@pytest.fixture(autouse=True)
def dictated(monkeypatch):
    Dictated.calls, Dictated.stop_after = [], math.inf
    monkeypatch.setattr(curriculum, "AnswerSampler", Dictated)


def written(tones: Path, place: Path, *options: str) -> Path:
    folder = place / "curriculum"
    command = ["--dataset", str(tones), "--model", "told", "--output", str(folder), "--answers", str(ANSWERS)]
    assert curriculum.main([*command, *options]) == 0
    return folder


def numbers(folder: Path) -> list[int]:
    return [int(name.split("-")[1]) for name in load_dataset(str(folder), split="train")["id"]]


@pytest.mark.parametrize("first", ["easy", "hard"])
def test_rows_stand_in_the_order_of_their_known_rates(tones, tmp_path, capsys, first):
    folder = written(tones, tmp_path, "--order", first)
    rates = load_dataset(str(folder), split="train")["pass_rate"]
    rows = numbers(folder)
    assert rates == [row % 5 / 4 for row in rows]
    assert rates == sorted(rates, reverse=first == "easy")
    assert sorted(rows) == list(range(ROWS))
    # 13 rows of each residue but the last, of which there are 12.
    said = (
        "64 rows with choices, 4 answers to each: mean pass rate 0.492; 12 rows with every answer right, 13 with none."
    )
    assert said in capsys.readouterr().out
    assert said in (folder / "README.md").read_text(encoding="utf-8")
    assert (folder / "figure.png").stat().st_size > 5000


def test_rows_of_one_rate_are_mixed_and_the_same_each_time(tones, tmp_path):
    """CoTA's shards hold a task each: in their order a batch would hold one task."""
    one, again = (numbers(written(tones, tmp_path / name)) for name in ("one", "again"))
    other = numbers(written(tones, tmp_path / "other", "--seed", "1"))
    assert one == again != other
    solved = one[:12]
    assert {row % 5 for row in solved} == {4} and solved != sorted(solved)


def test_all_else_of_a_row_is_that_of_cota(tones, tmp_path):
    folder = written(tones, tmp_path)
    for split in ("train", "validation"):
        found = load_dataset(str(folder), split=split)
        before = {row["id"]: row for row in load_dataset(str(tones), split=split).remove_columns("audio")}
        assert {name: found.features[name] for name in load_dataset(str(tones), split=split).features} == (
            load_dataset(str(tones), split=split).features
        )
        rows = list(found.remove_columns("audio"))
        assert len(rows) == len(before)
        assert all({**row, **before[row["id"]]} == row and row["thinking"] for row in rows)
    assert [row["id"] for row in rows] == list(before), "validation is not ordered"
    assert all(row["pass_rate"] is None for row in rows)


def test_solved_rows_are_left_out_from_the_same_rates(tones, tmp_path, capsys):
    """Nothing is sampled again for another order of what was sampled."""
    written(tones, tmp_path)
    Dictated.stop_after = 0
    folder = written(tones, tmp_path, "--leave-out-solved")
    assert sorted(numbers(folder)) == [row for row in range(ROWS) if row % 5 != 4]
    assert "52 of 64 rows were written." in capsys.readouterr().out


def test_thinking_is_dropped_where_every_answer_without_it_was_right(tones, tmp_path, capsys):
    folder = written(tones, tmp_path, "--selective-thought")
    before = {row["id"]: row for row in load_dataset(str(tones), split="train").remove_columns("audio")}
    bare = 0
    for row in load_dataset(str(folder), split="train").remove_columns("audio"):
        text = row["messages"][-1]["content"][0]["text"]
        assert row["thinking"] == (int(row["id"].split("-")[1]) % 3 != 0)
        if row["thinking"]:
            assert parse_reasoning(text).complete and row["messages"] == before[row["id"]]["messages"]
            continue
        bare += 1
        assert text == f"<RESPONSE>{row['answer']}</RESPONSE>" and len(row["messages"]) == 3
        assert row["messages"][:2] == before[row["id"]]["messages"][:2]
        assert all(row[name] is None for name in THINK_SECTIONS) and row["length"] < before[row["id"]]["length"]
        completion = [[{"role": "assistant", "content": text}]]
        assert rewards.answer_correct(completion, [row["choices"]], [row["answer"]]) == [1]
        assert rewards.structure_complete(completion) == [0]
    assert bare == 22
    # 22 rows with 4 of 4, and 42 with 3.
    said = "64 of 64 rows were written, 22 of them without thinking: the mean pass rate without it is 0.836."
    assert said in capsys.readouterr().out


def test_another_model_may_be_asked_for_answers_without_thinking(tones, tmp_path):
    """Each is loaded once, and gives the answers of its kind."""
    written(tones, tmp_path, "--selective-thought", "responding", "--rows-at-once", "32")
    assert [(name, beginning) for name, _, beginning, _ in Dictated.calls] == [
        ("told", ""),
        ("responding", "<RESPONSE>"),
    ] * 2
    Dictated.calls.clear()
    written(tones, tmp_path / "same", "--selective-thought", "--rows-at-once", "64")
    assert [(name, beginning) for name, _, beginning, _ in Dictated.calls] == [("told", ""), ("told", "<RESPONSE>")]


def test_a_killed_run_goes_on_with_whole_batches(tones, tmp_path):
    """Killed in the third batch, with the last line of the second torn: that one and the others are sampled."""
    rates = tmp_path / "curriculum.rates.jsonl"
    whole = written(tones, tmp_path / "whole", "--rows-at-once", "10")
    calls = list(Dictated.calls)
    Dictated.calls, Dictated.stop_after = [], 2
    with pytest.raises(KeyboardInterrupt):
        written(tones, tmp_path, "--rows-at-once", "10")
    lines = rates.read_text(encoding="utf-8").splitlines(keepends=True)
    assert len(lines) == 21 and not (tmp_path / "curriculum").exists()
    rates.write_text("".join(lines)[:-5], encoding="utf-8")
    Dictated.calls, Dictated.stop_after = [], math.inf
    resumed = written(tones, tmp_path, "--rows-at-once", "10")
    assert Dictated.calls == calls[1:] and len(calls) == 7
    assert rates.read_bytes() == (tmp_path / "whole" / "curriculum.rates.jsonl").read_bytes()
    assert (resumed / "README.md").read_text() == (whole / "README.md").read_text(), "it names the content"


def test_rates_of_something_else_are_refused(tones, tmp_path, capsys):
    folder = written(tones, tmp_path)
    command = ["--dataset", str(tones), "--model", "told", "--output", str(folder), "--answers", str(ANSWERS)]
    for options, other in (
        (["--temperature", "0.5"], "temperature"),
        (["--model", "another"], "models"),
        (["--selective-thought"], "counts, models"),
    ):
        assert curriculum.main([*command, *options]) == 1
        assert f"curriculum.rates.jsonl holds rates of another {other}: remove it" in capsys.readouterr().err
    rates = tmp_path / "curriculum.rates.jsonl"
    lines = rates.read_text(encoding="utf-8").splitlines(keepends=True)
    rates.write_text("".join([lines[0], lines[2], lines[1], *lines[3:]]), encoding="utf-8")
    assert curriculum.main(command) == 1
    assert "holds other rows than the data set" in capsys.readouterr().err
    for text in ("[1]\n", "no JSON\n"):
        rates.write_text(text, encoding="utf-8")
        assert curriculum.main(command) == 1
        assert "curriculum.rates.jsonl is no file of pass rates" in capsys.readouterr().err


def test_what_cannot_be_is_one_sentence(tones, tmp_path, capsys):
    command = ["--dataset", str(tones), "--model", "told", "--output", str(tmp_path / "out"), "--answers", "4"]
    for options, message in (
        (["--answers", "0"], "--answers is 0: give at least 1"),
        (["--temperature", "0"], "--temperature is 0.0: give a number above 0"),
        (["--order", "up"], "--order is 'up': give easy or hard"),
        (["--output", str(tones)], "is the data set that is read: name another folder"),
    ):
        assert curriculum.main([*command, *options]) == 1
        assert message in capsys.readouterr().err
    assert not Dictated.calls and not list(tmp_path.iterdir())


def test_rows_without_choices_stand_where_a_rate_of_one_half_does():
    right = {"a": {"right": 4}, "b": {"right": 0}, "c": {"right": 3}}
    found = curriculum.places(["open", "b", "c", "a"], right, ANSWERS, curriculum.Order(leave_out_solved=True))
    assert [(place.index, place.pass_rate) for place in found] == [(2, 0.75), (0, None), (1, 0.0)]


@pytest.fixture(scope="module")
def guessing(tmp_path_factory, composed) -> Path:
    """A model whose next token depends on the last one alone.

    It responds at once in half of its answers, else it ends; a response is `low` or `high`, half of them each.
    """
    import torch
    from transformers import AutoModel, AutoProcessor

    processor = AutoProcessor.from_pretrained(composed, trust_remote_code=True)
    model = AutoModel.from_pretrained(composed, trust_remote_code=True)
    tokens = processor.tokenizer.convert_tokens_to_ids
    begin, response, low, high, close = tokens(["Ċ", "<RESPONSE>", "low", "high", "</RESPONSE>"])
    end = processor.tokenizer.eos_token_id
    follow = {begin: [response, end], response: [low, high], low: [close], high: [close], close: [end]}
    text = model.config.text_config
    text.tie_word_embeddings = model.config.tie_word_embeddings = False
    embeddings = model.get_input_embeddings().weight
    head = torch.nn.Parameter(torch.zeros_like(embeddings))
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "language_model.layers" in name and name.endswith(("o_proj.weight", "down_proj.weight")):
                weight.zero_()
        for place, (token, following) in enumerate(follow.items()):
            embeddings[token] = torch.eye(text.hidden_size)[place]
            head[following, place] = 10.0
    model.lm_head.weight = head
    folder = tmp_path_factory.mktemp("guessing") / "model"
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def test_a_model_that_guesses_is_right_as_often_as_guesses_are(tmp_path, monkeypatch, guessing):
    """96 answers of each kind: a quarter right, and half of those begun with <RESPONSE>; killed or not, the same."""
    monkeypatch.setattr(curriculum, "AnswerSampler", AnswerSampler)
    data = write_cota(tmp_path / "cota", train=24, validation=1)
    command = ["--dataset", str(data), "--model", str(guessing), "--selective-thought", "--answers", "4"]
    command += ["--max-new-tokens", "8", "--rows-at-once", "8"]
    assert curriculum.main([*command, "--output", str(tmp_path / "one")]) == 0
    text = (tmp_path / "one.rates.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()[1:]]
    assert len(lines) == 24
    for name, share in (("right", 1 / 4), ("right_without_thinking", 1 / 2)):
        assert sum(line[name] for line in lines) / 96 == pytest.approx(share, abs=0.15)
        assert len({line[name] for line in lines}) > 2, "each row has its own answers"
    (tmp_path / "two.rates.jsonl").write_text("".join(text.splitlines(keepends=True)[:11]), encoding="utf-8")
    assert curriculum.main([*command, "--output", str(tmp_path / "two")]) == 0
    assert (tmp_path / "two.rates.jsonl").read_text(encoding="utf-8") == text


def test_an_answer_begins_as_a_row_without_thinking_does(tones, composed):
    """What the model is given up to the response is, token for token, what it is trained on."""
    sampler = AnswerSampler(str(composed), Sampling())
    row = load_dataset(str(tones), split="train").remove_columns("audio")[0]
    bare = curriculum.curriculum_row(row, curriculum.Place(0, 1.0, thinking=False))
    given = sampler.prompt_inputs([asked(row)], "<RESPONSE>")
    trained = sampler.processor.apply_chat_template(
        bare["messages"], tokenize=True, return_dict=True, return_tensors="pt"
    )
    tokens = given["input_ids"].shape[1]
    assert given["input_ids"].tolist() == trained["input_ids"][:, :tokens].tolist()
    assert given["attention_mask"].shape == (1, tokens)
    rest = sampler.processor.tokenizer.decode(trained["input_ids"][0, tokens:])
    assert rest.startswith(f"{row['answer']}</RESPONSE>")


def test_the_recipe_trains_in_that_order(tones, tmp_path, composed):
    """By TRL's own trainer and data loader: the first batches hold the first rows."""
    from app.labels.trainer import first_batch, load_processor, load_split, read_recipe, trainer_of

    folder = written(tones, tmp_path, "--selective-thought")
    path = Path(__file__).parent.parent.parent / "recipes/audio-reasoner-mini/sft/config_curriculum.yaml"
    options = ["--model_name_or_path", str(composed), "--dataset_name", str(folder)]
    recipe = read_recipe(path, options)
    trainer = trainer_of(recipe, load_split(recipe), load_processor(recipe), tmp_path / "run")
    _, rows = first_batch(trainer)
    assert [row["id"] for row in rows] == load_dataset(str(folder), split="train")["id"][:8]
    assert {row["pass_rate"] for row in rows} == {1.0}
