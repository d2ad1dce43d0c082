"""The data of the ablations: known answers without their sections, recordings by name, and all else as it was."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml
from datasets import Audio, load_dataset
from synthetic_cota import write_cota
from transformers import AutoProcessor, AutoTokenizer

import ablation_data
import text_warmup_data
from ablation_variants import VARIANTS, problems_of, without_sections
from modeling_audio_reasoner import parse_reasoning


ROOT = Path(__file__).parent.parent.parent
WHOLE = (
    "<THINK><PLANNING>I listen.</PLANNING><CAPTION>A bell.</CAPTION><REASONING>It fits.</REASONING>"
    "<SUMMARY>It is a bell.</SUMMARY></THINK><RESPONSE>bell</RESPONSE>"
)
WITHOUT_CAPTION = (
    "<THINK><PLANNING>I listen.</PLANNING><REASONING>It fits.</REASONING>"
    "<SUMMARY>It is a bell.</SUMMARY></THINK><RESPONSE>bell</RESPONSE>"
)


@pytest.fixture(scope="module")
def data(tmp_path_factory, tones) -> Path:
    folder = tmp_path_factory.mktemp("ablations") / "data"
    assert ablation_data.main(["--dataset", str(tones), "--output", str(folder)]) == 0
    return folder


def rows_of(folder: Path, split: str = "train") -> list[dict]:
    return list(load_dataset(str(folder), split=split).cast_column("audio", Audio(decode=False)))


def text_of(row: dict) -> str:
    return row["messages"][-1]["content"][0]["text"]


def test_known_answers():
    assert without_sections(WHOLE, VARIANTS["full"]) == WHOLE
    assert without_sections(WHOLE, VARIANTS["response_only"]) == "<RESPONSE>bell</RESPONSE>"
    assert without_sections(WHOLE, VARIANTS["without_caption"]) == WITHOUT_CAPTION
    with pytest.raises(ValueError, match="the answer is not whole \\(the section 'caption' is missing\\)"):
        without_sections(WITHOUT_CAPTION, ("caption",))


@pytest.mark.parametrize("variant", VARIANTS)
def test_an_answer_as_taught_has_its_problems_and_no_other(variant):
    """The response is found in each of them, which is all that is judged."""
    answer = parse_reasoning(without_sections(WHOLE, VARIANTS[variant]))
    assert answer.response == "bell" and list(answer.problems) == problems_of(variant)
    assert answer.complete == (variant == "full")
    named = {word for problem in answer.problems for word in VARIANTS[variant] if f"'{word}'" in problem}
    assert named == set(VARIANTS[variant])


@pytest.mark.parametrize("variant", VARIANTS)
def test_all_but_the_answer_is_as_it_was(tones, data, variant):
    for split, count in (("train", 64), ("validation", 32)):
        before, after = rows_of(tones, split), rows_of(data / variant, split)
        assert len(before) == len(after) == count
        for old, new in zip(before, after, strict=True):
            assert text_of(new) == without_sections(text_of(old), VARIANTS[variant])
            assert {name: new[name] for name in VARIANTS[variant]} == dict.fromkeys(VARIANTS[variant])
            changed = {"audio", "messages", *VARIANTS[variant]}
            assert {name: new[name] for name in old.keys() - changed} == {
                name: old[name] for name in old.keys() - changed
            }
            (old_clip, old_question), (new_clip, new_question) = (row["messages"][1]["content"] for row in (old, new))
            assert old_question == new_question and old["messages"][0] == new["messages"][0]
            assert new_clip["audio"]["bytes"] is None and new["audio"] == new_clip["audio"]
            assert Path(new_clip["audio"]["path"]).read_bytes() == old_clip["audio"]["bytes"]


def test_the_recordings_are_there_once(data):
    clips = sorted((data / "clips").iterdir())
    assert len(clips) == 64 + 32
    written = sum(path.stat().st_size for variant in VARIANTS for path in (data / variant).rglob("*.parquet"))
    assert written < sum(path.stat().st_size for path in clips)


def test_a_named_recording_is_heard_as_its_bytes_are(tones, data, composed):
    processor = AutoProcessor.from_pretrained(composed, trust_remote_code=True)
    options = {"tokenize": True, "return_dict": True, "return_tensors": "pt"}
    heard, named = (
        processor.apply_chat_template(rows_of(folder)[3]["messages"][:2], **options)["input_features"]
        for folder in (tones, data / "full")
    )
    wave = soundfile.read(io.BytesIO((data / "clips" / "train-000003.flac").read_bytes()))[0]
    assert np.abs(wave).max() > 0.1 and named.abs().max() > 0
    assert heard.equal(named)


def test_the_text_warm_ups_differ_in_their_sections_alone(tones, data, text_folder, tmp_path):
    """Choices, invented names and what is heard are drawn alike; without the sections' tokens, so are the tokens."""
    written = {}
    for variant in ("full", "without_caption", "response_only"):
        command = ["--dataset", str(data / variant), "--names-of", str(data / "full"), "--model", str(text_folder)]
        assert text_warmup_data.main([*command, "--output", str(tmp_path / variant)]) == 0
        written[variant] = list(load_dataset(str(tmp_path / variant), split="train"))
    tokenizer = AutoTokenizer.from_pretrained(text_folder)
    for full, *others in zip(*written.values(), strict=True):
        answer = tokenizer.decode([token for token in full["labels"] if token != -100])
        text, end = answer.split("</RESPONSE>")
        for variant, other in zip(list(written)[1:], others, strict=True):
            assert (other["clip_start"], other["heard_ids"]) == (full["clip_start"], full["heard_ids"])
            prompt = [token for token, label in zip(other["input_ids"], other["labels"], strict=True) if label == -100]
            assert prompt == [t for t, label in zip(full["input_ids"], full["labels"], strict=True) if label == -100]
            taught = tokenizer.decode([token for token in other["labels"] if token != -100])
            assert taught == without_sections(f"{text}</RESPONSE>", VARIANTS[variant]) + end


