"""Puts an audio encoder and a causal language model together into an Audio-Reasoner that is ready to be trained.

The projector between them is new, unless one was trained with the encoder. Knows nothing of data or of training. It is
not among the files that travel with the weights.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer, WhisperFeatureExtractor, WhisperModel

from .configuration_audio_reasoner import AudioReasonerConfig, AudioReasonerEncoderConfig
from .encoder_audio_reasoner import AudioReasonerEncoder
from .feature_extraction_audio_reasoner import AudioReasonerFeatureExtractor
from .modeling_audio_reasoner import AudioReasonerForConditionalGeneration
from .pretrained_folder import MAX_NEW_TOKENS, TEMPLATE_TOKENS, chat_template, generation_config, read_model_type
from .processing_audio_reasoner import AudioReasonerProcessor
from .whole_folder import whole_folder


PROJECTOR_FILE = "projector.safetensors"
"""Beside an encoder: `weight` (hidden size, d_model) and `bias` of a projector that was trained with it."""


def compose_audio_reasoner(
    audio_folder: str | os.PathLike,
    text_folder: str | os.PathLike,
    destination: str | os.PathLike,
    max_new_tokens: int | None = None,
    seed: int = 0,
) -> AudioReasonerForConditionalGeneration:
    """Write a self-contained Audio-Reasoner folder: weights, code, processor, chat template, generation settings.

    Args:
        audio_folder: an encoder that `recipes/warm_up_encoder.py` wrote, or a Whisper model, with its extractor.
        text_folder: a causal language model of transformers with its tokenizer. Tokens of the chat template that the
            tokenizer lacks are added, and the embeddings grow with them.
        destination: the folder to write; it appears whole or not at all.
        max_new_tokens: the longest answer, unless the caller of `generate` says otherwise; when left out, the authors'
            2048 tokens, or half of the language model's positions where that is less.
        seed: seed of the projector's random weights, where the encoder's folder holds no projector.

    Returns:
        The model, as it was saved.

    Raises:
        ValueError: a folder holds something else, or the model could not hold an answer of `max_new_tokens`.
        OSError: a folder cannot be read or written.
    """
    encoder, extractor = _read_encoder(Path(audio_folder))
    language_model, tokenizer = _read_language_model(Path(text_folder))
    positions = getattr(language_model.config, "max_position_embeddings", None)
    if max_new_tokens is None:
        max_new_tokens = MAX_NEW_TOKENS if positions is None else min(MAX_NEW_TOKENS, positions // 2)
    if max_new_tokens < 1 or positions is not None and max_new_tokens >= positions:
        raise ValueError(
            f"max_new_tokens is {max_new_tokens}, but the language model has {positions} positions for prompt and "
            "answer together: give a smaller number of at least 1."
        )
    language_model.config.pad_token_id = tokenizer.pad_token_id
    language_model.config.eos_token_id = tokenizer.convert_tokens_to_ids("<|im_end|>")
    config = AudioReasonerConfig(
        audio_config=encoder.config,
        text_config=language_model.config,
        audio_token_id=tokenizer.convert_tokens_to_ids("<|AUDIO|>"),
        dtype=language_model.dtype,
    )
    torch.manual_seed(seed)
    model = AudioReasonerForConditionalGeneration(config).to(language_model.dtype)
    _load_projector(model, Path(audio_folder) / PROJECTOR_FILE)
    model.model.audio_tower.load_state_dict(encoder.state_dict())
    model.model.language_model.load_state_dict(language_model.base_model.state_dict())
    model.lm_head.load_state_dict(language_model.get_output_embeddings().state_dict())
    model.tie_weights()
    model.generation_config = generation_config(tokenizer, max_new_tokens)
    processor = AudioReasonerProcessor(extractor, tokenizer, chat_template=chat_template())
    with whole_folder(destination) as folder:
        model.save_pretrained(folder)
        processor.save_pretrained(folder)
    return model.eval()


def _load_projector(model: AudioReasonerForConditionalGeneration, path: Path) -> None:
    """Take the projector that was trained with the encoder, where there is one; else it stays random."""
    if not path.is_file():
        return
    projector = model.model.multi_modal_projector.linear
    trained = load_file(path)
    if trained["weight"].shape != projector.weight.shape:
        raise ValueError(
            f"{path} projects to {trained['weight'].shape[0]} dimensions, but the language model has "
            f"{projector.weight.shape[0]}: warm the encoder up with this language model, or remove the file."
        )
    projector.load_state_dict(trained)


def _read_encoder(folder: Path) -> tuple[AudioReasonerEncoder, AudioReasonerFeatureExtractor]:
    wanted = "an encoder that recipes/warm_up_encoder.py wrote, or a Whisper model"
    model_type = read_model_type(folder, wanted)
    if not (folder / "preprocessor_config.json").is_file():
        raise ValueError(f"{folder} holds no preprocessor_config.json: save the feature extractor beside the encoder.")
    if model_type == AudioReasonerEncoderConfig.model_type:
        return AudioReasonerEncoder.from_pretrained(folder), AudioReasonerFeatureExtractor.from_pretrained(folder)
    if model_type != "whisper":
        raise ValueError(f"{folder} holds a model of type '{model_type}': name a folder with {wanted}.")
    whisper = WhisperModel.from_pretrained(folder).encoder
    names = AudioReasonerEncoderConfig().to_dict().keys() - {"auto_map", "model_type", "architectures"}
    fields = {name: value for name, value in whisper.config.to_dict().items() if name in names}
    encoder = AudioReasonerEncoder(AudioReasonerEncoderConfig(**fields)).to(whisper.dtype)
    encoder.load_state_dict(whisper.state_dict())
    stock = WhisperFeatureExtractor.from_pretrained(folder)
    extractor = AudioReasonerFeatureExtractor(
        **{
            name: getattr(stock, name)
            for name in ("feature_size", "sampling_rate", "hop_length", "chunk_length", "n_fft")
        }
    )
    return encoder, extractor


def _read_language_model(folder: Path) -> tuple[Any, Any]:
    """The language model and its tokenizer, which has the tokens of the chat template and a padding token."""
    wanted = "a causal language model of transformers and its tokenizer"
    model_type = read_model_type(folder, wanted)
    try:
        language_model = AutoModelForCausalLM.from_pretrained(folder)
    except ValueError as error:
        raise ValueError(f"{folder} holds a model of type '{model_type}': name a folder with {wanted}.") from error
    if not any((folder / name).is_file() for name in ("tokenizer.json", "tokenizer_config.json")):
        raise ValueError(f"{folder} holds no tokenizer: save the tokenizer beside the language model.")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    vocabulary = tokenizer.get_vocab()
    lacking = [token for token in TEMPLATE_TOKENS if token not in vocabulary]
    if lacking:
        tokenizer.add_special_tokens({"extra_special_tokens": lacking}, replace_extra_special_tokens=False)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token or "<|im_end|>"
    if len(tokenizer) > language_model.get_input_embeddings().num_embeddings:
        language_model.resize_token_embeddings(len(tokenizer))
    return language_model, tokenizer
