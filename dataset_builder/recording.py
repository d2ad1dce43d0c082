"""One recording and what is known about it. Knows nothing of where it came from or what is asked about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from .audio_reference import AudioReference


Domain = Literal["sound", "speech", "music"]
DOMAINS: tuple[str, ...] = get_args(Domain)


@dataclass(frozen=True)
class Recording:
    """A recording on disk with its facts.

    Args:
        id: stable name over all sources, `"<source>/<source_id>"`.
        audio: where its sound lies. It is not opened here.
        source: the corpus, such as `"asterisk-fr"`.
        source_id: the name within the corpus.
        domain: `"sound"`, `"speech"` or `"music"`.
        license: SPDX expression where one exists.
        language: two-letter ISO 639-1 code of the speech, None where nobody speaks.
        group: recordings of one group are so alike that they must stay in one split.
        annotations: facts by humans or by construction; values that JSON can hold.
        split: the split of the corpus that it belongs to (train, validation or test); None where there is none.

    Raises:
        ValueError: a field is empty or the domain is unknown.
    """

    id: str
    audio: AudioReference
    source: str
    source_id: str
    domain: Domain
    license: str
    language: str | None
    group: str
    annotations: dict[str, Any] = field(default_factory=dict, hash=False)
    split: str | None = None

    def __post_init__(self) -> None:
        if self.domain not in DOMAINS:
            raise ValueError(
                f"The recording {self.id!r} has the domain {self.domain!r}; use one of {', '.join(DOMAINS)}."
            )
        for name in ("id", "source", "source_id", "license", "group"):
            if not getattr(self, name):
                raise ValueError(f"The recording {self.id!r} ({self.audio}) has an empty {name!r}; give it a value.")

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Recording:
        """The recording that `to_json` wrote."""
        return cls(**{**fields, "audio": AudioReference.from_json(fields["audio"])})

    def to_json(self) -> dict[str, Any]:
        """The fields, as JSON can hold them."""
        return asdict(self) | {"audio": self.audio.to_json()}


@dataclass(frozen=True)
class BrokenRecording:
    """An entry of a corpus that gives no recording: it becomes a row with `status: error`, never a gap.

    Args:
        id: as the recording's would have been; where the entry has no name, its file and line.
        source: the corpus.
        reason: a sentence that names the file and says what is wrong with it.
    """

    id: str
    source: str
    reason: str
