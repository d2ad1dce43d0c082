"""What the answering process asks and how it proves that the model heard."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from evaluation.answer import Hearing, heard, prompt_of


CLIP = {"array": np.ones(8, dtype=np.float32), "sampling_rate": 16_000}
OTHER = {"array": np.full(4, 2.0, dtype=np.float32), "sampling_rate": 16_000}


def test_what_is_heard() -> None:
    row = {"id": "a", "audio": CLIP}
    assert heard(row, "real", {}, {}) is CLIP
    assert heard(row, "shuffled", {"b": OTHER}, {"a": "b"}) is OTHER
    silence = heard(row, "silence", {}, {})
    assert silence["sampling_rate"] == 16_000
    assert silence["array"].shape == (8,)
    assert not silence["array"].any()


def test_the_prompt_ends_before_the_answer() -> None:
    row = {
        "id": "a",
        "messages": [
            {"role": "system", "content": [{"type": "text", "text": "Listen.", "audio": None}]},
            {
                "role": "user",
                "content": [
                    {"type": "audio", "text": None, "audio": {"bytes": b"", "path": None}},
                    {"type": "text", "text": "What?", "audio": None},
                ],
            },
            {"role": "assistant", "content": [{"type": "text", "text": "the answer", "audio": None}]},
        ],
    }
    prompt = prompt_of(row, OTHER)
    assert [message["role"] for message in prompt] == ["system", "user"]
    assert prompt[1]["content"] == [{"type": "audio", "audio": OTHER}, {"type": "text", "text": "What?"}]
    del row["messages"][1]["content"][0]
    with pytest.raises(ValueError, match="row a: its messages hold 0 audio parts"):
        prompt_of(row, OTHER)


class Deaf(torch.nn.Module):
    """A model whose encoder gives out as many embeddings as it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.audio_tower = Tower()
        self.config = SimpleNamespace(audio_token_id=7)


class Tower(torch.nn.Module):
    def forward(self, lengths: list[int]) -> SimpleNamespace:
        return SimpleNamespace(lengths=torch.tensor(lengths))


ROWS = [{"id": "a"}, {"id": "b"}]


def test_hearing_is_proved_by_equal_counts() -> None:
    model = Deaf()
    hearing = Hearing(model)
    model.audio_tower([2, 1])
    hearing.check(torch.tensor([[7, 7, 0], [0, 7, 1]]), ROWS)
    assert hearing.tokens == 3


@pytest.mark.parametrize("encoded", [[], [1, 2], [2, 2]])
def test_a_deaf_model_is_found_out(encoded: list[int]) -> None:
    model = Deaf()
    hearing = Hearing(model)
    if encoded:
        model.audio_tower(encoded)
    with pytest.raises(ValueError, match="did not hear each clip"):
        hearing.check(torch.tensor([[7, 7, 0], [0, 7, 1]]), ROWS)


def test_a_prompt_without_placeholders_is_found_out() -> None:
    model = Deaf()
    hearing = Hearing(model)
    model.audio_tower([2])
    with pytest.raises(ValueError, match="row b: its prompt has no audio placeholder"):
        hearing.check(torch.tensor([[7, 7, 0], [0, 0, 1]]), ROWS)
