"""Configuration of Audio-Reasoner: an audio encoder, a projector and any causal language model of transformers."""

from __future__ import annotations

from typing import Any

from transformers import AutoConfig, PreTrainedConfig
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES


MODEL_AUTO_MAP = {
    "AutoConfig": "configuration_audio_reasoner.AudioReasonerConfig",
    "AutoModel": "modeling_audio_reasoner.AudioReasonerForConditionalGeneration",
    "AutoModelForMultimodalLM": "modeling_audio_reasoner.AudioReasonerForConditionalGeneration",
    "AutoModelForSeq2SeqLM": "modeling_audio_reasoner.AudioReasonerForConditionalGeneration",
    "AutoModelForCausalLM": "modeling_audio_reasoner.AudioReasonerForConditionalGeneration",
    "AutoProcessor": "processing_audio_reasoner.AudioReasonerProcessor",
    "AutoFeatureExtractor": "feature_extraction_audio_reasoner.AudioReasonerFeatureExtractor",
}
ENCODER_AUTO_MAP = {
    "AutoConfig": "configuration_audio_reasoner.AudioReasonerEncoderConfig",
    "AutoModel": "encoder_audio_reasoner.AudioReasonerEncoder",
    "AutoFeatureExtractor": "feature_extraction_audio_reasoner.AudioReasonerFeatureExtractor",
}


def count_positions(frames: int) -> int:
    """Encoder positions of a window of so many valid mel frames, after the second convolution."""
    return (frames - 1) // 2 + 1


def count_audio_tokens(frames: int) -> int:
    """Audio tokens, and so placeholders, of a window of so many valid mel frames, after pooling by two."""
    return count_positions(frames) // 2


class AudioReasonerEncoderConfig(PreTrainedConfig):
    """The audio encoder: a Whisper-type encoder followed by average pooling by two, as in Qwen2-Audio.

    The defaults are those of Qwen2-Audio-7B (Whisper-large-v3). `num_mel_bins`, `max_source_positions` and the frame
    rate of the features belong together: `max_source_positions` positions of two mel frames each are one window.

    The fields `apply_spec_augment` and `mask_*` mask the features in training (SpecAugment, arXiv 1904.08779) and have
    the meaning they have in Whisper's configuration; they do nothing in evaluation mode.

    Raises:
        ValueError: `d_model` is no multiple of `encoder_attention_heads`, or a `mask_*` is out of its range.
    """

    model_type = "audio_reasoner_encoder"
    attribute_map = {
        "num_hidden_layers": "encoder_layers",
        "hidden_size": "d_model",
        "num_attention_heads": "encoder_attention_heads",
        "intermediate_size": "encoder_ffn_dim",
    }

    def __init__(
        self,
        num_mel_bins: int = 128,
        encoder_layers: int = 32,
        encoder_attention_heads: int = 20,
        encoder_ffn_dim: int = 5120,
        encoder_layerdrop: float = 0.0,
        d_model: int = 1280,
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
        activation_function: str = "gelu",
        activation_dropout: float = 0.0,
        scale_embedding: bool = False,
        initializer_range: float = 0.02,
        max_source_positions: int = 1500,
        apply_spec_augment: bool = False,
        mask_time_prob: float = 0.05,
        mask_time_length: int = 10,
        mask_feature_prob: float = 0.0,
        mask_feature_length: int = 10,
        **kwargs: Any,
    ) -> None:
        if d_model % encoder_attention_heads:
            raise ValueError(
                f"d_model ({d_model}) must be a multiple of encoder_attention_heads ({encoder_attention_heads})."
            )
        for name, share in (("mask_time_prob", mask_time_prob), ("mask_feature_prob", mask_feature_prob)):
            if not 0 <= share <= 1:
                raise ValueError(f"{name} is {share!r}: give a share from 0 to 1.")
        for name, length in (("mask_time_length", mask_time_length), ("mask_feature_length", mask_feature_length)):
            if not length >= 1:
                raise ValueError(f"{name} is {length!r}: give a whole number from 1 on.")
        self.num_mel_bins = num_mel_bins
        self.encoder_layers = encoder_layers
        self.encoder_attention_heads = encoder_attention_heads
        self.encoder_ffn_dim = encoder_ffn_dim
        self.encoder_layerdrop = encoder_layerdrop
        self.d_model = d_model
        self.dropout = dropout
        self.attention_dropout = attention_dropout
        self.activation_function = activation_function
        self.activation_dropout = activation_dropout
        self.scale_embedding = scale_embedding
        self.initializer_range = initializer_range
        self.max_source_positions = max_source_positions
        self.apply_spec_augment = apply_spec_augment
        self.mask_time_prob = mask_time_prob
        self.mask_time_length = mask_time_length
        self.mask_feature_prob = mask_feature_prob
        self.mask_feature_length = mask_feature_length
        kwargs.setdefault("auto_map", dict(ENCODER_AUTO_MAP))
        super().__init__(**kwargs)

    def to_dict(self) -> dict[str, Any]:
        """As the base class, naming the code as files beside the configuration: a folder is self-contained."""
        return {**super().to_dict(), "auto_map": dict(ENCODER_AUTO_MAP)}


