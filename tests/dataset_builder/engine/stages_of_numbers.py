"""Stages of numbers for the tests of the engine, whose jobs import them anew: no pytest and no numpy in here."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from dataset_builder.engine.executors import Execution, preload, run_stage, stage_folder
from dataset_builder.engine.stage import BuildStopped, Left, Stage
from dataset_builder.engine.stage_folder import StageFolder


ROWS, TASKS = 60, 4


class Numbers(Stage):
    """Gives rows of numbers."""

    name = "numbers"
    once = True

    def version(self):
        return {}

    def inputs(self, place):
        return iter([{"id": f"n{number}", "number": number} for number in range(ROWS)])

    async def process(self, row):
        return row


class Halves(Stage):
    """Doubles even numbers in two rows, rejects multiples of 3, and fails at 7, 14, …"""

    name = "halves"

    def __init__(self, in_flight: int = 1, log: str | None = None, seconds: float = 0.0) -> None:
        self.in_flight, self.log, self.seconds = in_flight, log, seconds

    def version(self):
        return {}

    async def process(self, row):
        number = row["number"]
        if self.log:
            with open(self.log, "a", encoding="utf-8") as log:
                log.write(f"{row['id']}\n")
        await asyncio.sleep(self.seconds + (number % 5) / 2_000)
        if number and number % 7 == 0:
            raise ValueError(f"the number {number} is not liked")
        if number % 3 == 0:
            return Left(row, "rejected", "three", f"{number} is a multiple of 3")
        if number % 2 == 0:
            return [row | {"id": f"{row['id']}/{part}", "parent": row["id"]} for part in "ab"]
        return row


class Imports(Halves):
    """Says whether a module was there before anything had imported it."""

    imports = ("colorsys",)

    async def process(self, row):
        return row | {"imported": "colorsys" in sys.modules}


class Stops(Halves):
    """Stops at the tenth row of each slice, until a file says that it may go on."""

    async def process(self, row):
        if row["number"] // TASKS == 9 and not os.path.exists(self.log + ".go"):
            raise BuildStopped("The money is spent; raise --max-cost.")
        return await super().process(row)


class Fails(Halves):
    """Fails in its slice 1 before the first row."""

    def __init__(self, error: type[Exception], log: str) -> None:
        super().__init__(4, log)
        self.error = error

    async def open(self, place):
        if place.rank == 1:
            raise self.error("The index /data/index is damaged: write it again.")


class Dies(Halves):
    """The process of slice 2 is killed, as it is where memory runs out."""

    async def open(self, place):
        if place.rank == 2:
            with (place.folder.path / "died").open("a") as note:
                note.write("died\n")
            os.kill(os.getpid(), signal.SIGKILL)


def folders(work: Path) -> tuple[StageFolder, StageFolder]:
    return stage_folder(work, 0, "numbers", "k"), stage_folder(work, 1, "halves", "k")


def run(work: Path, stage: Stage, execution: Execution | None = None) -> StageFolder:
    first, second = folders(work)
    execution = execution or Execution()
    preload([Numbers(), stage], execution)
    run_stage(Numbers(), first, None, 1, 0, execution)
    run_stage(stage, second, first, TASKS, 1, execution)
    return second


def content(folder: StageFolder) -> dict[str, list[str]]:
    return {
        kind: [line for rank in range(TASKS) for line in (folder.path / kind / f"{rank:05d}.jsonl").open()]
        for kind in ("rows", "left")
    }
