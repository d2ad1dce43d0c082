"""What a MIDI file plays: its tempi, and the notes of each program. Knows the file format alone."""

from __future__ import annotations

import struct
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path


DRUM_CHANNEL = 9
FAMILIES = (
    *("piano", "tuned percussion", "organ", "guitar", "bass", "strings", "ensemble", "brass"),
    *("reed", "flute", "synth lead", "synth pad", "synth effect", "plucked folk instrument", "percussion", "effect"),
)


@dataclass
class MidiFacts:
    """Tempi in beats a minute, in order; General MIDI program -> its notes in order of time; whether drums play."""

    tempi: list[float] = field(default_factory=list)
    notes: dict[int, list[int]] = field(default_factory=dict)
    drums: bool = False

    def instruments(self) -> list[str]:
        """The families of instruments that play, sorted."""
        return sorted({FAMILIES[program // 8] for program in self.notes} | ({"drums"} if self.drums else set()))


def read_midi(path: Path) -> MidiFacts:
    """Read a standard MIDI file.

    Raises:
        ValueError: it is not one, or it breaks off.
    """
    data = path.read_bytes()
    if data[:4] != b"MThd":
        raise ValueError(f"{path} is not a MIDI file (it begins with {data[:4]!r}).")
    try:
        tracks = struct.unpack(">H", data[10:12])[0]
        place, facts, timed = 14, MidiFacts(), []
        for _ in range(tracks):
            length = struct.unpack(">I", data[place + 4 : place + 8])[0]
            timed += _read_track(data[place + 8 : place + 8 + length])
            place += 8 + length
    except (IndexError, struct.error):
        raise ValueError(f"{path} breaks off within its {len(data)} bytes; render it again.") from None
    programs: dict[int, int] = defaultdict(int)
    notes = defaultdict(list)
    for _, kind, channel, value in sorted(timed, key=lambda event: event[:2]):
        if kind == 0:
            facts.tempi.append(60e6 / value)
        elif kind == 1:
            programs[channel] = value
        elif channel == DRUM_CHANNEL:
            facts.drums = True
        else:
            notes[programs[channel]].append(value)
    facts.notes = dict(notes)
    return facts


def _read_track(data: bytes) -> list[tuple[int, int, int, int]]:
    """The track's tempi (kind 0), programs (1) and struck notes (2), each (time, kind, channel, value)."""
    events, place, time, status = [], 0, 0, 0
    while place < len(data):
        delta, place = _read_number(data, place)
        time += delta
        if data[place] & 0x80:
            status = data[place]
            place += 1
        if status in (0xFF, 0xF0, 0xF7):
            kind = data[place] if status == 0xFF else None
            length, place = _read_number(data, place + (status == 0xFF))
            if kind == 0x51:
                events.append((time, 0, 0, int.from_bytes(data[place : place + 3], "big")))
            place += length
            continue
        command, channel = status & 0xF0, status & 0x0F
        if command == 0xC0:
            events.append((time, 1, channel, data[place]))
        elif command == 0x90 and data[place + 1] > 0:
            events.append((time, 2, channel, data[place]))
        place += 1 if command in (0xC0, 0xD0) else 2
    return events


def _read_number(data: bytes, place: int) -> tuple[int, int]:
    """A number of variable length and the place behind it."""
    number = 0
    while True:
        byte = data[place]
        number, place = number << 7 | byte & 0x7F, place + 1
        if byte < 0x80:
            return number, place
