"""The two warm-ups, on tones."""

from __future__ import annotations

import io
import json
import math
from contextlib import redirect_stdout

import pytest
from datasets import load_dataset
from tiny_models import ENCODER, EXTRACTOR, TEXT_MODEL
from transformers import AutoTokenizer

from heard_labels import PAUSE
from modeling_audio_reasoner import AudioReasonerEncoder, AudioReasonerFeatureExtractor


def encoder_recipe(tones, text_folder, folder, **changes):
    from encoder_recipe import EncoderRecipe

    fields = {"encoder": ENCODER, "feature_extractor": EXTRACTOR, "num_threads": 1}
    return EncoderRecipe(
        dataset_name=str(tones), output_dir=str(folder), text_model=str(text_folder), **{**fields, **changes}
    )


@pytest.fixture(scope="module")
def warmed_up(tones, text_folder, tmp_path_factory):
    """The folder of an encoder that has learnt, and what was printed meanwhile."""
    from warm_up_encoder import main

    folder = tmp_path_factory.mktemp("warm-up") / "encoder"
    with redirect_stdout(io.StringIO()) as printed:
        main(encoder_recipe(tones, text_folder, folder, max_steps=60, logging_steps=30))
    return folder, printed.getvalue()


def test_the_encoder_learns_to_tell_tones_apart(warmed_up):
    folder, printed = warmed_up
    log = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    assert log["accuracy"] == {"pitch": 1.0}
    assert log["seconds"] > 0
    assert "step 60/60" in printed
    assert AudioReasonerEncoder.from_pretrained(folder).config.d_model == ENCODER["d_model"]
    assert AudioReasonerFeatureExtractor.from_pretrained(folder).hop_length == EXTRACTOR["hop_length"]
    assert [path.name for path in folder.parent.iterdir()] == ["encoder"]


def test_the_projector_says_what_is_heard_in_the_language_models_words(warmed_up, tones, text_folder, tmp_path):
    """The projected tokens of a held-out tone point along its word's embedding; compose takes the projector."""
    import numpy as np
    import torch
    from transformers import AutoModelForCausalLM

    from modeling_audio_reasoner.compose_audio_reasoner import compose_audio_reasoner

    folder, _ = warmed_up
    model = compose_audio_reasoner(folder, text_folder, tmp_path / "composed")
    extractor = AudioReasonerFeatureExtractor.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(text_folder)
    embeddings = AutoModelForCausalLM.from_pretrained(text_folder).get_input_embeddings().weight
    words = torch.stack([embeddings[tokenizer(f" {word}").input_ids].mean(0) for word in ("low", "high")])
    row = load_dataset(str(tones), split="validation")[0]
    waveform = row["audio"].get_all_samples().data[0].numpy().astype(np.float32)
    features = extractor(waveform, return_tensors="pt")
    heard = model.get_audio_features(features["input_features"], features["feature_attention_mask"])
    along = words @ heard.pooler_output.mean(0)
    assert ("low", "high")[int(along.argmax())] == row["answer"]


def test_pauses_are_learnt_and_left_out_of_the_score():
    """Each held-out label but pauses is counted once; one that training lacks is missed, not left out."""
    import numpy as np
    import torch

    from heard_labels import HeardLabel
    from label_heads import LabelHeads, LabelVocabularies
    from labelled_clips import LabelledClip
    from modeling_audio_reasoner import AudioReasonerEncoderConfig
    from warm_up_encoder import score

    def clip(label):
        spans = ((PAUSE, 0.0, 0.5), (label, 0.5, 1.0))
        return LabelledClip(
            np.zeros(16000, np.int16), "pitch", tuple(HeardLabel("pitch", name, *span) for name, *span in spans)
        )

    vocabularies = LabelVocabularies([*clip("low").labels, *clip("high").labels])
    assert vocabularies.size("pitch") == 3
    torch.manual_seed(0)
    encoder = AudioReasonerEncoder(AudioReasonerEncoderConfig(**ENCODER))
    heads = LabelHeads(ENCODER["d_model"], torch.eye(3, 32), vocabularies.owners, token_seconds=0.08, dropout=0.0)
    heads.bias.data = torch.tensor([99.0 if name == "low" else 0.0 for _, name in vocabularies.index])
    clips = [clip("low"), clip("high"), clip("unheard of")]
    named = score(encoder, heads, vocabularies, clips, AudioReasonerFeatureExtractor(**EXTRACTOR))
    assert sorted(named["pitch"]) == [False, False, True]


