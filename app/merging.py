"""Adapters and the model that they were trained on -> one self-contained folder of a whole model.

Runs no code of either folder: what is written holds this package's. Knows nothing of how adapters are trained.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any


if TYPE_CHECKING:
    from modeling_audio_reasoner import AudioReasonerForConditionalGeneration, AudioReasonerProcessor

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
BY_PEFT = "load them beside their model by PEFT"


def merge_adapters(
    adapters: Path, destination: Path, base: str | None = None
) -> AudioReasonerForConditionalGeneration:
    """Write the model with what its adapters learnt in its weights: with code, processor and generation settings.

    The processor is the one that was trained with, where the adapters' folder holds it, and the base's elsewhere.
    Weights keep the base's types of numbers.

    Args:
        adapters: a folder that `trl sft` or `trl grpo` wrote with `use_peft: true`, or a checkpoint below it.
        destination: the folder to write; it appears whole or not at all.
        base: the model that the adapters were trained on, a folder or a name on the Hub; what the adapters name when
            left out.

    Returns:
        The model, as it was saved.

    Raises:
        ValueError: a folder holds something else, the base is another model, the adapters are of a kind that no weight
            can hold, or the destination is one of the folders.
        OSError: a folder cannot be read or written, or the Hub cannot be reached.
    """
    from modeling_audio_reasoner.convert_qwen2_audio import KNOWN_FILES
    from modeling_audio_reasoner.whole_folder import whole_folder

    settings = adapter_settings(adapters)
    if not (adapters / WEIGHTS).is_file():
        raise ValueError(f"{adapters} holds no {WEIGHTS}: let the training end, or name a whole checkpoint of it.")
    place = _place(adapters, settings, base)
    for source in (adapters, Path(place)):
        if source.exists() and source.resolve().is_relative_to(destination.resolve()):
            raise ValueError(f"{destination} is or holds {source}, which it would replace: name another destination.")
    model = _base(place, settings.get("revision") if base is None else None)
    types = {name: parameter.dtype for name, parameter in model.named_parameters()}
    merged = _merged(model, adapters, place)
    for name, parameter in merged.named_parameters():
        parameter.data = parameter.data.to(types[name])
    with whole_folder(destination, known=KNOWN_FILES) as folder:
        merged.save_pretrained(folder)
        _processor(adapters, place).save_pretrained(folder)
    return merged


def adapter_settings(folder: Path) -> dict[str, Any]:
    """What PEFT wrote of the adapters in a folder.

    Raises:
        ValueError: the folder holds none.
    """
    path = folder / CONFIG
    if not path.is_file():
        if not folder.is_dir():
            raise ValueError(f"{folder} is not a folder: name the output_dir of a training with use_peft: true.")
        checkpoints = sorted(folder.glob(f"checkpoint-*/{CONFIG}"), key=lambda found: found.stat().st_mtime)
        last = f" (the last below it is {checkpoints[-1].parent})" if checkpoints else ""
        raise ValueError(
            f"{folder} holds no {CONFIG}, so no adapters: name the output_dir of a training with use_peft: true, or a "
            f"checkpoint of it{last}."
        )
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is not JSON: fetch it again.") from error
    if not isinstance(settings, dict):
        raise ValueError(f"{path} holds no settings of adapters: fetch it again.")
    return settings


def _place(adapters: Path, settings: dict[str, Any], name: str | None) -> str:
    """Where the model is that the adapters go into, by `name` or by what they say: a folder, or a name on the Hub."""
    from modeling_audio_reasoner import AudioReasonerConfig
    from modeling_audio_reasoner.pretrained_folder import named_model_type

    stated = settings.get("base_model_name_or_path")
    place = name or stated
    if not place:
        raise ValueError(f"{adapters / CONFIG} does not say which model they were trained on: name it by --base.")
    wanted = "the Audio-Reasoner that the adapters were trained on"
    try:
        found = named_model_type(place, wanted)
    except (OSError, ValueError) as error:
        if name is not None:
            raise
        raise ValueError(
            f"{adapters} were trained on {place}, which is not to be found from here: name the model's folder by "
            f"--base. ({error})"
        ) from error
    if found != AudioReasonerConfig.model_type:
        raise ValueError(f"{place} holds a model of type '{found}': name {wanted} by --base.")
    return str(place)


def _base(place: str, revision: str | None) -> Any:
    """The model, whole, in the types of numbers that it was saved in."""
    from modeling_audio_reasoner import AudioReasonerForConditionalGeneration

    model, info = AudioReasonerForConditionalGeneration.from_pretrained(
        place, revision=revision or "main", dtype="auto", output_loading_info=True
    )
    if missing := sorted(info["missing_keys"]):
        raise ValueError(
            f"{place} lacks {len(missing)} of its weights, first {missing[0]}, which would be random: fetch it whole."
        )
    return model.eval()


def _merged(model: Any, adapters: Path, place: str) -> Any:
    """The model with its adapters in its weights."""
    from peft import PeftConfig, PeftModel, get_peft_model_state_dict

    from modeling_audio_reasoner.safetensors_files import read_weight_file

    other = f"{place} is not the model that {adapters} were trained on: name that one by --base."
    held = set(read_weight_file(adapters / WEIGHTS).tensors)
    kind = PeftConfig.from_pretrained(str(adapters))
    if kind.is_prompt_learning:
        raise ValueError(f"{adapters} are of the kind {kind.peft_type.value}, which changes no weights: {BY_PEFT}.")
    table, head = model.get_input_embeddings(), model.get_output_embeddings()
    try:
        # PEFT warns of what is looked for below, and refused.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            adapted = PeftModel.from_pretrained(model, str(adapters), torch_device="cpu")
    except (ValueError, RuntimeError) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        said = next((line for line in lines if "size mismatch" in line), lines[0] if lines else type(error).__name__)
        raise ValueError(f"{other} ({said})") from error
    wanted = set(get_peft_model_state_dict(adapted, save_embedding_layers=False))
    for names, said in (
        (wanted - held, "it asks for {} tensors that they lack, such as {}"),
        (held - wanted - adapted.state_dict().keys(), "they hold {} tensors that it has no place for, such as {}"),
    ):
        if names:
            raise ValueError(f"{other} ({said.format(len(names), min(names))})")
    untied = model.get_input_embeddings() is not table or model.get_output_embeddings() is not head
    if untied and model.config.tie_word_embeddings:
        raise ValueError(
            f"{adapters} change the table of tokens or the head, which are one matrix in {place}: merged, the change "
            f"of one would be the other's too. Train adapters on other layers, or {BY_PEFT}."
        )
    if not hasattr(adapted.base_model, "merge_and_unload"):
        raise ValueError(f"{adapters} are of the kind {kind.peft_type.value}, which cannot be merged: {BY_PEFT}.")
    return adapted.merge_and_unload(safe_merge=True)


def _processor(adapters: Path, base: str) -> AudioReasonerProcessor:
    """The processor of the adapters' folder, or the base's."""
    from transformers import AutoTokenizer

    from modeling_audio_reasoner import AudioReasonerFeatureExtractor, AudioReasonerProcessor
    from modeling_audio_reasoner.convert_qwen2_audio import PROCESSOR_FILES

    place = str(adapters) if any((adapters / name).is_file() for name in PROCESSOR_FILES) else base
    saved, _ = AudioReasonerProcessor.get_processor_dict(place)
    names = ("chat_template", "audio_token", "audio_bos_token", "audio_eos_token")
    return AudioReasonerProcessor(
        AudioReasonerFeatureExtractor.from_pretrained(place),
        AutoTokenizer.from_pretrained(place),
        **{name: saved[name] for name in names if name in saved},
    )
