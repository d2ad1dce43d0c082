"""What keeps this project's packages out of the answering process.

Three things keep them out. `python -I -S` takes neither the working directory, nor PYTHONPATH, nor site-packages
and its .pth files (an editable install is one). The environment's other packages are given back through a folder
of links that leaves ours out, whichever way the project was installed. The process checks by itself that none of
them can be found, and refuses otherwise. It runs in an empty folder, with a module cache of its own, so that the
model's code comes from the model folder and not from an earlier copy, and with the Hub switched off.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from evaluation.local.worker import FORBIDDEN


OWN_DISTRIBUTION = "audio_reasoner"


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
