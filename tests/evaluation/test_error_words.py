"""What a person reads of an exception that inspect kept as Python shows it."""

from __future__ import annotations

import pytest

from evaluation.error_words import error_words


@pytest.mark.parametrize(
    "error",
    [ValueError("a.wav is empty (0 bytes): record it."), OSError('it\'s "full"\nand more'), ValueError("é – 1")],
)
def test_a_sentence_stays_what_was_written(error: Exception) -> None:
    assert error_words(repr(error)) == str(error)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (repr(FileNotFoundError(2, "No such file")), "No such file"),
        (repr(KeyError("path")), "KeyError: path"),
        (repr(TimeoutError()), "TimeoutError"),
        (
            repr(type("ModelGenerateError", (Exception,), {})(f"\nRequest:\n{{}}\n\n{RuntimeError('not today')!r}")),
            "not today",
        ),
        (repr(SystemExit(3)), "SystemExit: 3"),
        # What inspect took from an exception's own message.
        ("Error code: 400 - {'error': 'too long'}", "Error code: 400 - {'error': 'too long'}"),
        ("no answer came", "no answer came"),
        ("ValueError('cut off", "ValueError('cut off"),
        ("", ""),
    ],
)
def test_other_messages(message: str, words: str) -> None:
    assert error_words(message) == words
