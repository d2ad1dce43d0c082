"""What a build's YAML says of a teacher, checked. Knows the names of the presets and not one key."""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from .prices import Price


Client = Literal["openai", "google-genai"]
AudioFormat = Literal["wav", "mp3", "flac"]
AudioPart = Literal["input_audio", "audio_url"]
Structured = Literal["json_schema", "json_object", "prompt"]

PRESETS = Path(__file__).parent / "presets.yaml"
OURS = frozenset({"model", "messages", "response_format", "stream", "stream_options", "n"})
SECRET = re.compile(r"(?i)key|secret|password|authorization|credential|headers?$|(?<!max_)(?<!completion_)token$")


@dataclass(frozen=True)
class TeacherSettings:
    """How a teacher is asked.

    Args:
        model: its name at the endpoint.
        base_url: of the endpoint, such as `"https://api.openai.com/v1"`; it holds no credentials.
        preset: the name in presets.yaml that the other fields began with, if any.
        client: the library that asks, `"openai"` or `"google-genai"` (an extra).
        api_key_env: the name of the environment variable that holds the key; None for a server that needs none. The
            key itself is never part of the settings.
        parameters: passed on in the request: temperature, top_p, max_tokens or max_completion_tokens, seed,
            reasoning_effort and whatever else the endpoint knows.
        hears: True if it takes audio.
        audio_format: what audio is sent as.
        audio_part: how: OpenAI's `input_audio`, or an `audio_url` with a data URI.
        structured: how JSON is asked for: by JSON schema, as any JSON object with the schema in the prompt, or by
            the prompt alone. What comes back is checked in every case.
        requests_per_minute, tokens_per_minute: limits that are never passed; None for none.
        in_flight: the most requests that are under way at once.
        timeout: seconds until a request is given up.
        retries: how often a request is sent again after 429, 5xx, a reset or a timeout.
        resamples: how often another answer is asked for where one cannot be used.
        price: of a million tokens; None where it is not known.
        tokens_per_audio_second: of the endpoint, for estimates and for endpoints that do not count audio apart.
        batch: True if the endpoint has OpenAI's batch API for this model.

    Raises:
        ValueError: a field is missing or wrong; the sentence names it and says what to write.
    """

    model: str
    base_url: str
    preset: str | None = None
    client: Client = "openai"
    api_key_env: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict, hash=False)
    hears: bool = False
    audio_format: AudioFormat = "wav"
    audio_part: AudioPart = "input_audio"
    structured: Structured = "json_schema"
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    in_flight: int = 16
    timeout: float = 120.0
    retries: int = 8
    resamples: int = 2
    price: Price | None = None
    tokens_per_audio_second: float | None = None
    batch: bool = False

    def __post_init__(self) -> None:
        for name in ("model", "base_url"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name).strip():
                raise ValueError(f"teacher: {name} is {getattr(self, name)!r}; give the endpoint's, or a preset.")
        _check_url(self.base_url)
        _check_key_name(self.api_key_env)
        for name, choices in (
            ("client", get_args(Client)),
            ("audio_format", get_args(AudioFormat)),
            ("audio_part", get_args(AudioPart)),
            ("structured", get_args(Structured)),
        ):
            if getattr(self, name) not in choices:
                raise ValueError(f"teacher: {name} is {getattr(self, name)!r}; use one of {', '.join(choices)}.")
        for name in ("hears", "batch"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"teacher: {name} is {getattr(self, name)!r}; write true or false.")
        for name, least, kind in (
            ("requests_per_minute", 1, float),
            ("tokens_per_minute", 1, float),
            ("tokens_per_audio_second", 0, float),
            ("in_flight", 1, int),
            ("timeout", 0.001, float),
            ("retries", 0, int),
            ("resamples", 0, int),
        ):
            _check_number(name, getattr(self, name), least, kind, optional=name.startswith(("requests", "tokens")))
        _check_parameters(self.parameters)
        if self.price is not None and not isinstance(self.price, Price):
            object.__setattr__(self, "price", Price.from_mapping(self.price))

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> TeacherSettings:
        """The settings of a `teacher:` in the build's YAML: those of its preset, overridden by what else is there.

        `parameters` are merged with the preset's (a null removes one); everything else replaces it.

        Raises:
            ValueError: an unknown preset or field, or a wrong value.
        """
        given = dict(mapping)
        known = [item.name for item in fields(cls)]
        for name in given:
            if name in ("api_key", "key", "token"):
                raise ValueError(
                    f"teacher: {name} would hold the key itself, and a build's YAML is published with it. Remove it, "
                    "put the key into an environment variable and write that variable's name as api_key_env."
                )
            if name not in known:
                near = difflib.get_close_matches(str(name), known, n=1)
                raise ValueError(
                    f"teacher: there is no field {name!r}"
                    + (f"; did you mean {near[0]!r}?" if near else f"; use one of {', '.join(known)}.")
                )
        base: dict[str, Any] = {}
        if given.get("preset") is not None:
            presets = load_presets()
            if not isinstance(given["preset"], str) or given["preset"] not in presets:
                raise ValueError(
                    f"teacher: there is no preset {given['preset']!r}; use one of {', '.join(sorted(presets))}, or "
                    "give model and base_url."
                )
            base = dict(presets[given["preset"]])
        changed = given.get("parameters") or {}
        if not isinstance(changed, Mapping):
            raise ValueError(f"teacher: parameters is {changed!r}; write names and values, such as temperature: 0.7.")
        merged = {**base.get("parameters", {}), **changed}
        given["parameters"] = {name: value for name, value in merged.items() if value is not None}
        missing = [name for name in ("model", "base_url") if name not in {**base, **given}]
        if missing:
            raise ValueError(f"teacher: {' and '.join(missing)} missing; give them, or a preset.")
        return cls(**{**base, **given})

    @property
    def host(self) -> str:
        """The host of `base_url`, without port and credentials."""
        return urlsplit(self.base_url).hostname or ""

    def identity(self) -> dict[str, Any]:
        """What determines an answer beside the prompt, as JSON: it stands in every row and in the ledger's hashes."""
        sent_as = {"audio_format": self.audio_format} if self.hears else {}
        return {
            "model": self.model,
            "endpoint": self.host,
            "parameters": dict(self.parameters),
            "structured": self.structured,
            **sent_as,
        }

    @property
    def audio_cost_unknown(self) -> bool:
        """Whether audio that it is sent would be counted as nothing: it has a price, and its tokens are not stated."""
        priced = self.price is None or self.price.of_audio > 0
        return self.hears and self.tokens_per_audio_second is None and priced

    def most_processes(self, batch: bool = False) -> int:
        """How many processes can share its limits; with `batch` they wait for batches and take no call in flight."""
        most = sys.maxsize if batch else self.in_flight
        return most if self.requests_per_minute is None else min(most, int(self.requests_per_minute))

    def share(self, n: int, batch: bool = False) -> TeacherSettings:
        """The settings for one of `n` processes that ask the same endpoint: limits and calls in flight divided.

        Args:
            batch: whether they ask through the batch API, and one by one what it does not answer.

        Raises:
            ValueError: less than one request a minute or in flight would be left.
        """
        if n < 1:
            raise ValueError(f"share({n}): give the number of processes, 1 or more.")
        if (allowed := self.most_processes(batch)) < n:
            raise ValueError(
                f"{n} processes cannot share in_flight {self.in_flight} and requests_per_minute "
                f"{self.requests_per_minute}: use at most {allowed} workers, or raise them."
            )
        return replace(
            self,
            in_flight=max(1, self.in_flight // n),
            requests_per_minute=None if self.requests_per_minute is None else self.requests_per_minute / n,
            tokens_per_minute=None if self.tokens_per_minute is None else self.tokens_per_minute / n,
        )


@lru_cache(maxsize=1)
def load_presets() -> dict[str, dict[str, Any]]:
    """The presets by name, as presets.yaml has them."""
    import yaml

    return yaml.safe_load(PRESETS.read_text(encoding="utf-8"))


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("teacher: base_url is not an address; write one such as http://localhost:8000/v1.") from None
    if parts.username or parts.password or parts.query or parts.fragment:
        # Not repeated here: what stands before an @ or after a ? may be a key.
        raise ValueError(
            f"teacher: base_url (of {parts.hostname}) holds credentials or a query, which would be published with the "
            "build. Write the bare address and put the key into the variable that api_key_env names."
        )
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise ValueError(f"teacher: base_url is {url!r}; write an address such as http://localhost:8000/v1.")


def _check_key_name(name: Any) -> None:
    # The value is not repeated in the errors: it may be the key.
    if name is None:
        return
    if not isinstance(name, str) or not re.fullmatch(r"[A-Z_][A-Z0-9_]{0,63}", name):
        raise ValueError(
            "teacher: api_key_env must be the NAME of an environment variable in capitals, such as OPENAI_API_KEY, "
            "not the key itself."
        )


def _check_number(name: str, value: Any, least: float, kind: type, optional: bool) -> None:
    if value is None and optional:
        return
    right = isinstance(value, int) if kind is int else isinstance(value, (int, float))
    if not right or isinstance(value, bool) or not least <= value < float("inf"):
        whole = "a whole number" if kind is int else "a number"
        raise ValueError(f"teacher: {name} is {value!r}; give {whole} of at least {least:g}.")


def _check_parameters(parameters: Any) -> None:
    if not isinstance(parameters, dict):
        raise ValueError(f"teacher: parameters is {parameters!r}; write names and values, such as temperature: 0.7.")
    for name in parameters:
        if name in OURS:
            raise ValueError(f"teacher: parameters may not hold {name!r}: the builder sets it for each call.")
        if not isinstance(name, str) or SECRET.search(name):
            raise ValueError(
                f"teacher: parameters may not hold {name!r}: parameters are written into every row, so nothing secret "
                "can be among them. Keys belong into the variable that api_key_env names."
            )