def test_a_failed_warm_up_leaves_nothing(tones, text_folder, tmp_path, monkeypatch):
    import warm_up_encoder

    def disk_full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(AudioReasonerFeatureExtractor, "save_pretrained", disk_full)
    with pytest.raises(OSError, match="No space left"):
        warm_up_encoder.main(encoder_recipe(tones, text_folder, tmp_path / "encoder", max_steps=1))
    assert list(tmp_path.iterdir()) == []


def test_text_rows_hold_words_for_the_clip_and_labels_on_the_answer(tones, text_folder, tmp_path):
    from text_warmup_data import main

    folder = tmp_path / "text_warmup"
    command = ["--dataset", str(tones), "--model", str(text_folder), "--output", str(folder), "--orders", "3"]
    assert main(command) == 0
    rows = load_dataset(str(folder))
    assert (len(rows["train"]), len(rows["validation"])) == (3 * 64, 32)
    tokenizer = AutoTokenizer.from_pretrained(text_folder)
    sides = set()
    for row in rows["train"]:
        text = tokenizer.decode(row["input_ids"])
        heard = [tokenizer.decode(name).strip() for names in row["heard_ids"] for name in names]
        heard = [name for name in heard if name != PAUSE]
        assert len(set(heard)) == 1 and 1 <= len(heard) <= 4
        learnt = tokenizer.decode([token for token in row["labels"] if token != -100])
        assert learnt == text[text.index("<THINK><PLANNING>I") :].rstrip("\n")
        assert learnt.endswith(f"<RESPONSE>{heard[0]}</RESPONSE><|im_end|>")
        assert row["length"] == len(row["input_ids"]) == len(row["labels"])
        sides.add("Choose one: low; high." in text)
    assert sides == {True, False}


def test_rows_of_another_layout_are_named(text_folder, tmp_path):
    from datasets import Dataset

    from text_recipe import TextRecipe
    from warm_up_text import main

    rows = tmp_path / "rows"
    for split in ("train", "validation"):
        Dataset.from_list([{"input_ids": [1], "labels": [1]}]).to_parquet(rows / f"{split}.parquet")
    with pytest.raises(ValueError, match="lacks the column clip_start: run recipes/text_warmup_data.py again"):
        main(
            TextRecipe(model_name_or_path=str(text_folder), dataset_name=str(rows), output_dir=str(tmp_path / "text"))
        )


def test_new_rows_are_not_taken_from_an_old_cache(tones, text_folder, tmp_path):
    """`datasets` caches a folder under its README's configs: other content must come with another README."""
    from text_warmup_data import main

    folder = tmp_path / "text_warmup"
    command = ["--dataset", str(tones), "--model", str(text_folder), "--output", str(folder)]
    assert main([*command, "--orders", "1"]) == 0
    assert len(load_dataset(str(folder), split="train")) == 64
    assert main([*command, "--orders", "2"]) == 0
    assert len(load_dataset(str(folder), split="train")) == 128


def test_a_missing_model_is_one_sentence(tones, tmp_path, capsys):
    from text_warmup_data import main

    assert main(["--dataset", str(tones), "--model", str(tmp_path), "--output", str(tmp_path / "rows")]) == 1
    printed = capsys.readouterr().err
    assert "holds no tokenizer.json: run recipes/init_text_model.py first" in printed
    assert printed.count("\n") == 1


def test_all_that_the_encoder_may_say_is_one_token(tones, tmp_path):
    from init_text_model import TextModelRecipe, main

    fields = {"vocab_size": 600, "phrase_tokens": 100, "model": TEXT_MODEL}
    main(TextModelRecipe(dataset_name=str(tones), output_dir=str(tmp_path / "model"), **fields))
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model")
    assert [len(tokenizer(f" {name}").input_ids) for name in ("low", "high", PAUSE)] == [1, 1, 1]


