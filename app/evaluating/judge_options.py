"""The options of a judge, as the commands take them."""

from __future__ import annotations

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from evaluation.runs.judging import JudgeSettings


def check_judge_is_named(judge: str | None, base_url: str | None, official_randomness: bool) -> None:
    """Raise ValueError where there are options of a judge and none is named."""
    if judge is None and (base_url or official_randomness):
        raise ValueError("--judge-base-url and --official-randomness are of a judge: name it by --judge.")


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
    check_judge_is_named(judge, base_url, official_randomness)
    if judge is None:
        return None
    from evaluation.runs.judging import JudgeSettings

    return JudgeSettings(judge, base_url, official_randomness, seed, connections, retries, display)
