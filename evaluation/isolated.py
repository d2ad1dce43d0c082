"""Start `answer.py` in a process in which this project's packages cannot be imported.

Three things keep them out. `python -I -S` takes neither the working directory, nor PYTHONPATH, nor site-packages
and its .pth files (an editable install is one). The environment's other packages are given back through a folder
of links that leaves ours out, whichever way the project was installed. The process checks by itself that none of
them can be found, and refuses otherwise. It runs in an empty folder, with a module cache of its own, so that the
model's code comes from the model folder and not from an earlier copy, and with the Hub switched off.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluation.answer import FORBIDDEN


ANSWER = Path(__file__).with_name("answer.py")
OWN_DISTRIBUTION = "audio_reasoner"
Tell = Callable[[str, Mapping[str, Any]], None]


def link_packages(folder: Path, site_packages: Iterable[Path]) -> Path:
    """Fill `folder` with links to all that lies in `site_packages`, this project's packages left out."""
    folder.mkdir(parents=True, exist_ok=True)
    for directory in site_packages:
        for entry in sorted(directory.iterdir()):
            name = entry.name
            own = name.split(".")[0] in FORBIDDEN or name.replace("-", "_").startswith(OWN_DISTRIBUTION)
            if own or name.endswith(".pth") or name.startswith("__editable__") or name == "__pycache__":
                continue
            if not (folder / name).exists():
                (folder / name).symlink_to(entry.resolve())
    return folder


def installed_packages() -> list[Path]:
    """The site-packages (and dist-packages) folders of the running environment, first one first."""
    paths = (Path(entry) for entry in sys.path)
    return [path for path in paths if path.name in ("site-packages", "dist-packages") and path.is_dir()]


def isolated_environment(scratch: Path) -> dict[str, str]:
    """The environment of the process: ours without Python's variables, offline, with a module cache of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    own = {
        "HF_MODULES_CACHE": str(scratch / "modules"),
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
        # On a machine that others use too, threads that spin while they wait made decoding five times slower.
        "OMP_WAIT_POLICY": "PASSIVE",
        "TRANSFORMERS_VERBOSITY": "error",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    }
    return kept | own


def answer_isolated(
    model: Path,
    files: Sequence[Path],
    conditions: Sequence[str],
    *,
    ids: Sequence[str],
    pairs: Mapping[str, str],
    batch_size: int,
    max_new_tokens: int,
    tell: Tell,
    site_packages: Sequence[Path] | None = None,
) -> None:
    """Let the model folder answer rows of Parquet `files` under each condition, in an isolated process.

    Args:
        model: the model folder.
        files: the Parquet shards of the split.
        conditions: of `evaluation.conditions.CONDITIONS`.
        ids: the rows to answer.
        pairs: for `shuffled`, the id of the clip each row hears.
        batch_size: rows a batch.
        max_new_tokens: longest answer; a row cut there is counted as truncated.
        tell: called with ("loaded", facts), ("progress", {"condition", "done", "total"}) and
            ("ready", {"condition", "timing", "answers": list of rows}).
        site_packages: where the environment's packages lie; by default those of the running Python.

    Raises:
        ValueError: with the process's own sentence when it refuses or fails.
    """
    with tempfile.TemporaryDirectory(prefix="audio-reasoner-") as name:
        scratch = Path(name)
        packages = link_packages(scratch / "packages", site_packages or installed_packages())
        (empty := scratch / "empty").mkdir()
        (output := scratch / "answers").mkdir()
        plan = scratch / "rows.json"
        plan.write_text(json.dumps({"ids": list(ids), "pairs": dict(pairs)}), encoding="utf-8")
        command = [sys.executable, "-I", "-S", str(ANSWER.resolve()), "--packages", str(packages)]
        command += ["--model", str(model.resolve()), "--rows", str(plan), "--output", str(output)]
        command += [part for file in files for part in ("--data", str(file.resolve()))]
        command += [part for condition in conditions for part in ("--condition", condition)]
        command += ["--batch-size", str(batch_size), "--max-new-tokens", str(max_new_tokens)]
        with (
            open(scratch / "stderr.txt", "w+", encoding="utf-8", errors="replace") as errors,
            subprocess.Popen(
                command,
                cwd=empty,
                env=isolated_environment(scratch),
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                encoding="utf-8",
            ) as process,
        ):
            try:
                reason = _follow(process.stdout or (), output, tell)
                status = process.wait()
            except BaseException:
                process.kill()
                raise
            if status != 0 or reason:
                errors.seek(0)
                raise ValueError(reason or _last_line(errors.read(), status, model))


def _follow(lines: Iterable[str], output: Path, tell: Tell) -> str | None:
    """Pass on what the process says; its reason when it refuses."""
    for line in lines:
        if not line.startswith("{"):
            continue
        for what, facts in json.loads(line).items():
            if what == "error":
                return facts
            if what == "ready":
                text = (output / f"{facts['condition']}.answers.jsonl").read_text(encoding="utf-8")
                facts = facts | {"answers": [json.loads(row) for row in text.splitlines()]}
            tell(what, facts)
    return None


def _last_line(errors: str, status: int, model: Path) -> str:
    """One sentence for a process that ended without giving its reason."""
    said = [line.strip() for line in errors.splitlines() if line.strip()]
    if status < 0:
        return f"{model}: the answering process was ended by signal {-status}; try a smaller --batch-size."
    return f"{model}: the answering process failed ({said[-1] if said else f'exit status {status}'})."
