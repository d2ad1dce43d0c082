"""Which files of a model folder are sent, which stay, and which may not be there.

Knows nothing of the card.
"""

from __future__ import annotations

import json
import re
from fnmatch import fnmatch
from pathlib import Path

from app.publishing.model_code import needed_code
from app.publishing.plan import CARD, PlannedFile, hidden


WEIGHTS = re.compile(r"model(-\d{5}-of-\d{5})?\.safetensors")
INDEX = "model.safetensors.index.json"
PROCESSOR = ("processor_config.json", "preprocessor_config.json")
NEEDED = {
    "config.json": "save the model",
    "generation_config.json": "save the model",
    "tokenizer_config.json": "save the processor",
    "chat_template.jinja": "save the processor",
}
"""What every folder has, and what writes it."""
FURTHER = frozenset(
    {"tokenizer.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt", "vocab.txt"}
    | {"tokenizer.model", "chat_template.json", "LICENSE", "LICENSE.txt", "LICENSE.md", "NOTICE", INDEX, *PROCESSOR}
)
OF_TRAINING = (
    "trainer_state.json", "training_args.bin", "*_results.json", "optimizer.pt", "optimizer.bin", "scheduler.pt",
    "rng_state*.pth", "scaler.pt", "checkpoint-*", "runs", "completions", "trackio", "global_step*", "latest",
    "zero_to_fp32.py", "pytorch_model_fsdp_0", "optimizer_0",
)  # fmt: skip
"""What trainers leave in a run's folder, files and folders, which no model is loaded from: it stays."""
PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".npy", ".npz", ".dill")
OF_ADAPTERS = ("adapter_config.json", "adapter_model.*")


def check_no_adapters(folder: Path) -> None:
    """Raise ValueError for a folder that holds adapters, which are no model by themselves."""
    for path in sorted(folder.iterdir()):
        if any(fnmatch(path.name, pattern) for pattern in OF_ADAPTERS):
            raise ValueError(
                f"{path}: this folder holds adapters and no whole model. Merge them into the model that they were "
                f"trained on (audio-reasoner merge {folder} FOLDER), and publish that folder; its card takes the log "
                "by --run."
            )


def model_files(folder: Path, pictures: tuple[str, ...] = ()) -> tuple[list[PlannedFile], list[str]]:
    """The files of a model folder to send, without its card, and the names of what stays.

    Args:
        folder: that a model and its processor were saved to.
        pictures: names of those that its card shows.

    Raises:
        ValueError: the folder holds adapters, pickles or what has no place there, or lacks something.
    """
    check_no_adapters(folder)
    _check_whole(folder)
    code = needed_code(folder)
    sent: list[PlannedFile] = []
    left_out: list[str] = []
    # Pickles first: of all that has no place there, they are what has to be heard of.
    for path in sorted(folder.iterdir(), key=lambda path: (path.suffix.lower() not in PICKLES, path.name)):
        name = path.name
        if hidden(path, folder) or any(fnmatch(name, pattern) for pattern in OF_TRAINING):
            left_out.append(f"{name}/" if path.is_dir() else name)
        elif path.is_file() and (WEIGHTS.fullmatch(name) or name in {*NEEDED, *FURTHER, *code, *pictures}):
            sent.append(PlannedFile(name, path))
        elif name != CARD:
            raise ValueError(f"{path}: {_refusal(path)}")
    return sorted(sent, key=lambda file: file.name), sorted(left_out)


def _refusal(path: Path) -> str:
    if path.is_dir():
        return "a folder that no model is loaded from: move it away."
    if path.suffix.lower() in PICKLES:
        return (
            "this is a pickle, or may be one, and runs code when it is loaded: save weights as safetensors "
            "(save_pretrained does), and move it away."
        )
    if path.suffix == ".py":
        return "no code of this model; what is sent is run by those who load it: move it away."
    return "nothing that this model is loaded from: move it away."


def _check_whole(folder: Path) -> None:
    names = {path.name for path in folder.iterdir()}
    for name, mend in NEEDED.items():
        if name not in names:
            raise ValueError(f"{folder}: no {name}; {mend} into it by save_pretrained.")
    if not names & set(PROCESSOR):
        raise ValueError(f"{folder}: no {PROCESSOR[0]}; save the processor into it by save_pretrained.")
    _check_weights(folder, {name for name in names if WEIGHTS.fullmatch(name)}, INDEX in names)


def _check_weights(folder: Path, found: set[str], with_index: bool) -> None:
    """One file, or the files of the index and no others."""
    again = "save the model again into an empty folder"
    if not found:
        raise ValueError(f"{folder}: no weights (model.safetensors or model-00001-of-….safetensors); save the model.")
    if not with_index:
        if found != {"model.safetensors"}:
            raise ValueError(f"{folder}: weights in parts ({min(found)}) without {INDEX}: {again}.")
        return
    try:
        wanted = set(json.loads((folder / INDEX).read_text(encoding="utf-8"))["weight_map"].values())
    except (ValueError, KeyError, AttributeError, TypeError):
        raise ValueError(f"{folder / INDEX}: not an index of weights: {again}.") from None
    if wanted != found:
        name = min(wanted ^ found)
        where = "is not in the index" if name in found else "is in the index and not in the folder"
        raise ValueError(f"{folder}: {name} {where}: {again}.")
