"""The model: an audio encoder that computes only what was recorded, a projector, and any causal language model.

Architecture and module names are Qwen2-Audio's (arXiv 2407.10759), which Audio-Reasoner (arXiv 2503.02318) fine-tunes,
so released weights load under the same keys. This file knows nothing of files, text or sections.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from transformers import AutoModel, GenerationMixin, PreTrainedModel
from transformers import initialization as init
from transformers.activations import ACT2FN
from transformers.cache_utils import Cache
from transformers.conversion_mapping import (
    get_checkpoint_conversion_mapping,
    register_checkpoint_conversion_mapping,
)
from transformers.modeling_layers import GradientCheckpointingLayer
from transformers.modeling_outputs import BaseModelOutputWithPast, CausalLMOutputWithPast, ModelOutput
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
from transformers.utils.generic import can_return_tuple

from .configuration_audio_reasoner import AudioReasonerConfig, AudioReasonerEncoderConfig
from .saving_audio_reasoner import save_code


@dataclass
class AudioReasonerEncoderOutput(ModelOutput):
    """Audio embeddings of all windows, packed one after the other.

    last_hidden_state: (sum of lengths, d_model).
    lengths: (windows,), audio tokens of each window.
    """

    last_hidden_state: torch.Tensor | None = None
    lengths: torch.Tensor | None = None


def eager_attention_forward(
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float,
    dropout: float = 0.0,
    **kwargs: Any,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Attention written out: (batch, heads, time, head size) -> (batch, time, heads, head size)."""
    weights = torch.matmul(query, key.transpose(2, 3)) * scaling
    if attention_mask is not None:
        weights = weights + attention_mask
    weights = nn.functional.softmax(weights, dim=-1)
    weights = nn.functional.dropout(weights, p=dropout, training=module.training)
    return torch.matmul(weights, value).transpose(1, 2).contiguous(), weights


