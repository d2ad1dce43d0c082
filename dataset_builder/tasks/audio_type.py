"""The task over all three domains: is it a sound effect, speech or music?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..pool import Deck, NotEnoughRecordings, Pool
from ..recording import DOMAINS
from ..row_plan import Draft, Segment
from .speech import MARGIN_SECONDS
from .task import Task, uniform


TYPES = {"sound": "sound effect", "speech": "speech", "music": "music"}


class AudioType(Task):
    """How much is heard and how long the clip is are drawn before the recording, alike for all three."""

    name = "audio_type"
    domains = DOMAINS
    share = 9.0
    bandwidth = 8_000
    questions = (
        "What kind of audio is this?",
        "Which type of recording do you hear?",
        "Is this a sound effect, speech or music?",
        "What does the clip hold?",
        "How would you sort this recording?",
    )

    def drafts(self, pool: Pool, domain: str, rng: np.random.Generator) -> Iterator[Draft]:
        for split in ("train", "test"):  # of one domain alone, the answer would always be the same
            if missing := set(DOMAINS) - {item.recording.domain for item in pool.of(split).measured}:
                raise NotEnoughRecordings(f"the split {split!r} has no recordings of {' and '.join(sorted(missing))}")
        found = [item for item in pool.measured if item.recording.domain == domain]
        usable = [item for item in found if item.seconds >= 1.5 + MARGIN_SECONDS]
        usable = usable if len(usable) >= 8 else [item for item in found if item.seconds >= 0.5 + MARGIN_SECONDS]
        if not usable:
            raise NotEnoughRecordings(f"the split {pool.split!r} has no recordings of the domain {domain!r}")
        deck = Deck(usable, rng)
        while True:
            recording = deck.draw().recording
            yield Draft(
                domain=domain,
                choices=tuple(TYPES.values()),
                answer=TYPES[domain],
                label=TYPES[domain],
                segments=(Segment(recording.id, uniform(rng, 0.8, 1.5)),),
                seconds=uniform(rng, 2.2, 3.2),
            )
