"""Which sound event a file's name stands for: explicit tables, and the rule that a class must be broad enough.

Knows names and groups; nothing is heard here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from ...recording import Recording


LEAST_GROUPS = 3


class EventTable:
    """Event class -> the names that stand for it.

    Raises:
        ValueError: a name stands for two classes.
    """

    def __init__(self, names_of: Mapping[str, tuple[str, ...]]) -> None:
        self.events: dict[str, str] = {}
        for event, names in names_of.items():
            for name in names:
                if name in self.events:
                    raise ValueError(f"The name {name!r} stands for both {self.events[name]!r} and {event!r}.")
                self.events[name] = event

    def label(self, name: str) -> str | None:
        """The event class of `name`, None where the table leaves it open."""
        return self.events.get(name)


def keep_broad_events(recordings: Iterable[Recording], least_groups: int = LEAST_GROUPS) -> list[Recording]:
    """Take the event label from recordings whose class has fewer than `least_groups` groups.

    Such a class could not be in train, validation and test at once. The recording itself stays.
    """
    recordings = list(recordings)
    groups = defaultdict(set)
    for recording in recordings:
        if "event" in recording.annotations:
            groups[recording.annotations["event"]].add(recording.group)
    narrow = {event for event, found in groups.items() if len(found) < least_groups}
    return [
        replace(
            recording,
            annotations={name: value for name, value in recording.annotations.items() if name != "event"},
        )
        if recording.annotations.get("event") in narrow
        else recording
        for recording in recordings
    ]