def test_the_language_model_learns_to_write_what_it_reads(tones, tmp_path, capsys):
    """Held-out answers are below half the loss of a model that does not read which of the two words was heard."""
    from init_text_model import TextModelRecipe
    from init_text_model import main as make_model
    from text_recipe import TextRecipe
    from text_warmup_data import Variety, write
    from warm_up_text import main

    initial, rows, folder = tmp_path / "initial", tmp_path / "rows", tmp_path / "text"
    larger = {**TEXT_MODEL, "hidden_size": 64, "intermediate_size": 128, "initializer_range": 0.05}
    make_model(TextModelRecipe(dataset_name=str(tones), output_dir=str(initial), vocab_size=600, model=larger))
    write(str(tones), initial, rows, Variety(orders=4, longest_run=3))
    main(
        TextRecipe(
            model_name_or_path=str(initial),
            dataset_name=str(rows),
            output_dir=str(folder),
            max_steps=120,
            per_device_train_batch_size=8,
            learning_rate=8e-3,
            warmup_steps=10,
            num_threads=1,
        )
    )
    log = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    answers = [sum(label != -100 for label in row["labels"]) for row in load_dataset(str(rows), split="validation")]
    assert log["loss"] < 0.5 * math.log(2) * len(answers) / sum(answers)
    assert "held-out loss" in capsys.readouterr().out
    assert AutoTokenizer.from_pretrained(folder).get_vocab() == AutoTokenizer.from_pretrained(initial).get_vocab()


def test_an_embedding_says_names_at_once_each_by_the_mean_of_its_tokens():
    import torch

    from warm_up_text import heard_embeddings

    words = torch.eye(4)
    assert heard_embeddings(words, [[[0, 1], [3]], [[2]]]).tolist() == [[0.5, 0.5, 0, 1], [0, 0, 1, 0]]


def test_the_words_stand_in_the_place_of_the_clip(text_folder):
    """Scores equal those of each row alone, with the words' embeddings written where the placeholders are."""
    import torch
    from transformers import AutoModelForCausalLM

    from warm_up_text import Row, answer_scores, heard_embeddings

    model = AutoModelForCausalLM.from_pretrained(text_folder).eval()
    words = model.get_input_embeddings().weight
    rows = [Row([9, 7, 7, 8, 5], 1, [[[20, 21]], [[22], [23]]], [-100] * 4 + [5])]
    rows.append(Row([7, 8, 6], 0, [[[24]]], [-100, 8, 6]))
    with torch.no_grad():
        scores, due = answer_scores(model, rows)
        alone = []
        for row in rows:
            embeddings = words[torch.tensor(row.ids)]
            embeddings[row.clip_start : row.clip_start + len(row.heard)] = heard_embeddings(words, row.heard)
            answered = torch.tensor(row.labels)[1:] != -100
            alone.append(model(inputs_embeds=embeddings[None]).logits[0, :-1][answered])
    assert due.tolist() == [5, 8, 6]
    torch.testing.assert_close(scores, torch.cat(alone), atol=1e-5, rtol=0)


def test_every_row_comes_once_an_epoch():
    import random

    from warm_up_text import Row, training_batches

    rows = [Row([token] * (1 + token % 7), 0, [], [token]) for token in range(1050)]
    batches = training_batches(rows, 8, random.Random(0))
    epoch = [row.labels[0] for _ in range(132) for row in next(batches)]
    assert sorted(epoch) == list(range(1050))


@pytest.mark.parametrize(("lacking", "message"), [("model", "holds no model: run"), ("rows", "does not exist: run")])
def test_what_the_text_warm_up_needs_is_named(text_folder, tmp_path, lacking, message):
    from text_recipe import TextRecipe
    from warm_up_text import main

    model = tmp_path / "nothing" if lacking == "model" else text_folder
    with pytest.raises(ValueError, match=message):
        main(
            TextRecipe(
                model_name_or_path=str(model), dataset_name=str(tmp_path / "rows"), output_dir=str(tmp_path / "text")
            )
        )