class AudioReasonerAttention(nn.Module):
    """Self-attention within each window of a packed batch."""

    def __init__(self, config: AudioReasonerEncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.num_heads = config.encoder_attention_heads
        self.head_dim = config.d_model // config.encoder_attention_heads
        self.scaling = self.head_dim**-0.5
        self.dropout = config.attention_dropout
        self.is_causal = False
        self.k_proj = nn.Linear(config.d_model, config.d_model, bias=False)
        self.v_proj = nn.Linear(config.d_model, config.d_model)
        self.q_proj = nn.Linear(config.d_model, config.d_model)
        self.out_proj = nn.Linear(config.d_model, config.d_model)

    def forward(self, hidden_states: torch.Tensor, groups: list[tuple[int, int]], **kwargs: Any) -> torch.Tensor:
        """(positions, d_model) -> the same; `groups` are runs of (windows, positions of each), in packed order."""
        attend: Callable = ALL_ATTENTION_FUNCTIONS.get_interface(
            self.config._attn_implementation, eager_attention_forward
        )
        # Scaling the query first, as Whisper does, keeps the rounding of released checkpoints.
        query = self.q_proj(hidden_states) * self.scaling
        key, value = self.k_proj(hidden_states), self.v_proj(hidden_states)
        attended = []
        start = 0
        for windows, positions in groups:
            stop = start + windows * positions
            split = [
                part[start:stop].view(windows, positions, self.num_heads, self.head_dim).transpose(1, 2)
                for part in (query, key, value)
            ]
            output, _ = attend(
                self,
                *split,
                None,
                dropout=self.dropout if self.training else 0.0,
                scaling=1.0,
                is_causal=False,
            )
            attended.append(output.reshape(stop - start, -1))
            start = stop
        return self.out_proj(attended[0] if len(attended) == 1 else torch.cat(attended))


class AudioReasonerEncoderLayer(GradientCheckpointingLayer):
    """A pre-norm transformer layer over packed positions."""

    def __init__(self, config: AudioReasonerEncoderConfig) -> None:
        super().__init__()
        self.self_attn = AudioReasonerAttention(config)
        self.self_attn_layer_norm = nn.LayerNorm(config.d_model)
        self.dropout = config.dropout
        self.activation_fn = ACT2FN[config.activation_function]
        self.activation_dropout = config.activation_dropout
        self.fc1 = nn.Linear(config.d_model, config.encoder_ffn_dim)
        self.fc2 = nn.Linear(config.encoder_ffn_dim, config.d_model)
        self.final_layer_norm = nn.LayerNorm(config.d_model)

    def forward(self, hidden_states: torch.Tensor, groups: list[tuple[int, int]], **kwargs: Any) -> torch.Tensor:
        """(positions, d_model) -> (positions, d_model)."""
        attended = self.self_attn(self.self_attn_layer_norm(hidden_states), groups, **kwargs)
        hidden_states = hidden_states + nn.functional.dropout(attended, p=self.dropout, training=self.training)
        inner = self.activation_fn(self.fc1(self.final_layer_norm(hidden_states)))
        inner = nn.functional.dropout(inner, p=self.activation_dropout, training=self.training)
        inner = nn.functional.dropout(self.fc2(inner), p=self.dropout, training=self.training)
        hidden_states = hidden_states + inner
        if hidden_states.dtype == torch.float16:
            limit = torch.finfo(torch.float16).max - 1000
            hidden_states = hidden_states.clamp(-limit, limit)
        return hidden_states


class AudioReasonerPreTrainedModel(PreTrainedModel):
    """Loading, saving and initialisation."""

    config_class = AudioReasonerConfig
    base_model_prefix = "model"
    input_modalities = ("audio", "text")
    supports_gradient_checkpointing = True
    _no_split_modules = ["AudioReasonerEncoderLayer"]
    _skip_keys_device_placement = ["past_key_values"]
    _supports_flash_attn = True
    _supports_sdpa = True

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        super()._init_weights(module)
        if isinstance(module, AudioReasonerEncoder):
            positions, size = module.embed_positions.weight.shape
            init.copy_(module.embed_positions.weight, sinusoids(positions, size))

    def save_pretrained(self, save_directory: str, *args: Any, **kwargs: Any) -> Any:
        """As the base class, with the code beside the weights: the folder loads where this package is absent."""
        if kwargs.get("is_main_process", True):
            save_code(save_directory)
        return super().save_pretrained(save_directory, *args, **kwargs)


def sinusoids(length: int, channels: int, max_timescale: float = 10000.0) -> torch.Tensor:
    """Whisper's position embeddings, (length, channels); `channels` must be even."""
    if channels % 2:
        raise ValueError(f"d_model must be even for sinusoidal positions, got {channels}.")
    increment = math.log(max_timescale) / (channels // 2 - 1)
    scales = torch.exp(-increment * torch.arange(channels // 2))
    angles = torch.arange(length).view(-1, 1) * scales.view(1, -1)
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class AudioReasonerEncoder(AudioReasonerPreTrainedModel):
    """Whisper's encoder and an average pool by two, computed on the frames that were recorded.

    Two convolutions (the second of stride two) turn mel frames into positions; a window with L valid frames has
    n = (L - 1) // 2 + 1 positions, which attend to each other, and n // 2 audio tokens. Positions of all windows lie
    one after the other in a packed tensor, so linear layers do no work on padding; windows of equal length share one
    attention call. The result equals the stock encoder's on its valid positions.
    """

    config_class = AudioReasonerEncoderConfig
    main_input_name = "input_features"
    input_modalities = ("audio",)
    _input_embed_layer = "conv1"

    def __init__(self, config: AudioReasonerEncoderConfig) -> None:
        super().__init__(config)
        self.dropout = config.dropout
        self.layerdrop = config.encoder_layerdrop
        self.embed_scale = math.sqrt(config.d_model) if config.scale_embedding else 1.0
        self.conv1 = nn.Conv1d(config.num_mel_bins, config.d_model, kernel_size=3, padding=1)
        self.conv2 = nn.Conv1d(config.d_model, config.d_model, kernel_size=3, stride=2, padding=1)
        self.embed_positions = nn.Embedding(config.max_source_positions, config.d_model)
        self.embed_positions.requires_grad_(False)
        self.layers = nn.ModuleList([AudioReasonerEncoderLayer(config) for _ in range(config.encoder_layers)])
        self.layer_norm = nn.LayerNorm(config.d_model)
        self.avg_pooler = nn.AvgPool1d(2, stride=2)
        self.gradient_checkpointing = False
        self.post_init()

    def forward(
        self, input_features: torch.Tensor, feature_attention_mask: torch.Tensor | None = None, **kwargs: Any
    ) -> AudioReasonerEncoderOutput:
        """Encode windows of log-mels.

        Args:
            input_features: (windows, num_mel_bins, frames), computed at least two frames past the last valid one
                (as the feature extractor does) or up to the window's end.
            feature_attention_mask: (windows, frames), 1 on valid frames, which come first.

        Raises:
            ValueError: the features do not fit the configuration, or the mask does not fit them.
        """
        positions = self._positions(input_features, feature_attention_mask)
        features = input_features.to(dtype=self.conv1.weight.dtype, device=self.conv1.weight.device)
        if self.training and self.config.apply_spec_augment:
            features = spec_augment(features, self.config)
        hidden = nn.functional.gelu(self.conv1(features))
        hidden = nn.functional.gelu(self.conv2(hidden)).transpose(1, 2)

        # Longest first: windows of one length lie together, and each run of them is one view of the packed tensor.
        order = sorted(range(len(positions)), key=lambda window: -positions[window])
        packed = [
            hidden[window, : positions[window]] + self.embed_positions.weight[: positions[window]] for window in order
        ]
        hidden = nn.functional.dropout(torch.cat(packed), p=self.dropout, training=self.training)
        groups = _runs([positions[window] for window in order])
        for layer in self.layers:
            if self.training and self.layerdrop > 0.0 and torch.rand([]) < self.layerdrop:
                continue
            hidden = layer(hidden, groups)

        pooled: list[torch.Tensor] = [hidden] * len(order)
        for window, part in zip(order, hidden.split([positions[window] for window in order]), strict=True):
            pooled[window] = self.avg_pooler(part.T).T
        tokens = torch.tensor([len(part) for part in pooled], device=hidden.device)
        return AudioReasonerEncoderOutput(last_hidden_state=self.layer_norm(torch.cat(pooled)), lengths=tokens)

    def _positions(self, features: torch.Tensor, mask: torch.Tensor | None) -> list[int]:
        """Positions of each window after the convolutions."""
        if features.ndim != 3 or features.shape[1] != self.config.num_mel_bins:
            raise ValueError(
                f"input_features have shape {tuple(features.shape)}, expected (windows, {self.config.num_mel_bins}, "
                "frames): use the feature extractor saved with this model."
            )
        if mask is None:
            raise ValueError(
                "input_features came without feature_attention_mask: pass the mask that the processor returns, "
                "so that padding is not heard."
            )
        windows, _, frames = features.shape
        if mask.shape != (windows, frames):
            raise ValueError(
                f"feature_attention_mask has shape {tuple(mask.shape)}, but input_features hold {windows} windows of "
                f"{frames} frames: pass both as the processor returns them."
            )
        valid = mask.sum(-1).tolist()
        longest = max(valid, default=0)
        if min(valid, default=0) < 3 or longest > 2 * self.config.max_source_positions:
            raise ValueError(
                f"A window has {min(valid, default=0)} to {longest} valid frames; the encoder takes 3 to "
                f"{2 * self.config.max_source_positions}: use the feature extractor saved with this model."
            )
        return [(length - 1) // 2 + 1 for length in valid]


def _runs(lengths: list[int]) -> list[tuple[int, int]]:
    """Runs of equal numbers: [5, 5, 3] -> [(2, 5), (1, 3)]."""
    runs: list[tuple[int, int]] = []
    for length in lengths:
        if runs and runs[-1][1] == length:
            runs[-1] = (runs[-1][0] + 1, length)
        else:
            runs.append((1, length))
    return runs


def spec_augment(features: torch.Tensor, config: AudioReasonerEncoderConfig) -> torch.Tensor:
    """Mask random spans of frames and of mel bands to zero (SpecAugment, arXiv 1904.08779), a new draw each call.

    `features` is (windows, mel bands, frames). The expected share of masked frames (bands) is `mask_time_prob`
    (`mask_feature_prob`) where spans do not overlap, as in Whisper's class.
    """
    windows, bands, frames = features.shape
    masked = features
    for size, axis, probability, length in (
        (frames, 1, config.mask_time_prob, config.mask_time_length),
        (bands, 2, config.mask_feature_prob, config.mask_feature_length),
    ):
        spans = int(probability * size / length + torch.rand(()).item())
        if spans == 0 or size <= length:
            continue
        starts = torch.randint(0, size - length + 1, (windows, spans, 1), device=features.device)
        index = torch.arange(size, device=features.device)
        hidden = ((index >= starts) & (index < starts + length)).any(dim=1)
        masked = masked.masked_fill(hidden.unsqueeze(axis), 0.0)
    return masked


class AudioReasonerMultiModalProjector(nn.Module):
    """One linear layer from the encoder's width to the language model's."""

    def __init__(self, config: AudioReasonerConfig) -> None:
        super().__init__()
        self.linear = nn.Linear(config.audio_config.d_model, config.text_config.hidden_size)

    def forward(self, audio_features: torch.Tensor) -> torch.Tensor:
        """(tokens, d_model) -> (tokens, hidden_size)."""
        return self.linear(audio_features)


class AudioReasonerModel(AudioReasonerPreTrainedModel):
    """Encoder, projector and language model without a head."""

    def __init__(self, config: AudioReasonerConfig) -> None:
        super().__init__(config)
        self.audio_tower = AudioReasonerEncoder._from_config(config.audio_config)
        self.multi_modal_projector = AudioReasonerMultiModalProjector(config)
        self.language_model = AutoModel.from_config(config.text_config)
        self.post_init()

    def get_input_embeddings(self) -> nn.Module:
        return self.language_model.get_input_embeddings()

    def set_input_embeddings(self, value: nn.Module) -> None:
        self.language_model.set_input_embeddings(value)

    def get_audio_features(
        self, input_features: torch.Tensor, feature_attention_mask: torch.Tensor, **kwargs: Any
    ) -> AudioReasonerEncoderOutput:
        """Audio embeddings in the language model's space, packed: (sum of tokens, hidden_size), with `lengths`."""
        encoded = self.audio_tower(input_features, feature_attention_mask)
        return AudioReasonerEncoderOutput(
            last_hidden_state=self.multi_modal_projector(encoded.last_hidden_state), lengths=encoded.lengths
        )

    def _merge(
        self,
        inputs_embeds: torch.Tensor,
        placeholders: torch.Tensor,
        input_features: torch.Tensor | None,
        feature_attention_mask: torch.Tensor | None,
    ) -> torch.Tensor:
        """Put one audio embedding on each placeholder, in order.

        Raises:
            ValueError: placeholders and features do not match, in either direction.
        """
        expected = int(placeholders.sum())
        if input_features is None:
            if feature_attention_mask is not None:
                raise ValueError("feature_attention_mask came without input_features: pass both, or neither.")
            if expected:
                raise ValueError(
                    f"The prompt holds {expected} audio placeholders, but no input_features were passed: the model "
                    "would answer without hearing. Pass everything that the processor returns."
                )
            return inputs_embeds
        audio = self.get_audio_features(input_features, feature_attention_mask)
        found = audio.last_hidden_state.shape[0]
        if found != expected:
            raise ValueError(
                f"The prompt holds {expected} audio placeholders, but the {len(audio.lengths)} windows of audio give "
                f"{found} embeddings: build input_ids and input_features by one call of the processor."
            )
        features = audio.last_hidden_state.to(inputs_embeds.device, inputs_embeds.dtype)
        return inputs_embeds.masked_scatter(placeholders.unsqueeze(-1), features)

    @can_return_tuple
    def forward(
        self,
        input_ids: torch.LongTensor | None = None,
        input_features: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        feature_attention_mask: torch.Tensor | None = None,
        position_ids: torch.LongTensor | None = None,
        past_key_values: Cache | None = None,
        inputs_embeds: torch.Tensor | None = None,
        use_cache: bool | None = None,
        **kwargs: Any,
    ) -> tuple | BaseModelOutputWithPast:
        """See [`AudioReasonerForConditionalGeneration.forward`]."""
        if (input_ids is None) == (inputs_embeds is None):
            raise ValueError("Pass either input_ids or inputs_embeds, not both and not neither.")
        if inputs_embeds is None:
            inputs_embeds = self.get_input_embeddings()(input_ids)
            generating = past_key_values is not None and past_key_values.get_seq_length() > 0
            # While generating, a placeholder can only be a token that the model itself wrote: it is text.
            if not generating or input_features is not None:
                placeholders = (input_ids == self.config.audio_token_id).to(inputs_embeds.device)
                inputs_embeds = self._merge(inputs_embeds, placeholders, input_features, feature_attention_mask)
        elif input_features is not None:
            raise ValueError(
                "inputs_embeds and input_features were both passed: the audio has no placeholders to go to. Merge the "
                "audio into inputs_embeds yourself (get_audio_features), or pass input_ids."
            )
        return self.language_model(
            attention_mask=attention_mask,
            position_ids=position_ids,
            past_key_values=past_key_values,
            inputs_embeds=inputs_embeds,
            use_cache=use_cache,
            **kwargs,
        )


class AudioReasonerForConditionalGeneration(AudioReasonerPreTrainedModel, GenerationMixin):
    """Audio-Reasoner with a language modelling head: hears recordings and answers in sections."""

    _tied_weights_keys = {"lm_head.weight": "model.language_model.embed_tokens.weight"}

    def __init__(self, config: AudioReasonerConfig) -> None:
        super().__init__(config)
        self.model = AudioReasonerModel(config)
        self.lm_head = nn.Linear(config.text_config.hidden_size, config.text_config.vocab_size, bias=False)
        self.post_init()

    def get_input_embeddings(self) -> nn.Module:
        return self.model.get_input_embeddings()

    def set_input_embeddings(self, value: nn.Module) -> None:
        self.model.set_input_embeddings(value)

    def get_audio_features(self, input_features: torch.Tensor, feature_attention_mask: torch.Tensor, **kwargs: Any):
        """See [`AudioReasonerModel.get_audio_features`]."""
        return self.model.get_audio_features(input_features, feature_attention_mask, **kwargs)

    @can_return_tuple
    def forward(
        self,
        input_ids: torch.LongTensor | None = None,
        input_features: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        feature_attention_mask: torch.Tensor | None = None,
        position_ids: torch.LongTensor | None = None,
        past_key_values: Cache | None = None,
        inputs_embeds: torch.Tensor | None = None,
        labels: torch.LongTensor | None = None,
        use_cache: bool | None = None,
        logits_to_keep: int | torch.Tensor = 0,
        **kwargs: Any,
    ) -> tuple | CausalLMOutputWithPast:
        """One pass over the prompt, or over the next token.

        Args:
            input_ids: (batch, length); one placeholder `config.audio_token_id` for each audio embedding.
            input_features: (windows, num_mel_bins, frames), all windows of the batch in the order of the placeholders.
            attention_mask: (batch, length), 1 on tokens, 0 on padding.
            feature_attention_mask: (windows, frames), 1 on recorded frames.
            labels: (batch, length), -100 where no loss is taken.
            logits_to_keep: compute logits for the last so many positions only (0: for all).

        Returns:
            `loss`, `logits` (batch, positions, vocab_size), `past_key_values`.

        Raises:
            ValueError: placeholders and features do not match, or one of features and mask is missing.
        """
        outputs = self.model(
            input_ids=input_ids,
            input_features=input_features,
            attention_mask=attention_mask,
            feature_attention_mask=feature_attention_mask,
            position_ids=position_ids,
            past_key_values=past_key_values,
            inputs_embeds=inputs_embeds,
            use_cache=use_cache,
            **kwargs,
        )
        kept = slice(-logits_to_keep, None) if isinstance(logits_to_keep, int) else logits_to_keep
        logits = self.lm_head(outputs.last_hidden_state[:, kept, :])
        loss = None
        if labels is not None:
            loss = self.loss_function(logits, labels, vocab_size=self.config.text_config.vocab_size, **kwargs)
        return CausalLMOutputWithPast(
            loss=loss,
            logits=logits,
            past_key_values=outputs.past_key_values,
            hidden_states=outputs.hidden_states,
            attentions=outputs.attentions,
        )

    def prepare_inputs_for_generation(
        self, *args: Any, is_first_iteration: bool | None = False, **kwargs: Any
    ) -> dict:
        """As the base class; the mask of the features goes with the features, into the prefill alone."""
        inputs = super().prepare_inputs_for_generation(*args, is_first_iteration=is_first_iteration, **kwargs)
        if inputs.get("input_features") is None:
            inputs.pop("feature_attention_mask", None)
        return inputs

    def _expand_inputs_for_generation(
        self,
        expand_size: int = 1,
        is_encoder_decoder: bool = False,
        input_ids: torch.LongTensor | None = None,
        **model_kwargs: Any,
    ) -> tuple[torch.LongTensor, dict[str, Any]]:
        """As the base class, keeping the windows of each prompt together: a prompt repeats, and its audio with it."""
        features, mask = (
            model_kwargs.pop("input_features", None),
            model_kwargs.pop("feature_attention_mask", None),
        )
        if features is not None and expand_size > 1:
            owned = self._windows_by_prompt(input_ids, mask)
            order = [window for windows in owned for _ in range(expand_size) for window in windows]
            features, mask = features[order], mask[order]
        input_ids, model_kwargs = super()._expand_inputs_for_generation(
            expand_size=expand_size,
            is_encoder_decoder=is_encoder_decoder,
            input_ids=input_ids,
            **model_kwargs,
        )
        if features is not None:
            model_kwargs.update(input_features=features, feature_attention_mask=mask)
        return input_ids, model_kwargs

    def _windows_by_prompt(self, input_ids: torch.LongTensor, mask: torch.Tensor) -> list[list[int]]:
        """The windows that belong to each prompt, found by counting its placeholders."""
        tokens = [((length - 1) // 2 + 1) // 2 for length in mask.sum(-1).tolist()]
        owned: list[list[int]] = []
        window = 0
        for placeholders in (input_ids == self.config.audio_token_id).sum(-1).tolist():
            owned.append([])
            while placeholders > 0 and window < len(tokens):
                owned[-1].append(window)
                placeholders -= tokens[window]
                window += 1
            if placeholders:
                raise ValueError(
                    f"The placeholders of prompt {len(owned)} do not match the windows of audio: build input_ids and "
                    "input_features by one call of the processor."
                )
        if window != len(tokens):
            raise ValueError(f"{len(tokens) - window} windows of audio have no placeholders in any prompt.")
        return owned


def _register_checkpoint_names() -> None:
    """Read and write Qwen2-Audio's key names.

    Files hold `audio_tower.*`, `language_model.model.*`, `language_model.lm_head.weight`; in memory the first two live
    under `model.`. transformers applies such a mapping to custom code only where it is registered by model type and by
    class name; without it, `lm_head` would be left at random.
    """
    for name, source in (
        ("audio_reasoner", "qwen2_audio"),
        ("AudioReasonerForConditionalGeneration", "qwen2_audio"),
        ("AudioReasonerModel", "Qwen2AudioModel"),
    ):
        if get_checkpoint_conversion_mapping(name) is None:
            register_checkpoint_conversion_mapping(name, get_checkpoint_conversion_mapping(source))


_register_checkpoint_names()

__all__ = [
    "AudioReasonerEncoder",
    "AudioReasonerForConditionalGeneration",
    "AudioReasonerModel",
    "AudioReasonerPreTrainedModel",
]
