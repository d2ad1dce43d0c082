"""Rows as long as CoTA's: synthetic sound and answers of invented words, drawn from one stated distribution.

CoTA's composition (arXiv 2503.02318) is not public, so the distribution is this project's assumption:

- a third of the rows each is about sound, speech and music;
- a clip of sound lasts 10 s in three of four rows, as in AudioSet and what is made of it, and 2 to 10 s in the others;
- one of speech lasts 2 to 15 s, one of music 10 to 30 s;
- an answer has 150 to 400 tokens, most of them thinking.

Every range is drawn from evenly. Where each token is a word, lengths are exact. Knows nothing of models.
"""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path

import numpy as np
import soundfile

from dataset_builder.schema import row_length
from modeling_audio_reasoner import SYSTEM_PROMPT, Reasoning


sys.path.insert(0, str(Path(__file__).parent.parent / "recipes"))  # scripts, which are not installed
from bpe_tokenizer import train_tokenizer


RATE = 16_000
DOMAINS = ("sound", "speech", "music")
SECONDS = {"sound": (2.0, 10.0), "speech": (2.0, 15.0), "music": (10.0, 30.0)}
WHOLE_SOUND, WHOLE_SHARE = 10.0, 0.75
ANSWER_TOKENS = (150, 400)
TAGS_AND_END = 13  # tokens of an answer that are no words
SECTIONS = {"planning": 0.15, "caption": 0.25, "reasoning": 0.4, "summary": 0.15}  # the rest is the response
QUESTION = "What is heard in this recording, and in which order?"
WORDS = [
    "".join(found) for found in islice(product(("ba", "de", "ki", "lo", "mu", "ra", "se", "ti", "vo"), repeat=3), 512)
]
VOCABULARY = 8192  # tokens at most; so many words take fewer


@dataclass(frozen=True)
class Lengths:
    """A row: what its clip is of, the clip's seconds, and the tokens of its answer."""

    domain: str
    seconds: float
    answer_tokens: int


def draw_lengths(count: int, seed: int = 0) -> list[Lengths]:
    """The lengths of so many rows; domains take turns."""
    draw = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        domain = DOMAINS[number % len(DOMAINS)]
        seconds = float(draw.uniform(*SECONDS[domain]))
        if draw.random() < WHOLE_SHARE and domain == "sound":
            seconds = WHOLE_SOUND
        rows.append(Lengths(domain, round(seconds, 2), int(draw.integers(ANSWER_TOKENS[0], ANSWER_TOKENS[1] + 1))))
    return rows


def tokenizer():
    """One in which every word of an answer is a token."""
    words = [form for word in WORDS for form in (word, f" {word}")]
    return train_tokenizer([*words, SYSTEM_PROMPT, QUESTION], VOCABULARY)


def flac(seconds: float, seed: int, rate: int = RATE) -> bytes:
    """A clip of tones that come and go in noise, as mono FLAC of 16 bits, so that there is something to decode."""
    draw = np.random.default_rng(seed)
    times = np.arange(round(seconds * rate)) / rate
    sound = 0.02 * draw.standard_normal(len(times))
    for frequency in draw.uniform(100, 4000, 4):
        sound += 0.1 * np.sin(2 * np.pi * frequency * times) * (np.sin(2 * np.pi * draw.uniform(0.2, 2) * times) > 0)
    written = io.BytesIO()
    soundfile.write(written, sound.astype(np.float32), rate, format="FLAC", subtype="PCM_16")
    return written.getvalue()


def answer(tokens: int, seed: int) -> Reasoning:
    """An answer of so many tokens, its end included; few words stand in it often and many seldom, as in any text."""
    draw = np.random.default_rng(seed)
    shares = 1 / np.arange(1, len(WORDS) + 1)
    words = [WORDS[place] for place in draw.choice(len(WORDS), tokens - TAGS_AND_END, p=shares / shares.sum())]
    sections, start = {}, 0
    for name, share in SECTIONS.items():
        end = start + round(share * len(words))
        sections[name] = " ".join(words[start:end])
        start = end
    return Reasoning(**sections, response=" ".join(words[start:]))


def training_row(lengths: Lengths, seed: int, clip: object) -> dict:
    """What `trl sft` reads of a row: messages, the multimodal switch, and what batches are grouped by.

    Args:
        lengths: of the row.
        seed: of its words.
        clip: what stands for the recording in the messages.
    """
    text = answer(lengths.answer_tokens, seed).render()
    asked = [{"type": "audio", "text": None, "audio": clip}, _text(QUESTION)]
    return {
        "messages": [
            {"role": "system", "content": [_text(SYSTEM_PROMPT)]},
            {"role": "user", "content": asked},
            {"role": "assistant", "content": [_text(text)]},
        ],
        "images": [],
        "length": row_length(lengths.seconds, [SYSTEM_PROMPT, QUESTION, text]),
    }


def cota_row(lengths: Lengths, number: int, rate: int = RATE) -> dict:
    """A whole row of CoTA with its clip, which at another rate than CoTA's has to be resampled."""
    clip = {"bytes": flac(lengths.seconds, number, rate), "path": f"{number}.flac"}
    written = answer(lengths.answer_tokens, number)
    unsaid = dict.fromkeys(("task", "language", "license", "answer"))
    return {
        **training_row(lengths, number, clip),
        **unsaid,
        "id": str(number),
        "audio": clip,
        "duration": lengths.seconds,
        "domain": lengths.domain,
        "source": "synthetic",
        "source_id": str(number),
        "annotations": {},
        "question": QUESTION,
        "choices": [],
        **{name: getattr(written, name) for name in (*SECTIONS, "response")},
        "teacher": {},
        "review": {},
    }


def _text(text: str) -> dict:
    return {"type": "text", "text": text, "audio": None}
