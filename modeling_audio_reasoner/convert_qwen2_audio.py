"""Turns a folder of Qwen2-Audio's class into a self-contained Audio-Reasoner, and back, without loading a tensor.

Both store their weights under the same names, so that only their configuration, processor and code differ. The
authors' weights (arXiv 2503.02318) are stored as Qwen2-Audio's. It is not among the files that travel with them.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import torch
from transformers import (
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedTokenizerFast,
    Qwen2AudioConfig,
    Qwen2AudioProcessor,
    WhisperFeatureExtractor,
)
from transformers.utils import logging

from .configuration_audio_reasoner import AudioReasonerConfig, AudioReasonerEncoderConfig
from .feature_extraction_audio_reasoner import AudioReasonerFeatureExtractor
from .modeling_audio_reasoner import AudioReasonerForConditionalGeneration
from .pretrained_folder import MAX_NEW_TOKENS, TEMPLATE_TOKENS, chat_template, generation_config, read_model_type
from .processing_audio_reasoner import AudioReasonerProcessor
from .safetensors_files import SINGLE_FILE, WeightFile, copy_renamed, copy_tensor, read_weight_files, write_index
from .saving_audio_reasoner import save_code
from .whole_folder import whole_folder


MODEL_TYPES = ("audio_reasoner", "qwen2_audio")
PROCESSOR_FILES = ("preprocessor_config.json", "processor_config.json")
FEATURE_FIELDS = ("feature_size", "sampling_rate", "hop_length", "chunk_length", "n_fft")
FILE_NAMES = (
    ("language_model.model.model.", "language_model.model."),
    ("lm_head.", "language_model.lm_head."),
    ("model.language_model.", "language_model.model."),
    ("model.audio_tower.", "audio_tower."),
    ("model.multi_modal_projector.", "multi_modal_projector."),
)
"""Beginnings of names as the classes of transformers 5 hold them (the first: as 5.17 to 5.22 wrote them), and as files
have them since transformers 4 and again since 5.23."""
KNOWN_FILES = (
    "*.safetensors",
    "*.safetensors.index.json",
    "*config.json",
    "tokenizer.*",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "chat_template.*",
    "audio_fetching.py",
    "audio_loading.py",
    "audio_resampling.py",
    "*_audio_reasoner.py",
    "__pycache__",
)
"""What a folder may hold that a conversion replaces: what some version of this package or of transformers wrote."""
HEAD, EMBEDDINGS = "language_model.lm_head.weight", "language_model.model.embed_tokens.weight"


def convert_qwen2_audio(source: str | os.PathLike, destination: str | os.PathLike, to: str = "audio_reasoner") -> int:
    """Write a model of one class as a folder of the other. Tensors are copied bit for bit, file by file.

    Args:
        source: a folder with configuration, processor, tokenizer and weights in safetensors, in one file or several,
            named as in files or as in memory.
        destination: the folder to write; it appears whole or not at all.
        to: `audio_reasoner` (self-contained, with code and the paper's system prompt) or `qwen2_audio` (loads in
            transformers' own class, and so where that is served).

    Returns:
        The number of parameters.

    Raises:
        ValueError: the folder holds something else, or not all of the model and nothing besides; or the destination is
            the source, or holds files that are no model's.
        OSError: a file cannot be read or written.
    """
    if to not in MODEL_TYPES:
        raise ValueError(f"to is '{to}': give one of {', '.join(MODEL_TYPES)}.")
    source = Path(source)
    wanted = next(name for name in MODEL_TYPES if name != to)
    found = read_model_type(source, f"a model of type '{wanted}'")
    if found != wanted:
        raise ValueError(f"{source} holds a model of type '{found}': to write '{to}', name one of type '{wanted}'.")
    if Path(source).resolve().is_relative_to(Path(destination).resolve()):
        raise ValueError(f"{destination} is or holds the source, which it would replace: name another destination.")
    files = read_weight_files(source)
    config: PreTrainedConfig
    if to == "audio_reasoner":
        config = audio_reasoner_config(Qwen2AudioConfig.from_pretrained(source))
        ours = config
    else:
        ours = AudioReasonerConfig.from_pretrained(source)
        config = qwen2_audio_config(ours)
    parameters = check_tensors(source, files, ours)
    with whole_folder(destination, known=KNOWN_FILES) as folder:
        if to == "audio_reasoner":
            _save_audio_reasoner_parts(source, folder)
        else:
            _save_qwen2_audio_parts(source, folder)
        config.save_pretrained(folder)
        # transformers' own class ties no head: without a tensor of its own it would be left at random.
        _copy_weights(files, folder, with_head=to == "qwen2_audio" and ours.tie_word_embeddings)
    return parameters


def file_name(name: str) -> str:
    """The name under which files hold a tensor, whichever of the layouts `name` is in."""
    for beginning, replacement in FILE_NAMES:
        if name.startswith(beginning):
            return replacement + name.removeprefix(beginning)
    return name


def check_tensors(source: Path, files: list[WeightFile], config: AudioReasonerConfig) -> int:
    """Hold the tensors of the files to those of the model, by name and shape.

    Returns:
        The number of parameters, tied ones once.

    Raises:
        ValueError: a tensor is missing, unexpected, or of another shape.
    """
    with torch.device("meta"):
        model = AudioReasonerForConditionalGeneration(config)
    expected = {file_name(name): list(tensor.shape) for name, tensor in model.state_dict().items()}
    found = {file_name(name): entry["shape"] for file in files for name, entry in file.tensors.items()}
    optional = {file_name("lm_head.weight")} if config.tie_word_embeddings else set()
    for names, said in (
        (expected.keys() - found.keys() - optional, "lacks {} of the model's tensors, such as {}"),
        (found.keys() - expected.keys(), "holds {} tensors that the model has not, such as {}"),
    ):
        if names:
            raise ValueError(f"{source} {said.format(len(names), min(names))}: fetch the files again.")
    for name, shape in found.items():
        if shape != expected[name]:
            raise ValueError(
                f"{source} holds {name} with the shape {shape} where config.json asks for {expected[name]}: fetch the "
                "files again."
            )
    return sum(parameter.numel() for parameter in model.parameters())


def audio_reasoner_config(stock: Qwen2AudioConfig) -> AudioReasonerConfig:
    """The configuration of the same model in our class."""
    return AudioReasonerConfig(
        audio_config=stock.audio_config.to_dict(),
        text_config=stock.text_config,
        audio_token_id=stock.audio_token_index,
        dtype=stock.dtype,
        architectures=["AudioReasonerForConditionalGeneration"],
    )


def qwen2_audio_config(config: AudioReasonerConfig) -> Qwen2AudioConfig:
    """The configuration of the same model in transformers' own class."""
    dropped = {"auto_map", "model_type", "architectures"}
    names = AudioReasonerEncoderConfig().to_dict().keys() - dropped
    fields = {name: value for name, value in config.audio_config.to_dict().items() if name in names}
    return Qwen2AudioConfig(
        audio_config={**fields, "model_type": "qwen2_audio_encoder"},
        text_config={**config.text_config.to_dict(), "tie_word_embeddings": False},
        audio_token_index=config.audio_token_id,
        dtype=config.dtype,
        architectures=["Qwen2AudioForConditionalGeneration"],
        tie_word_embeddings=False,
    )


def _save_audio_reasoner_parts(source: Path, folder: Path) -> None:
    """Processor with the paper's system prompt, generation settings, and code."""
    if not any((source / name).is_file() for name in PROCESSOR_FILES):
        raise ValueError(f"{source} holds no {' and no '.join(PROCESSOR_FILES)}: fetch the whole repository.")
    tokenizer = AutoTokenizer.from_pretrained(source)
    lacking = [token for token in TEMPLATE_TOKENS if token not in tokenizer.get_vocab()]
    if lacking:
        raise ValueError(f"The tokenizer in {source} lacks {', '.join(lacking)}: it is not Qwen2-Audio's.")
    stock = WhisperFeatureExtractor.from_pretrained(source)
    extractor = AudioReasonerFeatureExtractor(**{name: getattr(stock, name) for name in FEATURE_FIELDS})
    AudioReasonerProcessor(extractor, tokenizer, chat_template=chat_template()).save_pretrained(folder)
    generation_config(tokenizer, MAX_NEW_TOKENS).save_pretrained(folder)
    save_code(folder)


def _save_qwen2_audio_parts(source: Path, folder: Path) -> None:
    """Processor with the paper's system prompt, and generation settings. No code of the source is run."""
    extractor = AudioReasonerFeatureExtractor.from_pretrained(source)
    stock = WhisperFeatureExtractor(
        **{name: getattr(extractor, name) for name in FEATURE_FIELDS}, return_attention_mask=True
    )
    tokenizer = PreTrainedTokenizerFast.from_pretrained(source)
    Qwen2AudioProcessor(stock, tokenizer, chat_template=chat_template()).save_pretrained(folder)
    if (source / "generation_config.json").is_file():
        shutil.copyfile(source / "generation_config.json", folder / "generation_config.json")


def _copy_weights(files: list[WeightFile], folder: Path, with_head: bool) -> None:
    """Copy the files under the names that files have, and write their index where they are several.

    `with_head` writes the embeddings a second time, as the head that the files lack.
    """
    names = [{file_name(name): name for name in file.tensors} for file in files]
    heads = []
    if with_head and not any(HEAD in found for found in names):
        heads = [(file, found[EMBEDDINGS]) for file, found in zip(files, names, strict=True) if EMBEDDINGS in found]
    total = len(files) + len(heads)
    targets = [f"model-{number:05d}-of-{total:05d}.safetensors" for number in range(1, total + 1)]
    if total == 1:
        targets = [SINGLE_FILE]
    sizes = [file.data_bytes for file in files]
    sizes += [end - start for file, name in heads for start, end in [file.tensors[name]["data_offsets"]]]
    with logging.tqdm(total=sum(sizes), desc="copying tensors", unit="B", unit_scale=True) as bar:
        for file, target in zip(files, targets, strict=False):
            for copied in copy_renamed(file, folder / target, file_name):
                bar.update(copied)
        for (file, name), target in zip(heads, targets[len(files) :], strict=True):
            for copied in copy_tensor(file, name, folder / target, HEAD):
                bar.update(copied)
    if total > 1:
        held = [list(found) for found in names] + [[HEAD] for _ in heads]
        write_index(dict(zip(targets, held, strict=True)), sum(sizes), folder)
