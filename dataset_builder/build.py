"""A build from its settings: its stages run in order, or taken back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from .build_settings import BuildSettings
from .build_stages import PlannedStage, askings_of, plan_build
from .engine.executors import Execution, Progress, preload, run_stage
from .engine.only_process import only_process
from .engine.stage import BuildStopped
from .publish import BuildReport, publish_folder
from .sources.source import open_source
from .stages.asking import CALLS
from .stages.decontaminate import Decontaminate
from .writer import require_replaceable


def run_build(
    settings: BuildSettings,
    execution: Execution | None = None,
    progress: Progress | None = None,
    max_cost: float | None = None,
    batch: bool = False,
) -> BuildReport:
    """Run what is not done of a build, and write its folder of CoTA.

    Args:
        execution: how tasks are run; in this process, one after another, if left out.
        max_cost, batch: as `plan_build` takes them.

    Raises:
        BuildStopped: the build cannot go on now, and goes on from there when it is run again.
        ValueError: settings that cannot be meant, an `output` that is something else or that another build writes, or
            a stage that lost a row.
        OSError: the disk is full or cannot be written to.
    """
    execution = execution or Execution()
    require_replaceable(settings.output)
    planned = plan_build(settings, max_cost, batch)
    for source_settings in settings.sources:
        open_source(source_settings, settings.base)  # what is wrong is said before hours are spent
    for item in planned:
        _require(item, execution)
    with _alone(settings):
        spending = next((asking.spending for item in planned for asking in askings_of(item)), None)
        if spending is not None:
            from .engine.slurm_jobs import jobs_at_work

            spending.begin(settings.work / CALLS, jobs_at_work(settings.work))
        try:
            _run_stages(planned, execution, progress)
        except BuildStopped as stopped:
            if spending is None:
                raise
            spent = f"{spending.spent(settings.work / CALLS):.2f} of {spending.max_cost:.2f} {spending.currency}"
            raise BuildStopped(f"{stopped} All calls of the build together have cost {spent}.") from None
        return publish_folder(settings, planned, progress)


def _require(item: PlannedStage, execution: Execution) -> None:
    """Look for what a stage will need that is not done, while nothing is read or paid for.

    Raises:
        BuildStopped, ValueError, FileNotFoundError: it is not there, or not enough for so many workers.
    """
    if item.counts().done == item.tasks:
        return
    for asking in askings_of(item):
        asking.require_key()
        if execution.executor == "local":
            asking.require_server()
        asking.require_share(min(_execution(item, execution).workers, item.tasks))


@contextmanager
def _alone(settings: BuildSettings) -> Iterator[None]:
    """Hold the output and the folder of the stages, which may be those of different builds."""
    settings.work.mkdir(parents=True, exist_ok=True)
    settings.output.parent.mkdir(parents=True, exist_ok=True)
    lock = settings.output.with_name(f".{settings.output.name}.lock")
    with (
        only_process(lock, f"writes {settings.output}"),
        only_process(settings.work / "build.lock", f"works in {settings.work}"),
    ):
        yield


def _run_stages(planned: Sequence[PlannedStage], execution: Execution, progress: Progress | None) -> None:
    for number, item in enumerate(planned):
        if isinstance(item.stage, Decontaminate):
            item.stage.read_benchmarks(item.folder, partial(_clear, planned[number:]), progress)
    preload([item.stage for item in planned if item.counts().done < item.tasks], execution)
    before: PlannedStage | None = None
    for item in planned:
        folder, tasks = (None, 0) if before is None else (before.folder, before.tasks)
        run_stage(item.stage, item.folder, folder, item.tasks, tasks, _execution(item, execution), progress)
        before = item


def _execution(item: PlannedStage, execution: Execution) -> Execution:
    """With all slices at once where they wait for batches, which takes hours and no work.

    Fewer where a teacher is asked call by call beside that one, whose limits so many could not share.
    """
    askings = askings_of(item)
    if not any(asking.batch for asking in askings):
        return execution
    most = min(asking.settings.most_processes(asking.batch) for asking in askings)
    return replace(execution, workers=max(execution.workers, min(item.tasks, most)))


def clear_from(settings: BuildSettings, name: str) -> list[str]:
    """Take back a stage and those after it, for them to run again; what teachers answered stays.

    Returns:
        The names of the stages that were cleared.

    Raises:
        ValueError: the build has no such stage, or is running.
    """
    planned = plan_build(settings)
    names = [item.stage.name for item in planned]
    if name not in names:
        raise ValueError(f"This build has no stage {name!r}; it has {', '.join(names)}.")
    with _alone(settings):
        _clear(planned[names.index(name) :])
    return names[names.index(name) :]


def _clear(stages: Sequence[PlannedStage]) -> None:
    for item in stages:
        for rank in range(item.tasks):
            item.folder.clear(rank)


def clear_errors(settings: BuildSettings) -> int:
    """Take back the slices that hold rows in error, and what came of them, for those rows to be tried again.

    Returns:
        How many rows were in error.

    Raises:
        ValueError: the build is running.
    """
    planned = plan_build(settings)
    errors = 0
    with _alone(settings):
        for number, item in enumerate(planned):
            found = {rank: (item.folder.account(rank) or {}).get("error", 0) for rank in range(item.tasks)}
            errors += sum(found.values())
            for rank in (rank for rank, count in found.items() if count):
                item.folder.clear(rank)
            if any(found.values()):
                _clear(planned[number + 1 :])
    return errors
