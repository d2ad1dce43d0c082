"""The options of a judge, as the commands take them."""

from __future__ import annotations

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from evaluation.runs.judging import JudgeSettings


def judge_settings(
    judge: str | None,
    base_url: str | None,
    official_randomness: bool,
    seed: int,
    connections: int | None,
    retries: int,
    display: str,
) -> JudgeSettings | None:
    """The judge that the options name; None without one.

    Raises:
        ValueError: there are options of a judge and none is named.
    """
    if judge is None:
        if base_url or official_randomness:
            raise ValueError("--judge-base-url and --official-randomness are of a judge: name it by --judge.")
        return None
    from evaluation.runs.judging import JudgeSettings

    return JudgeSettings(judge, base_url, official_randomness, seed, connections, retries, display)
