"""What `trl grpo` is given of CoTA: the questions with their clips, what the rewards read, and no answer's text."""

from __future__ import annotations

import shutil

import pytest
from datasets import load_dataset

import grpo_prompts
from modeling_audio_reasoner.reasoning_audio_reasoner import SECTIONS


@pytest.fixture(scope="module")
def written(tmp_path_factory, tones):
    folder = tmp_path_factory.mktemp("grpo") / "prompts"
    assert grpo_prompts.main(["--dataset", str(tones), "--output", str(folder), "--slack", "2"]) == 0
    return folder


def test_a_question_is_that_of_cota_with_its_clip_as_an_image(written, tones):
    for split in ("train", "validation"):
        asked = load_dataset(str(written), split=split)
        rows = load_dataset(str(tones), split=split).remove_columns("audio")
        assert len(asked) == len(rows) > 0
        for found, row in zip(asked, rows, strict=True):
            system, user, _ = row["messages"]
            assert [part["type"] for part in user["content"]] == ["audio", "text"]
            assert found["images"] == [user["content"][0]["audio"]]
            text = {name: user["content"][1][name] for name in ("type", "text")}
            assert found["prompt"][1] == {"role": "user", "content": [{"type": "image", "text": None}, text]}
            assert [turn["role"] for turn in found["prompt"]] == ["system", "user"]
            assert found["prompt"][0]["content"][0]["text"] == system["content"][0]["text"]
            assert all(found[name] == row[name] for name in ("id", "choices", "answer", "domain", "task"))


def test_no_answer_is_in_the_prompts_of_the_folder(written):
    asked = load_dataset(str(written), split="train")
    assert not {"messages", *SECTIONS} & set(asked.column_names)
    assert all("<PLANNING>I" not in str(row["prompt"]) for row in asked)


def test_budgets_and_floors_are_shares_of_the_teachers_characters(tones):
    row = load_dataset(str(tones), split="train").remove_columns("audio")[0]
    row |= {"planning": "x" * 100, "response": "low"}
    found = grpo_prompts.prompt_row(row, slack=1.5)
    budgets, floors = found["budgets"], found["floors"]
    assert budgets["planning"] == 150 and budgets["response"] == grpo_prompts.FEWEST == 40
    assert floors["planning"] == 25 and floors["response"] == 0


def test_the_same_folder_is_written_again_and_another_names_itself_otherwise(written, tones, tmp_path):
    def readme(*options: str) -> str:
        assert grpo_prompts.main(["--dataset", str(tones), "--output", str(tmp_path / "again"), *options]) == 0
        return (tmp_path / "again" / "README.md").read_text(encoding="utf-8")

    assert readme("--slack", "2") == (written / "README.md").read_text(encoding="utf-8")
    assert readme("--slack", "20") != (written / "README.md").read_text(encoding="utf-8")


def test_no_other_data_set_is_replaced(tones, tmp_path, capsys):
    """The Hub's layout, README.md and data/, is that of every data set."""
    mine = tmp_path / "mine"
    shutil.copytree(tones, mine)
    assert grpo_prompts.main(["--dataset", str(mine), "--output", str(mine)]) == 1
    assert "mine is the data set that is read: name another folder" in capsys.readouterr().err
    assert grpo_prompts.main(["--dataset", str(tones), "--output", str(mine)]) == 1
    assert "mine holds a data set that this script did not write" in capsys.readouterr().err
    assert len(load_dataset(str(mine), split="train")) == 64


def test_what_cannot_be_asked_is_one_sentence(tones, tmp_path, capsys):
    place = ["--dataset", str(tones), "--output", str(tmp_path / "prompts")]
    assert grpo_prompts.main([*place, "--slack", "0.5"]) == 1
    assert "slack is 0.5: give at least 1" in capsys.readouterr().err
    row = load_dataset(str(tones), split="train").remove_columns("audio")[0]
    with pytest.raises(ValueError, match="Row train-0 has 0 recordings"):
        grpo_prompts.prompt_row({**row, "messages": [row["messages"][0], row["messages"][2]]}, 1.5)
    assert not (tmp_path / "prompts").exists()
