"""How the answering process proves that the model heard, and what becomes of a batch that fails."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
import torch

from evaluation.local.worker import Deaf, Hearing, answered, received, recordings


PLACEHOLDER = 7


class Model(torch.nn.Module):
    """A model whose encoder gives out as many embeddings a window as it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.audio_tower = Tower()
        self.config = SimpleNamespace(audio_token_id=PLACEHOLDER)


class Tower(torch.nn.Module):
    def forward(self, lengths: list[int]) -> SimpleNamespace:
        return SimpleNamespace(lengths=torch.tensor(lengths))


def heard(encoded: list[int], rows: list[list[int]], clips: list[int]) -> list[int]:
    """What `Hearing` says of windows of so many embeddings, rows of tokens, and recordings a row."""
    model = Model()
    hearing = Hearing(model)
    if encoded:
        model.audio_tower(encoded)
    return hearing.check(torch.tensor(rows), clips)


def test_embeddings_of_each_conversation() -> None:
    assert heard([2, 1], [[7, 7, 0], [0, 7, 1]], [1, 1]) == [2, 1]
    assert heard([2, 1], [[7, 7, 7], [0, 2, 1]], [2, 0]) == [3, 0], "two windows of one conversation, none of another"
    assert heard([], [[1, 2, 3]], [0]) == [0]


@pytest.mark.parametrize(
    ("encoded", "rows", "clips", "what"),
    [
        ([], [[7, 7, 0]], [1], "gave it 0 embeddings"),
        ([3], [[7, 7, 0]], [1], "gave it 3 embeddings"),
        ([1, 2], [[7, 7, 0], [0, 7, 1]], [1, 1], "conversation 1 .* gave it 3"),
        ([2], [[1, 2, 3]], [0], "no conversation of the batch"),
        ([2], [[1, 2, 3]], [1], "holds 1 recordings and 0 audio placeholders"),
        ([2], [[7, 7, 3]], [0], "holds 0 recordings and 2 audio placeholders"),
    ],
)
def test_a_deaf_model_is_found_out(encoded: list[int], rows: list[list[int]], clips: list[int], what: str) -> None:
    with pytest.raises(Deaf, match=what):
        heard(encoded, rows, clips)


def test_a_model_without_an_encoder_is_refused() -> None:
    with pytest.raises(ValueError, match="0 modules called audio_tower"):
        Hearing(torch.nn.Linear(2, 2))


class Answering:
    """Answers with the text itself; "bad" fails, and "deaf" was not heard."""

    def answer(self, conversations, options):
        texts = [messages[0]["content"] for messages in conversations]
        if "bad" in texts:
            raise ValueError("too long to be heard")
        if "deaf" in texts:
            raise Deaf("not heard")
        return [{"output": text} for text in texts]


def said(*texts: str) -> list[dict]:
    return answered(Answering(), [[{"role": "user", "content": text}] for text in texts], {})


def test_of_a_batch_that_fails_only_the_conversation_that_fails_alone_has_an_error() -> None:
    answers = said("one", "bad", "two")
    assert answers == [{"output": "one"}, {"error": "ValueError: too long to be heard"}, {"output": "two"}]


def test_deafness_is_no_error_of_one_conversation() -> None:
    with pytest.raises(Deaf):
        said("one", "deaf")


def test_audio_parts_get_their_files_in_order() -> None:
    sent = {
        "conversations": [
            [{"role": "user", "content": [{"type": "audio", "name": "a.wav"}, {"type": "text", "text": "?"}]}],
            [{"role": "user", "content": "no part"}],
            [{"role": "user", "content": [{"type": "audio", "name": "b.mp3"}]}],
        ],
        "options": {"do_sample": False},
    }
    messages = iter([json.dumps(sent).encode(), b"first", b"second"])
    conversations, options = received(SimpleNamespace(recv_bytes=lambda: next(messages)))
    assert conversations[0][0]["content"][0] == {"type": "audio", "audio": {"bytes": b"first", "path": "a.wav"}}
    assert conversations[2][0]["content"][0] == {"type": "audio", "audio": {"bytes": b"second", "path": "b.mp3"}}
    assert options == {"do_sample": False}
    assert [recordings(messages) for messages in conversations] == [1, 0, 1]
