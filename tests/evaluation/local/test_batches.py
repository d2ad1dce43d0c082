"""Which requests are answered together."""

from __future__ import annotations

import pytest

from evaluation.local.batches import Request, next_batch


GREEDY = (("do_sample", False),)


def request(number: int, audio: int, options: tuple = GREEDY, text: str = "?") -> Request:
    messages = [{"role": "user", "content": [{"type": "audio", "name": "a"}, {"type": "text", "text": text}]}]
    return Request(messages, (b"x" * audio,), options, number)


def numbers(batch: list[Request]) -> list[int]:
    return [one.number for one in batch]


def test_requests_of_like_length_are_answered_together() -> None:
    waiting = [request(number, audio) for number, audio in enumerate([100, 5, 90, 6, 80, 7])]
    assert numbers(next_batch(waiting, 3)) == [4, 2, 0]
    assert numbers(next_batch([waiting[place] for place in (1, 3, 5)], 3)) == [1, 3, 5]


def test_the_oldest_is_never_left_waiting() -> None:
    waiting = [request(0, 5)] + [request(number, 100) for number in range(1, 9)]
    assert 0 in numbers(next_batch(waiting, 4))


def test_a_batch_that_is_not_whole_is_the_shortest() -> None:
    waiting = [request(number, audio) for number, audio in enumerate([1, 2, 3, 4, 5])]
    assert numbers(next_batch(waiting, 2)) == [0]
    assert numbers(next_batch(waiting[1:], 2)) == [1, 2]


def test_other_options_are_answered_apart() -> None:
    drawn = (("do_sample", True), ("temperature", 0.7))
    waiting = [request(0, 5), request(1, 5, drawn), request(2, 5)]
    assert numbers(next_batch(waiting, 3)) == [0, 2]
    assert numbers(next_batch(waiting[1:2], 3)) == [1]


def test_text_counts_where_the_audio_is_as_long() -> None:
    waiting = [request(0, 5, text="a" * 50), request(1, 5, text="a"), request(2, 5, text="a" * 49)]
    assert numbers(next_batch(waiting, 2)) == [2, 0]


def test_nothing_waits() -> None:
    with pytest.raises(ValueError, match="no request waits"):
        next_batch([], 4)
