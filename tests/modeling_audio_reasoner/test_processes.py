"""What the processes of a training talk by outlives the trainer's own end, and Python ends all the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


TRAINING = """
import gc, os, sys
from pathlib import Path
import torch
from modeling_audio_reasoner import processes_audio_reasoner as processes

torch.distributed.init_process_group("gloo", init_method="tcp://127.0.0.1:0", rank=0, world_size=1)
if sys.argv[1] == "kept":
    processes.keep_processes()
    processes.keep_processes()
torch.distributed.destroy_process_group()  # as trainers do at the end of a training
gc.collect()
print(len(processes._KEPT), sum("gloo" in path.read_text() for path in Path("/proc/self/task").glob("*/comm")))
"""


def ended(repository: Path, how: str) -> tuple[int, int]:
    """Groups that are kept and threads of gloo, after a training's end; Python itself has ended then."""
    done = subprocess.run(
        [sys.executable, "-c", TRAINING, how],
        env=os.environ | {"PYTHONPATH": str(repository)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    kept, threads = map(int, done.stdout.split())
    return kept, threads


def test_the_group_is_kept_until_python_ends(repository: Path) -> None:
    assert ended(repository, "let go") == (0, 0)
    kept, threads = ended(repository, "kept")
    assert kept == 1 and threads > 0
