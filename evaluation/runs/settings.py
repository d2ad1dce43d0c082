"""What decides a run: benchmark, model, what is heard, decoding. Knows no way to run it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from evaluation.benchmarks.registry import READERS
from evaluation.heard import HEARD


LOCAL = "audio_reasoner"
"""inspect's provider of local folders."""


@dataclass(frozen=True)
class RunSettings:
    """What decides the answers of a run.

    Args:
        benchmark: a name of `evaluation.benchmarks.registry.READERS`.
        model: a model folder, or a model of inspect's, `provider/name`.
        data: the benchmark's folder; None for the Hub's copy.
        split: of the benchmark; None for its default one.
        revision: branch, tag or commit of the Hub's copy; None for the newest.
        prompt: how a question with choices is put; None for the benchmark's own way.
        heard: real, or a control.
        permutation: number of an order of the choices.
        limit: ask only so many questions, evenly chosen; for a quick look.
        max_tokens: longest answer, in tokens.
        temperature: None or 0 for greedy decoding.
        top_p, top_k, seed: of drawn answers.
        base_url: of an endpoint.
        model_args: further arguments of inspect's provider.

    Raises:
        ValueError: a value makes no sense; names it.
    """

    benchmark: str
    model: str
    data: str | None = None
    split: str | None = None
    revision: str | None = None
    prompt: str | None = None
    heard: str = "real"
    permutation: int = 0
    limit: int | None = None
    max_tokens: int = 2048
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    base_url: str | None = None
    model_args: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.benchmark not in READERS:
            raise ValueError(f"benchmark {self.benchmark!r} is unknown; choose among {', '.join(READERS)}.")
        if self.heard not in HEARD:
            raise ValueError(f"heard is {self.heard!r}; choose among {', '.join(HEARD)}.")
        for name, least in (("permutation", 0), ("max_tokens", 1), ("limit", 1)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise ValueError(f"{name} must be {least} or more, found {value}.")
        if self.data is not None and self.revision is not None:
            raise ValueError(
                f"revision {self.revision} is of the Hub's copy, and {self.data} is a folder: leave one of them out."
            )
        drawn = [name for name in ("top_p", "top_k") if getattr(self, name) is not None]
        if drawn and not self.temperature:
            raise ValueError(f"{drawn[0]} is for drawn answers: give a temperature above 0, or leave it out.")
        if not self.is_local and "/" not in self.model:
            raise ValueError(
                f"model {self.model!r} is neither a model folder nor a model of inspect's, such as "
                "openai/gpt-4o-audio-preview: check its path."
            )

    @property
    def is_local(self) -> bool:
        """Whether the model is a folder."""
        return (Path(self.model) / "config.json").is_file() or Path(self.model).is_dir()

    @property
    def inspect_model(self) -> str:
        """What inspect calls the model."""
        return f"{LOCAL}/{self.model}" if self.is_local else self.model

    @property
    def asked_model(self) -> str:
        """The same with the folder's whole path."""
        return f"{LOCAL}/{Path(self.model).absolute()}" if self.is_local else self.model

    @property
    def folder(self) -> str | None:
        """The benchmark's folder, that of its reader where none is named; None for the Hub's copy."""
        return self.data if self.data is not None else READERS[self.benchmark].folder

    @property
    def task_args(self) -> dict[str, Any]:
        """The arguments of inspect's task, with whole paths: inspect goes on with a run from another directory."""
        names = ("data", "split", "revision", "prompt", "heard", "permutation", "limit")
        given = {name: value for name in names if (value := getattr(self, name)) is not None}
        return given | ({} if self.folder is None else {"data": str(Path(self.folder).absolute())})

    def to_json(self) -> dict[str, Any]:
        """As a manifest holds it."""
        return {**asdict(self), "model_args": dict(self.model_args)}

    @classmethod
    def from_json(cls, found: Mapping[str, Any], place: str) -> RunSettings:
        """What `to_json` gave.

        Raises:
            ValueError: it has other fields; names the place.
        """
        unknown = sorted(set(found) - {one.name for one in fields(cls)})
        if unknown or "benchmark" not in found or "model" not in found:
            what = f"has the unknown setting {unknown[0]!r}" if unknown else "lacks benchmark or model"
            raise ValueError(f"{place} {what}: it was written by another version; run the benchmark again.")
        return cls(**found)
