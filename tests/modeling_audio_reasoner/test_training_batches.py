"""Batches that would teach something else than answers are refused before the step that they are for."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch


OPTIONS = {
    "tokenize": True,
    "return_dict": True,
    "return_tensors": "pt",
    "return_assistant_tokens_mask": True,
}


@pytest.fixture
def answered(processor, ask_about, clips, before_5_23):
    """Two conversations with one clip of 1 s each and answers of three and of five bytes, and their batch."""
    if before_5_23:
        pytest.skip("transformers marks the wrong tokens")

    def encode(**options: object):
        turns = [
            [*ask_about(clip), {"role": "assistant", "content": answer}]
            for clip, answer in zip(clips(1.0, 1.0), ("low", "lower"), strict=True)
        ]
        return processor.apply_chat_template(turns, **{**OPTIONS, "processor_kwargs": {"padding": True}, **options})

    return encode


def labels_of(batch):
    labels = batch["input_ids"].clone()
    labels[batch.pop("assistant_masks") == 0] = -100
    return labels


def test_labels_on_answers_alone_are_taken(answered):
    batch = answered()
    batch["labels"] = labels_of(batch)
    assert (batch["labels"] != -100).sum(-1).tolist() == [4, 6], "bytes, and the end of the turn"


@pytest.mark.parametrize(("named", "kind"), [("pt", torch.Tensor), ("np", np.ndarray)])
def test_where_tokens_stand_in_the_text_is_made_no_tensor(answered, monkeypatch, named, kind):
    """It takes longer than tokenizing, of pairs of numbers that are used one by one; all else is tensors as before."""
    from transformers import BatchEncoding

    made = []
    convert = BatchEncoding.convert_to_tensors
    monkeypatch.setattr(
        BatchEncoding,
        "convert_to_tensors",
        lambda self, tensor_type=None, **options: made.append(tensor_type) or convert(self, tensor_type, **options),
    )
    batch = answered(return_tensors=named)
    assert set(made) <= {None}
    assert set(batch) == {
        "input_ids",
        "attention_mask",
        "input_features",
        "feature_attention_mask",
        "assistant_masks",
    }
    assert all(isinstance(tensor, kind) for tensor in batch.values())
    assert {str(batch[name].dtype).removeprefix("torch.") for name in batch if name != "input_features"} == {"int64"}


def test_labels_on_placeholders_are_refused(answered):
    batch = answered(return_assistant_tokens_mask=False)
    with pytest.raises(ValueError, match="^50 labels of this batch stand on .* assistant_only_loss: true"):
        batch["labels"] = batch["input_ids"].clone()


def test_a_row_without_labels_is_refused(answered):
    batch = answered()
    labels = labels_of(batch)
    labels[1] = -100
    with pytest.raises(ValueError, match=r"^Row 2 of this batch has no token to train on \(1 of 2 rows"):
        batch["labels"] = labels


def test_labels_of_lists_are_looked_at_row_by_row(answered):
    """Without tensors and padding rows differ in length; labels of one row are a list of numbers."""
    ragged = answered(return_tensors=None, processor_kwargs=None)
    lengths = [len(row) for row in ragged["input_ids"]]
    assert lengths[0] != lengths[1]
    with pytest.raises(ValueError, match="^50 labels of this batch stand on"):
        ragged["labels"] = [list(row) for row in ragged["input_ids"]]
    with pytest.raises(ValueError, match=r"^Row 2 of this batch has no token to train on \(1 of 2 rows"):
        ragged["labels"] = [[-100, 5], [-100, -100, -100]]
    with pytest.raises(ValueError, match=r"^Row 1 of this batch has no token to train on \(1 of 1 rows"):
        ragged["labels"] = [-100, -100]
    ragged["labels"] = [[-100, 5], [-100, 5, 6]]
    ragged["labels"] = [-100, 5]


def test_a_prompt_takes_any_labels(processor, ask_about, clips):
    """What nothing was answered to is no row for training."""
    prompt = processor.apply_chat_template(
        ask_about(*clips(1.0)), tokenize=True, return_dict=True, return_tensors="pt"
    )
    prompt["labels"] = prompt["input_ids"].clone()


def test_a_batch_of_a_worker_comes_through(answered):
    """Of several workers' batches the trainer gets copies, which it moves to its device."""
    batch = answered()
    batch["labels"] = labels_of(batch)
    copy = pickle.loads(pickle.dumps(batch))
    moved = type(copy)({name: tensor.to("cpu") for name, tensor in copy.items()})
    assert set(moved) == set(batch) and torch.equal(moved["labels"], batch["labels"])


def test_max_length_cuts_no_answer_and_says_what_it_would_cut(answered):
    length = int(answered()["attention_mask"].sum(-1).max())
    short = {"padding": True, "truncation": True, "max_length": length - 1}
    with pytest.raises(
        ValueError, match=f"max_length is {length - 1}, and 1 of the 2 rows .* longest {length} tokens"
    ):
        answered(processor_kwargs=short)
    whole = answered(processor_kwargs={**short, "max_length": length})
    assert whole["input_ids"].shape == (2, length)
    assert torch.equal(whole["input_ids"], answered()["input_ids"])
    padded = answered(processor_kwargs={"padding": "max_length", "truncation": True, "max_length": length + 9})
    assert padded["input_ids"].shape == (2, length + 9)


@pytest.mark.parametrize(
    "place",
    [
        lambda limit: {**limit, "processor_kwargs": {"padding": True}},
        lambda limit: {**limit, "processor_kwargs": None, "padding": True},
        lambda limit: {"processor_kwargs": {"padding": True, "text_kwargs": limit}},
        lambda limit: {"processor_kwargs": {"text_kwargs": {"padding": True, **limit}}},
        lambda limit: {"processor_kwargs": {"padding": True, "truncation": True}, "max_length": limit["max_length"]},
    ],
)
def test_max_length_cuts_nothing_wherever_it_stands(answered, place):
    length = int(answered()["attention_mask"].sum(-1).max())
    with pytest.raises(ValueError, match=f"max_length is {length - 1}, and 1 of the 2 rows"):
        answered(**place({"truncation": True, "max_length": length - 1}))
    whole = answered(**place({"truncation": True, "max_length": length}))
    assert torch.equal(whole["input_ids"], answered()["input_ids"])


def test_truncation_without_a_length_cuts_nothing(answered, processor, monkeypatch):
    monkeypatch.setattr(processor.tokenizer, "model_max_length", 40)
    whole = answered()
    cut = answered(processor_kwargs={"padding": True, "truncation": True})
    assert torch.equal(cut["input_ids"], whole["input_ids"])


def test_a_template_that_marks_no_answer_is_refused(answered, processor):
    template = processor.chat_template.replace("{%- generation -%}", "").replace("{%- endgeneration -%}", "")
    assert template != processor.chat_template
    with pytest.raises(ValueError, match="The chat template does not mark what an assistant writes"):
        answered(chat_template=template)
    answered(chat_template=template, return_assistant_tokens_mask=False)


def test_recordings_that_trl_left_out_are_missed_by_name(model, answered):
    """Without the column `images` TRL keeps the tokens alone."""
    batch = answered()
    with pytest.raises(ValueError, match="50 audio placeholders, but no input_features .* a column `images`"):
        model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"])
