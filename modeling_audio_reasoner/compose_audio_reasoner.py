"""Puts an audio encoder and a causal language model together into an Audio-Reasoner that is ready to be trained.

The projector between them is new, unless one was trained with the encoder. Knows nothing of data or of training. It is
not among the files that travel with the weights.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn
from transformers import (
    MODEL_MAPPING,
    AutoModelForCausalLM,
    AutoTokenizer,
    GenerationConfig,
    WhisperFeatureExtractor,
    WhisperModel,
)
from transformers.utils import cached_file

from .configuration_audio_reasoner import AudioReasonerConfig, AudioReasonerEncoderConfig
from .convert_qwen2_audio import FEATURE_FIELDS, PROCESSOR_FILES
from .encoder_audio_reasoner import AudioReasonerEncoder
from .feature_extraction_audio_reasoner import AudioReasonerFeatureExtractor
from .modeling_audio_reasoner import AudioReasonerForConditionalGeneration
from .pretrained_folder import MAX_NEW_TOKENS, TEMPLATE_TOKENS, chat_template, generation_config, named_model_type
from .processing_audio_reasoner import AudioReasonerProcessor
from .whole_folder import whole_folder


PROJECTOR_FILE = "projector.safetensors"
"""Beside an encoder: `weight` (hidden size, d_model) and `bias` of a projector that was trained with it."""
ENCODER = "an encoder that recipes/warm_up_encoder.py wrote, or a Whisper model"
LANGUAGE_MODEL = "a causal language model of transformers and its tokenizer"
LOUD = 100.0
"""A logit that each cap in use bends: they are 15 to 50."""


def compose_audio_reasoner(
    audio: str | os.PathLike,
    text: str | os.PathLike,
    destination: str | os.PathLike,
    max_new_tokens: int | None = None,
    seed: int = 0,
) -> AudioReasonerForConditionalGeneration:
    """Write a self-contained Audio-Reasoner folder: weights, code, processor, chat template, generation settings.

    Args:
        audio: an encoder that `recipes/warm_up_encoder.py` wrote, or a Whisper model, with its extractor: a folder, or
            a name on the Hub.
        text: a causal language model of transformers with its tokenizer: a folder, or a name on the Hub. Tokens of the
            chat template that the tokenizer lacks are added; see `_begin_rows` for what their embeddings begin with.
        destination: the folder to write; it appears whole or not at all.
        max_new_tokens: the longest answer, unless the caller of `generate` says otherwise; when left out, the authors'
            2048 tokens, or half of the language model's positions where that is less.
        seed: seed of the projector's random weights, where the encoder brings no projector.

    Returns:
        The model, as it was saved, in the language model's type of numbers.

    Raises:
        ValueError: a name stands for something else, or for a language model that is more than layers and a linear
            head; or the model could not hold an answer of `max_new_tokens`.
        OSError: a folder cannot be read or written, or the Hub cannot be reached.
    """
    encoder, extractor = _read_encoder(str(audio))
    language_model, tokenizer = _read_language_model(str(text))
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
    for part in (config.audio_config, config.text_config):
        if Path(part._name_or_path).exists():
            part._name_or_path = ""  # a path leads nowhere elsewhere, and says whose machine it was
    torch.manual_seed(seed)
    model = AudioReasonerForConditionalGeneration._from_config(config, dtype=language_model.dtype).eval()
    _load_projector(model, str(audio))
    model.model.audio_tower.load_state_dict(encoder.state_dict())
    model.model.language_model.load_state_dict(language_model.base_model.state_dict())
    model.lm_head.load_state_dict(language_model.get_output_embeddings().state_dict())
    model.tie_weights()
    _compare_logits(model, language_model, str(text))
    model.generation_config = _generation_config(tokenizer, max_new_tokens, language_model.generation_config)
    processor = AudioReasonerProcessor(extractor, tokenizer, chat_template=_template(tokenizer, str(text)))
    with whole_folder(destination) as folder:
        model.save_pretrained(folder)
        processor.save_pretrained(folder)
    return model


def _load_projector(model: AudioReasonerForConditionalGeneration, name: str) -> None:
    """Take the projector that was trained with the encoder, where there is one; else it stays random."""
    path = cached_file(name, PROJECTOR_FILE, _raise_exceptions_for_missing_entries=False)
    if path is None:
        return
    projector = model.model.multi_modal_projector.linear
    trained = load_file(path)
    if trained["weight"].shape != projector.weight.shape:
        raise ValueError(
            f"{path} projects to {trained['weight'].shape[0]} dimensions, but the language model has "
            f"{projector.weight.shape[0]}: warm the encoder up with this language model, or remove the file."
        )
    projector.load_state_dict(trained)


def _read_encoder(name: str) -> tuple[AudioReasonerEncoder, AudioReasonerFeatureExtractor]:
    """The encoder and its feature extractor. Of a Whisper model the decoder is left behind."""
    model_type = named_model_type(name, ENCODER)
    if Path(name).is_dir() and not any((Path(name) / file).is_file() for file in PROCESSOR_FILES):
        raise ValueError(
            f"{name} holds no {' and no '.join(PROCESSOR_FILES)}: save the feature extractor beside the encoder."
        )
    if model_type == AudioReasonerEncoderConfig.model_type:
        return AudioReasonerEncoder.from_pretrained(name), AudioReasonerFeatureExtractor.from_pretrained(name)
    if model_type != "whisper":
        raise ValueError(f"{name} holds a model of type '{model_type}': name a folder with {ENCODER}.")
    loaded, info = WhisperModel.from_pretrained(name, output_loading_info=True)
    _check_whole(name, [key for key in info["missing_keys"] if key.startswith("encoder.")])
    whisper = loaded.encoder
    names = AudioReasonerEncoderConfig().to_dict().keys() - {"auto_map", "model_type", "architectures"}
    fields = {field: value for field, value in whisper.config.to_dict().items() if field in names}
    encoder = AudioReasonerEncoder(AudioReasonerEncoderConfig(**fields)).to(whisper.dtype)
    encoder.load_state_dict(whisper.state_dict())
    stock = WhisperFeatureExtractor.from_pretrained(name)
    return encoder, AudioReasonerFeatureExtractor(**{field: getattr(stock, field) for field in FEATURE_FIELDS})


def _read_language_model(name: str) -> tuple[Any, Any]:
    """The language model and its tokenizer, which has the tokens of the chat template and a padding token."""
    model_type = named_model_type(name, LANGUAGE_MODEL)
    try:
        language_model, info = AutoModelForCausalLM.from_pretrained(name, output_loading_info=True)
    except ValueError as error:
        raise ValueError(
            f"{name} holds a model of type '{model_type}': name a folder with {LANGUAGE_MODEL}."
        ) from error
    _check_whole(name, sorted(info["missing_keys"]))
    _check_parts(name, language_model)
    if Path(name).is_dir() and not any(
        (Path(name) / file).is_file() for file in ("tokenizer.json", "tokenizer_config.json")
    ):
        raise ValueError(f"{name} holds no tokenizer: save the tokenizer beside the language model.")
    tokenizer = AutoTokenizer.from_pretrained(name)
    vocabulary = tokenizer.get_vocab()
    lacking = [token for token in TEMPLATE_TOKENS if token not in vocabulary]
    if lacking:
        tokenizer.add_special_tokens({"extra_special_tokens": lacking}, replace_extra_special_tokens=False)
        _begin_rows(language_model, tokenizer, lacking)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token or "<|im_end|>"
    return language_model, tokenizer


def _check_whole(name: str, missing: list[str]) -> None:
    if missing:
        raise ValueError(
            f"{name} lacks {len(missing)} of its weights, first {missing[0]}, which would be random: fetch it whole."
        )


def _check_parts(name: str, language_model: Any) -> None:
    """Refuse what cannot be taken apart into layers, which `AutoModel` makes anew, and a linear head."""
    config, head = language_model.config, language_model.get_output_embeddings()
    embeddings = language_model.get_input_embeddings()
    if (
        config.get_text_config() is not config
        or type(language_model.base_model) is not MODEL_MAPPING.get(type(config), None)
        or not isinstance(head, nn.Linear)
        or head.bias is not None
        or embeddings.embedding_dim != config.hidden_size
    ):
        raise ValueError(
            f"{name} holds a {type(language_model).__name__}, which is not a text model with a linear head without "
            f"bias: name a folder with {LANGUAGE_MODEL}."
        )


@torch.no_grad()
def _begin_rows(language_model: Any, tokenizer: Any, added: list[str]) -> None:
    """Give tokens that were added to the tokenizer embeddings, in the table and in the head.

    The token that ends a turn begins as the tokenizer's own end, and the one that begins a turn as its own beginning,
    so that a language model that was trained on another chat template knows where it stands. The others, and those
    where the tokenizer has no such token, begin as the mean of the tokens that the model knows: random rows would be
    longer than those and draw attention to themselves. Rows that lay unused in the table, as some models have them for
    the sake of its size, are overwritten too.
    """
    known = len(tokenizer) - len(added)
    if len(tokenizer) > language_model.get_input_embeddings().num_embeddings:
        language_model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    like = {"<|im_start|>": tokenizer.bos_token_id, "<|im_end|>": tokenizer.eos_token_id}
    for part in (language_model.get_input_embeddings(), language_model.get_output_embeddings()):
        table = part.weight
        mean = table[:known].float().mean(0).to(table.dtype)
        for token in added:
            row = like.get(token)
            table[tokenizer.convert_tokens_to_ids(token)] = mean if row is None else table[row]


def _template(tokenizer: Any, name: str) -> str:
    """The chat template, which begins as the language model's texts do.

    transformers asks that a template write such a token itself, where a user's text is to be kept from acting as one.
    """
    text = tokenizer("a", add_special_tokens=False)["input_ids"]
    found = tokenizer("a")["input_ids"]
    if found == text:
        return chat_template()
    if found == [tokenizer.bos_token_id, *text]:
        return "{{- bos_token -}}\n" + chat_template()
    raise ValueError(
        f"The tokenizer of {name} puts {tokenizer.convert_ids_to_tokens(found)} in the place of one letter: it adds "
        "more than a beginning to a text, which no chat template can hold. Name another language model."
    )


@torch.no_grad()
def _compare_logits(model: AudioReasonerForConditionalGeneration, language_model: Any, name: str) -> None:
    """Refuse a language model that does more to its logits than a linear head does, such as to cap or scale them.

    A cap of 30 hardly bends the small logits of a few tokens. So the language model's head is made as loud as a cap
    would show, by a power of two, which changes no digit of what a linear head gives.
    """
    tokens = torch.tensor([[token for token in range(8) if token != model.config.audio_token_id]])
    found = model(tokens).logits.float()
    head = language_model.get_output_embeddings()
    largest = float(found.abs().max())
    louder = 2.0 ** math.ceil(math.log2(LOUD / largest)) if 0 < largest < math.inf else 1.0
    own, head.weight = head.weight, nn.Parameter(head.weight * louder, requires_grad=False)
    try:
        expected = language_model.eval()(tokens).logits.float() / louder
    finally:
        head.weight = own
    if (found - expected).abs().max() > 1e-3 * expected.abs().max():
        raise ValueError(
            f"{name} holds a {type(language_model).__name__}, whose logits are more than a linear head gives, as when "
            "they are capped or scaled: it would answer otherwise than it was trained to. Name another language model."
        )


def _generation_config(tokenizer: Any, max_new_tokens: int, own: GenerationConfig | None) -> GenerationConfig:
    """The authors' settings; an answer also ends with what ended the language model's own."""
    settings = generation_config(tokenizer, max_new_tokens)
    ends = getattr(own, "eos_token_id", None)
    ends = [ends] if isinstance(ends, int) else ends or []
    settings.eos_token_id = list(dict.fromkeys([*settings.eos_token_id, *ends]))
    return settings
