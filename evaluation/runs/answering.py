"""Let inspect answer a benchmark's questions; what an earlier run that was ended has answered is kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inspect_ai import eval as inspect_eval
from inspect_ai import eval_retry
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log

from evaluation.error_words import error_words
from evaluation.local.provider import AHEAD, BATCH_SIZE
from evaluation.manifest import model_sha256
from evaluation.runs.settings import RunSettings
from evaluation.tasks.benchmarks import PACKAGE


LOG = "log"
"""The folder of inspect's logs in that of a run."""


class RunFailed(RuntimeError):
    """inspect could not run the task to its end."""


def answered(
    settings: RunSettings,
    output: Path,
    *,
    batch_size: int | None = None,
    max_connections: int | None = None,
    max_retries: int = 5,
    display: str = "none",
    log_audio: bool = False,
) -> tuple[EvalLog, bool]:
    """The log of a run that is done, and whether anything was asked for it now.

    A log of the same settings in `output` that is whole is taken; one that was ended is gone on with, so that no
    question is asked twice whose answer is in it.

    Args:
        settings: what decides the answers.
        output: the run's folder.
        batch_size: of a local model; the provider's own without it.
        max_connections: requests at once to an endpoint; inspect's own without it.
        max_retries: of a request that an endpoint did not answer, by no answer or one of overload.
        display: inspect's, such as plain, rich or none.
        log_audio: whether the log holds the recordings too, for inspect's viewer.

    Raises:
        ValueError: the model is no folder, and of no provider that inspect knows.
        RunFailed: inspect ended with an error; names it.
    """
    folder = output / LOG
    decided = {
        "settings": settings.to_json(),
        # A model that was trained again is another one.
        "model_sha256": model_sha256(Path(settings.model)) if settings.is_local else None,
    }
    before = _latest(folder, decided)
    options: dict[str, Any] = {
        "log_dir": str(folder),
        "log_format": "eval",
        # A batch is written when it is answered; of what an endpoint answered, inspect recovers the rest.
        "log_buffer": (batch_size or BATCH_SIZE) if settings.is_local else None,
        # Written while a sample is answered, for what an endpoint answered and no batch holds yet. A local model
        # answers in whole batches, faster than this is written.
        "log_realtime": not settings.is_local,
        "log_images": log_audio,
        "ctl_server": False,
        "display": display,
        "max_retries": max_retries,
        "max_connections": max_connections or _connections(settings, batch_size),
        "fail_on_error": False,
    }
    if before is not None and before.status == "success" and not _lacking(before):
        return before, False
    if before is not None:
        logs = eval_retry(before, **options)
    else:
        try:
            logs = inspect_eval(
                f"{PACKAGE}/{settings.benchmark}",
                task_args=settings.task_args,
                model=settings.asked_model,
                model_base_url=settings.base_url,
                model_args={**settings.model_args, **({"batch_size": batch_size} if batch_size else {})},
                max_tokens=settings.max_tokens,
                temperature=settings.temperature,
                top_p=settings.top_p,
                top_k=settings.top_k,
                seed=settings.seed,
                metadata=decided,
                **options,
            )
        except ValueError as error:
            if "not recognized" not in str(error):
                raise
            raise ValueError(
                f"model {settings.model} is no folder here, and inspect knows no provider "
                f"{settings.model.split('/')[0]!r}: check the path."
            ) from None
    if not logs:
        raise RunFailed(f"{output}: the run was interrupted; the same command goes on with it.")
    (log,) = logs
    if log.status != "success":
        reason = error_words(log.error.message).splitlines()[-1] if log.error else log.status
        raise RunFailed(f"{output}: the run did not come to its end ({reason}); run it again to go on with it.")
    return read_eval_log(log.location), True


def _connections(settings: RunSettings, batch_size: int | None) -> int | None:
    """Requests at once: of a local model as many as its provider wants, where inspect would begin with few."""
    return (batch_size or BATCH_SIZE) * AHEAD if settings.is_local else None


def _latest(folder: Path, decided: Mapping[str, Any]) -> EvalLog | None:
    """The last log of these settings and this model; None where there is none."""
    if not folder.is_dir():
        return None
    for info in list_eval_logs(str(folder)):  # the last one first
        header = read_eval_log(info, header_only=True)
        written = header.eval.metadata or {}
        if all(name in written and written[name] == value for name, value in decided.items()):
            return read_eval_log(info)
    return None


def _lacking(log: EvalLog) -> bool:
    """Whether a sample of a log that is done ended in an error, so that it is worth asking again."""
    return any(sample.error is not None for sample in log.samples or [])
