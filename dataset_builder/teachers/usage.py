"""Tokens of calls. Knows no prices."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Usage:
    """Tokens that one or more calls took.

    Args:
        input_tokens: of the prompt, the audio's among them.
        output_tokens: written, the ones of hidden reasoning among them, as endpoints bill them.
        audio_tokens: those of `input_tokens` that are audio.
        estimated: True where the endpoint gave no count, and this one is from the length of the texts.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    audio_tokens: int = 0
    estimated: bool = False

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.audio_tokens + other.audio_tokens,
            self.estimated or other.estimated,
        )

    @property
    def total_tokens(self) -> int:
        """Input and output."""
        return self.input_tokens + self.output_tokens


def text_tokens(text: str) -> int:
    """About how many tokens a text is: a token for four bytes of UTF-8, which is near the truth for English and
    too many rather than too few for Chinese."""
    return (len(text.encode()) + 3) // 4
