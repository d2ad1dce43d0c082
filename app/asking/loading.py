"""A model folder or a repository of the Hub -> its processor and its network, or one sentence that says why not."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any


DEMO_MODEL = "demo/model"
LONGEST_QUESTION = 20.0
"""Seconds that the Hub has to say whether there is a repository."""


def load_processor(model: str, revision: str | None = None) -> Any:
    """The processor of a model, through AutoProcessor.

    Raises:
        ValueError: the folder is not a model, or not an Audio-Reasoner.
        OSError: neither a folder nor a reachable repository of that name exists.
    """
    folder = Path(model)
    if folder.is_file():
        raise ValueError(f"{model} is a file, not a model folder: name the folder that holds config.json.")
    if folder.is_dir() and not (folder / "config.json").is_file():
        raise ValueError(f"{model} is not a model folder: it has no config.json.")
    if not folder.exists() and model == DEMO_MODEL:
        raise FileNotFoundError(f"{model} is not there: `make demo` makes it; or name another model.")
    if not folder.exists() and not re.fullmatch(r"[\w.-]+/[\w.-]+", model):
        raise FileNotFoundError(f"{model} does not exist: name a model folder, or a repository on the Hub (org/name).")
    if not folder.exists():
        _require_repository(model, revision)
    from transformers import AutoProcessor
    from transformers.utils import logging

    if not sys.stderr.isatty():
        logging.disable_progress_bar()
    processor = AutoProcessor.from_pretrained(model, trust_remote_code=True, revision=revision)
    if not hasattr(processor, "parse_reasoning"):
        raise ValueError(f"{model} holds a {type(processor).__name__}, which is not Audio-Reasoner's processor.")
    return processor


def _require_repository(name: str, revision: str | None) -> None:
    """Ask the Hub once for a repository; transformers would ask for file after file, and again and again.

    Raises:
        OSError: there is none, or the Hub cannot be asked; not where the repository is in the cache.
    """
    from huggingface_hub import HfApi, constants, try_to_load_from_cache
    from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError

    if constants.HF_HUB_OFFLINE or isinstance(try_to_load_from_cache(name, "config.json", revision=revision), str):
        return
    try:
        HfApi().model_info(name, revision=revision, timeout=LONGEST_QUESTION)
    except RevisionNotFoundError:
        raise FileNotFoundError(f"The repository {name} has no revision {revision}: look it up on the Hub.") from None
    except RepositoryNotFoundError:
        raise FileNotFoundError(
            f"There is no folder {name}, and no repository of that name on the Hub that you may read: check the path; "
            "for a private one, log in by `hf auth login`."
        ) from None
    except Exception as error:  # of whichever library speaks HTTP
        raise OSError(
            f"There is no folder {name}, and the Hub cannot be asked for a repository of that name "
            f"({type(error).__name__}): check the path, or the network."
        ) from None


def load_model(model: str, revision: str | None = None) -> Any:
    """The model, through AutoModel, on the GPU where there is one.

    Raises:
        ValueError: a file of its weights cannot be read.
    """
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModel

    try:
        network = AutoModel.from_pretrained(model, trust_remote_code=True, revision=revision).eval()
        return network.to("cuda" if torch.cuda.is_available() else "cpu")
    except SafetensorError as error:
        raise ValueError(
            f"{model}: a file of its weights cannot be read ({error}), so it is cut off or damaged: copy or download "
            "it again."
        ) from None


def refuse_older_code(loaded: Any, needed: tuple[str, ...], model: str) -> None:
    """Refuse what a folder's own code made where that code cannot do what is needed of it.

    Raises:
        ValueError: an earlier version of this package wrote the folder.
    """
    if all(hasattr(loaded, name) for name in needed):
        return
    said = f"{model} holds the code of an earlier version of this package, which cannot do this: "
    if not Path(model).is_dir():
        raise ValueError(f"{said}download it to a folder, and name that to learn how its code is renewed.")
    raise ValueError(
        f"{said}put this version's in its place by python -c '"
        f'from modeling_audio_reasoner.saving_audio_reasoner import save_code; save_code("{model}")\'.'
    )


def code_of(processor: Any, module: str) -> ModuleType:
    """A module that the processor came with, such as `audio_loading`: of the model's folder, or the installed one."""
    return import_module(f"{type(processor).__module__.rpartition('.')[0]}.{module}")