def test_batches_hold_the_same_rows_in_every_variant(data, composed, tmp_path):
    """By TRL's own trainer and data loader."""
    from app.labels.trainer import first_batch, load_processor, load_split, read_recipe, trainer_of

    path = ROOT / "recipes/ablations/sft/config_demo.yaml"
    batches = {}
    for variant in ("full", "response_only"):
        options = ["--model_name_or_path", str(composed), "--dataset_name", str(data / variant)]
        recipe = read_recipe(path, options)
        trainer = trainer_of(recipe, load_split(recipe), load_processor(recipe), tmp_path / variant)
        batch, rows = first_batch(trainer)
        batches[variant] = ([row["id"] for row in rows], int((batch["labels"] != -100).sum()))
    (ids, tokens), (same_ids, fewer) = batches.values()
    assert ids == same_ids and len(ids) == 16
    # <RESPONSE>, the answer of one token, </RESPONSE> and the end of the turn.
    assert fewer == 4 * 16 < tokens


def test_the_recipe_is_the_demos_but_for_what_the_page_says():
    demo, ours = (
        yaml.safe_load((ROOT / "recipes" / name / "sft/config_demo.yaml").read_text(encoding="utf-8"))
        for name in ("audio-reasoner-mini", "ablations")
    )
    run = {"dataset_name", "model_name_or_path", "output_dir"}
    processes = {"accelerate_config", "ddp_find_unused_parameters", "per_device_train_batch_size"}
    losses = {"dataset_test_split", "eval_strategy", "eval_steps", "per_device_eval_batch_size"}
    assert {name for name in demo.keys() | ours.keys() if demo.get(name) != ours.get(name)} == run | processes | losses
    assert ours["per_device_train_batch_size"] == 2 * demo["per_device_train_batch_size"]


def test_what_cannot_be_is_one_sentence(tones, data, tmp_path, capsys):
    bare = write_cota(tmp_path / "bare", train=2, validation=2, structured=False)
    for options, message in (
        (["--dataset", str(bare)], "Row train-0: the answer is not whole (the section 'planning' is missing)"),
        (["--dataset", str(data / "full")], "Row train-0 names a file in place of a recording: build CoTA anew."),
    ):
        assert ablation_data.main([*options, "--output", str(tmp_path / "out")]) == 1
        assert message in capsys.readouterr().err.splitlines()[-1]
    assert ablation_data.main(["--dataset", str(tones), "--output", str(tones)]) == 1
    assert "is the data set that is read" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
