"""Multiplications and additions of training, from sizes and lengths alone: what share of them the encoder has.

Counted are matrix products of a forward pass, attention's included, over rows without padding between them, and the
head on labels alone. A backward pass is twice that in every part, so that shares and ratios are those of training.
Loads no weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modeling_audio_reasoner import AudioReasonerConfig, AudioReasonerEncoderConfig, count_audio_tokens
from modeling_audio_reasoner.configuration_audio_reasoner import count_positions
from modeling_audio_reasoner.memory_audio_reasoner import QWEN2_AUDIO_7B, count_parameters


FRAMES_PER_SECOND, WINDOW = 100, 30.0
WHISPER_SMALL_AND_QWEN3 = AudioReasonerConfig(
    audio_config={
        "d_model": 768,
        "encoder_layers": 12,
        "encoder_attention_heads": 12,
        "encoder_ffn_dim": 3072,
        "num_mel_bins": 80,
    },
    text_config={
        "model_type": "qwen3",
        "hidden_size": 1024,
        "intermediate_size": 3072,
        "num_hidden_layers": 28,
        "num_attention_heads": 16,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "vocab_size": 151_936,
        "tie_word_embeddings": True,
    },
)
"""What recipes/audio-reasoner-small is made of."""
LARGER = {"Whisper-small and Qwen3-0.6B": WHISPER_SMALL_AND_QWEN3, "Qwen2-Audio-7B": QWEN2_AUDIO_7B}


@dataclass(frozen=True)
class Row:
    """Seconds of the clip, tokens of the text around it, and how many of those are trained on."""

    seconds: float
    text_tokens: int
    trained: int

    @property
    def tokens(self) -> int:
        """Text and audio embeddings together."""
        return self.text_tokens + count_audio_tokens(round(FRAMES_PER_SECOND * self.seconds))


@dataclass(frozen=True)
class Arithmetic:
    """Operations of a forward pass: the encoder's on 30 s of each clip and on its own length, the language model's."""

    encoder_of_windows: float
    encoder: float
    language_model: float

    @property
    def stock_share(self) -> float:
        """Of the encoder where every clip is 30 s."""
        return self.encoder_of_windows / (self.encoder_of_windows + self.language_model)

    @property
    def our_share(self) -> float:
        """Of the encoder on what was recorded."""
        return self.encoder / (self.encoder + self.language_model)

    @property
    def ratio(self) -> float:
        """How many times more all of it is where every clip is 30 s."""
        return (self.encoder_of_windows + self.language_model) / (self.encoder + self.language_model)


def arithmetic(config: AudioReasonerConfig, rows: Sequence[Row]) -> Arithmetic:
    """What the rows take in a model of these sizes."""
    text = config.get_text_config()
    weights = count_parameters(config)["linear"]
    heads = text.num_attention_heads * (
        getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    )
    language_model = 0.0
    for row in rows:
        attention = 2 * text.num_hidden_layers * heads * row.tokens**2  # causal: half of all pairs
        head = 2 * row.trained * text.hidden_size * text.vocab_size
        projector = 2 * (row.tokens - row.text_tokens) * config.audio_config.d_model * text.hidden_size
        language_model += 2 * weights * row.tokens + attention + head + projector
    return Arithmetic(
        len(rows) * _encoder(config, WINDOW), sum(_encoder(config, row.seconds) for row in rows), language_model
    )


def _encoder(config: AudioReasonerConfig, seconds: float) -> float:
    """Operations of the encoder on one window."""
    return encoder_operations(config.audio_config, count_positions(round(FRAMES_PER_SECOND * seconds)))


def encoder_operations(sizes: AudioReasonerEncoderConfig, positions: int) -> int:
    """Of the encoder on a window of so many positions."""
    width = sizes.d_model
    layer = 2 * positions * (4 * width**2 + 2 * width * sizes.encoder_ffn_dim) + 4 * positions**2 * width
    convolutions = 2 * positions * 3 * (2 * sizes.num_mel_bins * width + width**2)
    return sizes.encoder_layers * layer + convolutions