class AudioReasonerConfig(PreTrainedConfig):
    """Configuration of [`AudioReasonerForConditionalGeneration`].

    Args:
        audio_config: an [`AudioReasonerEncoderConfig`] or its fields; Qwen2-Audio's own encoder configuration is taken
            too, since the fields are the same.
        text_config: the configuration of any causal language model of transformers, or its fields with `model_type`;
            a Qwen2 by default.
        audio_token_id: the id of the placeholder token, of which a prompt holds one for each audio embedding.
            Qwen2-Audio calls it `audio_token_index`, and TRL's GRPO, which keeps answers from holding it,
            `image_token_id`; all three names are read.
    """

    model_type = "audio_reasoner"
    sub_configs = {"audio_config": AudioReasonerEncoderConfig, "text_config": AutoConfig}
    attribute_map = {"audio_token_index": "audio_token_id", "image_token_id": "audio_token_id"}

    def __init__(
        self,
        audio_config: dict | PreTrainedConfig | None = None,
        text_config: dict | PreTrainedConfig | None = None,
        audio_token_id: int = 151646,
        **kwargs: Any,
    ) -> None:
        self.audio_config = _encoder_config(audio_config)
        self.text_config = _text_config(text_config)
        self.audio_token_id = kwargs.pop("audio_token_index", audio_token_id)
        kwargs.setdefault("tie_word_embeddings", getattr(self.text_config, "tie_word_embeddings", False))
        kwargs.setdefault("auto_map", dict(MODEL_AUTO_MAP))
        super().__init__(**kwargs)

    @classmethod
    def from_dict(cls, config_dict: dict[str, Any], **kwargs: Any) -> Any:
        """As the base class; an `audio_config` in `kwargs` changes fields of the encoder's, as a recipe asks.

        Raises:
            ValueError: it names what is no field.
        """
        changed = kwargs.get("audio_config")
        if isinstance(changed, dict):
            known = AudioReasonerEncoderConfig().to_dict()
            if unknown := [name for name in changed if name not in known]:
                raise ValueError(
                    f"audio_config names {unknown[0]!r}, which is no field of the encoder's configuration and would "
                    "be passed over: correct it, as in {'apply_spec_augment': True}."
                )
        return super().from_dict(config_dict, **kwargs)

    def to_dict(self) -> dict[str, Any]:
        """As the base class, naming the code as files beside the configuration: a folder is self-contained."""
        return {**super().to_dict(), "auto_map": dict(MODEL_AUTO_MAP)}


def _encoder_config(config: dict | PreTrainedConfig | None) -> AudioReasonerEncoderConfig:
    if isinstance(config, AudioReasonerEncoderConfig):
        return config
    fields = dict(config or {}) if not isinstance(config, PreTrainedConfig) else config.to_dict()
    fields.pop("auto_map", None)
    model_type = fields.pop("model_type", AudioReasonerEncoderConfig.model_type)
    if model_type not in (AudioReasonerEncoderConfig.model_type, "qwen2_audio_encoder"):
        raise ValueError(
            f"audio_config has model_type '{model_type}', which is not an encoder of this architecture: "
            f"use '{AudioReasonerEncoderConfig.model_type}' or 'qwen2_audio_encoder'."
        )
    return AudioReasonerEncoderConfig(**fields)


def _text_config(config: dict | PreTrainedConfig | None) -> PreTrainedConfig:
    if isinstance(config, PreTrainedConfig):
        return config
    fields = dict(config or {})
    model_type = fields.pop("model_type", "qwen2")
    if model_type not in CONFIG_MAPPING:
        raise ValueError(
            f"text_config has model_type '{model_type}', which this version of transformers does not know."
        )
    return CONFIG_MAPPING[model_type](**fields)


# `transformers serve` knows by this table of names which models take audio, and reads it after the configuration.
MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES.setdefault("audio_reasoner", "AudioReasonerForConditionalGeneration")

__all__ = ["AudioReasonerConfig", "AudioReasonerEncoderConfig", "count_audio_tokens", "count_positions"]
