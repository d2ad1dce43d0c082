"""Scores for MMA: a groove, a lead melody over it, a tempo, a key and its chords, all drawn from one seed.

Genre, lead and tempo are drawn independently of each other: every groove comes in every tempo class equally often,
and in each the leads are dealt like cards. Knows the notation, not the program.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from .mma_grooves import GROOVES, Groove


SEED = 2503
SCORES_A_GROOVE = 6
SECONDS = (8.0, 12.0)
TEMPO_BANDS = {"slow": (60, 76), "medium": (100, 116), "fast": (152, 184)}
# Lead -> MMA's voice, General MIDI program, lowest note of its melody (MIDI number), loudness of its notes and of
# the groove below them: the lead is 0 to 8 dB above the groove. Struck bars need more help than held tones.
LEADS = {
    "piano": ("Piano1", 0, 62, "ffff", "p"),
    "marimba": ("Marimba", 12, 60, "ffff", "pp"),
    "organ": ("Organ1", 16, 60, "ff", "mp"),
    "guitar": ("NylonGuitar", 24, 55, "fff", "mp"),
    "violin": ("Violin", 40, 67, "f", "mp"),
    "trumpet": ("Trumpet", 56, 62, "fff", "mp"),
    "saxophone": ("TenorSax", 66, 55, "fff", "mp"),
    "flute": ("Flute", 73, 70, "f", "mp"),
}
TONICS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
# Degrees of the scale, counted from 0, a chord a bar; every progression opens on the tonic.
PROGRESSIONS = {
    "major": ((0, 5, 3, 4), (0, 3, 4, 0), (0, 4, 5, 3), (0, 1, 4, 0), (0, 2, 3, 4)),
    "minor": ((0, 5, 2, 6), (0, 3, 4, 0), (0, 6, 5, 4), (0, 2, 6, 0), (0, 5, 3, 4)),
}
QUALITIES = {"major": ("", "m", "m", "", "", "m", "dim"), "minor": ("m", "dim", "", "m", "m", "", "")}
# Rhythms of a bar in quarter notes; most notes fall on the beat, so that the beat can be heard in the melody.
RHYTHMS = {
    3: ((1, 1, 1), (2, 1), (1, 0.5, 0.5, 1), (1, 1, 0.5, 0.5)),
    4: ((1, 1, 1, 1), (1, 1, 2), (1, 0.5, 0.5, 1, 1), (1, 1, 1, 0.5, 0.5), (2, 1, 1)),
}
_LENGTHS = {0.5: "8", 1: "4", 2: "2"}
_PITCHES = ("cn", "c#", "dn", "d#", "en", "fn", "f#", "gn", "g#", "an", "a#", "bn")
_SOLO_OCTAVE = 5  # MMA's octave 5 begins at MIDI note 60


@dataclass(frozen=True)
class Score:
    """One piece: `chords` and `melody` by bar, a melody note as (MIDI number, quarter notes)."""

    name: str
    groove: Groove
    lead: str
    tempo_class: str
    tempo_bpm: int
    tonic: str
    mode: str
    chords: tuple[str, ...]
    melody: tuple[tuple[tuple[int, float], ...], ...]
    seconds: float
    seed: int

    def __post_init__(self) -> None:
        for bar in self.melody:
            length = sum(quarters for _, quarters in bar)
            if length != self.groove.beats:
                raise ValueError(
                    f"A bar of the score {self.name!r} holds {length} quarter notes and {self.groove.name} has bars "
                    f"of {self.groove.beats}; use a rhythm of that length."
                )

    @property
    def key(self) -> str:
        return f"{self.tonic} {self.mode}"

    def text(self) -> str:
        """The score in MMA's notation."""
        voice, _, _, loudness, below = LEADS[self.lead]
        lines = [
            f"RndSeed {self.seed}",
            f"Tempo {self.tempo_bpm}",
            f"Groove {self.groove.name}",
            f"AllTracks Volume {below}",
            "Begin Solo",
            f"  Voice {voice}",
            f"  Octave {_SOLO_OCTAVE}",
            f"  Volume {loudness}",
            "  Articulate 90",
            "End",
        ]
        for number, (chord, bar) in enumerate(zip(self.chords, self.melody, strict=True), start=1):
            notes = "".join(f"{_LENGTHS[quarters]}{_pitch(note)};" for note, quarters in bar)
            lines.append(f"{number} {chord} {{{notes}}}")
        return "\n".join(lines) + "\n"


def _pitch(note: int) -> str:
    octave = note // 12 - 5
    return _PITCHES[note % 12] + ("+" * octave if octave > 0 else "-" * -octave)


def compose(seed: int = SEED, scores_a_groove: int = SCORES_A_GROOVE) -> list[Score]:
    """All scores, the same for the same arguments, `scores_a_groove` over every groove."""
    dealer = random.Random(seed)
    decks: dict[str, list[str]] = {band: [] for band in TEMPO_BANDS}
    scores = []
    for groove in GROOVES:
        bands = [list(TEMPO_BANDS)[number % len(TEMPO_BANDS)] for number in range(scores_a_groove)]
        dealer.shuffle(bands)
        for number, band in enumerate(bands):
            if not decks[band]:
                decks[band] = dealer.sample(list(LEADS), len(LEADS))
            name = f"{groove.name.replace('/', '-').replace(':', '-')}-{number}"
            scores.append(_compose_one(name, groove, decks[band].pop(), band, dealer.randrange(1, 2**31)))
    return scores


def _compose_one(name: str, groove: Groove, lead: str, band: str, seed: int) -> Score:
    draw = random.Random(seed)
    tempo = draw.randint(*TEMPO_BANDS[band])
    seconds = round(draw.uniform(*SECONDS), 2)
    mode = draw.choice(list(SCALES))
    tonic = draw.randrange(12)
    bars = math.ceil(seconds * tempo / 60 / groove.beats) + 1
    progression = draw.choice(PROGRESSIONS[mode])
    degrees = [progression[bar % len(progression)] for bar in range(bars)]
    roots = [(tonic + SCALES[mode][degree]) % 12 for degree in degrees]
    chords = tuple(TONICS[root] + QUALITIES[mode][degree] for root, degree in zip(roots, degrees, strict=True))
    ladder = _ladder(LEADS[lead][2], tonic, mode)
    melody, place = [], len(ladder) // 2
    for degree in degrees:
        chord_tones = [
            index for index, (_, step) in enumerate(ladder) if (step - degree) % 7 in (0, 2, 4) and index > 0
        ]
        bar = []
        for number, quarters in enumerate(draw.choice(RHYTHMS[groove.beats])):
            if number == 0:
                place = min(chord_tones, key=lambda index: (abs(index - place), draw.random()))
            else:
                place = min(max(place + draw.choice((-2, -1, -1, 1, 1, 2)), 0), len(ladder) - 1)
            bar.append((ladder[place][0], quarters))
        melody.append(tuple(bar))
    return Score(name, groove, lead, band, tempo, TONICS[tonic], mode, chords, tuple(melody), seconds, seed % 100000)


def _ladder(lowest: int, tonic: int, mode: str) -> list[tuple[int, int]]:
    """The notes of the key in an octave and a half from `lowest`: (MIDI number, degree)."""
    steps = {(tonic + offset) % 12: degree for degree, offset in enumerate(SCALES[mode])}
    return [(note, steps[note % 12]) for note in range(lowest, lowest + 18) if note % 12 in steps]
