"""The audio encoder: Whisper's layers and an average pool by two, computed on the frames that were recorded.

Module names are Qwen2-Audio's (arXiv 2407.10759). This file knows nothing of text, placeholders or generation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedConfig, PreTrainedModel
from transformers import initialization as init
from transformers.activations import ACT2FN
from transformers.modeling_layers import GradientCheckpointingLayer
from transformers.modeling_outputs import ModelOutput
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
from transformers.utils.generic import is_flash_attention_requested

from .configuration_audio_reasoner import AudioReasonerConfig, AudioReasonerEncoderConfig, count_positions
from .linear_audio_reasoner import AudioReasonerConv1d, AudioReasonerLinear
from .packing_audio_reasoner import Packing
from .quantization_audio_reasoner import keep_audio_exact
from .recomputation_audio_reasoner import activated, computed_again, normalised
from .saving_audio_reasoner import PushesCode, save_code


@dataclass
class AudioReasonerEncoderOutput(ModelOutput):
    """Audio embeddings of all windows, packed one after the other.

    last_hidden_state: (sum of lengths, d_model).
    lengths: (windows,), audio tokens of each window.
    pooler_output: (sum of lengths, hidden size), the same in the language model's space; only from
        `get_audio_features` of a whole model.
    """

    last_hidden_state: torch.Tensor = None  # type: ignore[assignment]  # ModelOutput wants defaults
    lengths: torch.Tensor = None  # type: ignore[assignment]
    pooler_output: torch.Tensor | None = None


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
        self.k_proj = AudioReasonerLinear(config.d_model, config.d_model, bias=False)
        self.v_proj = AudioReasonerLinear(config.d_model, config.d_model)
        self.q_proj = AudioReasonerLinear(config.d_model, config.d_model)
        self.out_proj = AudioReasonerLinear(config.d_model, config.d_model)

    def forward(self, hidden_states: torch.Tensor, packing: Packing) -> torch.Tensor:
        """(positions, d_model) -> the same.

        FlashAttention takes all windows in one call by their bounds; other implementations take one call for each run
        of windows of one length, as a batch.
        """
        attend: Callable = ALL_ATTENTION_FUNCTIONS.get_interface(
            self.config._attn_implementation, eager_attention_forward
        )
        # Scaling the query first, as Whisper does, keeps the rounding of released checkpoints.
        query = self.q_proj(hidden_states) * self.scaling
        key, value = self.k_proj(hidden_states), self.v_proj(hidden_states)
        options = {"dropout": self.dropout if self.training else 0.0, "scaling": 1.0, "is_causal": False}
        if is_flash_attention_requested(self.config):
            whole = [part.view(1, -1, self.num_heads, self.head_dim).transpose(1, 2) for part in (query, key, value)]
            bounds = packing.bounds.to(hidden_states.device)  # layers may lie on several
            output, _ = attend(
                self,
                *whole,
                None,
                cu_seq_lens_q=bounds,
                cu_seq_lens_k=bounds,
                max_length_q=packing.longest,
                max_length_k=packing.longest,
                **options,
            )
            return self.out_proj(output.reshape(hidden_states.shape))
        attended = []
        start = 0
        for windows, positions in packing.groups:
            stop = start + windows * positions
            split = [
                part[start:stop].view(windows, positions, self.num_heads, self.head_dim).transpose(1, 2)
                for part in (query, key, value)
            ]
            output, _ = attend(self, *split, None, **options)
            attended.append(output.reshape(stop - start, -1))
            start = stop
        if len(attended) == 1:
            return self.out_proj(attended[0])
        # Attention keeps what it gave: all of it one after the other need not be kept, too.
        parts = [part.detach() for part in attended]
        with computed_again(output := torch.cat(attended), lambda: torch.cat(parts)):
            return self.out_proj(output)


class AudioReasonerEncoderLayer(GradientCheckpointingLayer):
    """A pre-norm transformer layer over packed positions."""

    def __init__(self, config: AudioReasonerEncoderConfig) -> None:
        super().__init__()
        self.self_attn = AudioReasonerAttention(config)
        self.self_attn_layer_norm = nn.LayerNorm(config.d_model)
        self.dropout = config.dropout
        self.activation_fn = ACT2FN[config.activation_function]
        self.activation_dropout = config.activation_dropout
        self.fc1 = AudioReasonerLinear(config.d_model, config.encoder_ffn_dim)
        self.fc2 = AudioReasonerLinear(config.encoder_ffn_dim, config.d_model)
        self.final_layer_norm = nn.LayerNorm(config.d_model)

    def forward(self, hidden_states: torch.Tensor, packing: Packing) -> torch.Tensor:
        """(positions, d_model) -> (positions, d_model)."""
        output, read = normalised(self.self_attn_layer_norm, hidden_states)
        with read:
            attended = self.self_attn(output, packing)
        hidden_states = hidden_states + nn.functional.dropout(attended, p=self.dropout, training=self.training)
        output, read = normalised(self.final_layer_norm, hidden_states)
        with read:
            inner = self.fc1(output)
        inner, read = activated(self.activation_fn, inner)
        inner = nn.functional.dropout(inner, p=self.activation_dropout, training=self.training)
        with read:
            inner = self.fc2(inner)
        inner = nn.functional.dropout(inner, p=self.dropout, training=self.training)
        hidden_states = hidden_states + inner
        if hidden_states.dtype == torch.float16:
            limit = torch.finfo(torch.float16).max - 1000
            hidden_states = hidden_states.clamp(-limit, limit)
        return hidden_states


class AudioReasonerPreTrainedModel(PushesCode, PreTrainedModel):
    """Loading, saving and initialisation."""

    config_class: type[PreTrainedConfig] = AudioReasonerConfig
    base_model_prefix = "model"
    input_modalities: tuple[str, ...] = ("audio", "text")
    supports_gradient_checkpointing = True
    _no_split_modules = ["AudioReasonerEncoderLayer"]
    _skip_keys_device_placement = ["cache", "past_key_values"]
    _supports_flash_attn = True
    _supports_sdpa = True
    _supports_flex_attn = True
    _supports_attention_backend = True
    _can_compile_fullgraph = True

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        super()._init_weights(module)
        if isinstance(module, SinusoidalPositions):
            init.copy_(module.weight, sinusoids(module.num_embeddings, module.embedding_dim))

    @classmethod
    def from_pretrained(
        cls, *args: Any, quantization_config: Any = None, frozen_parts: Sequence[str] = (), **kwargs: Any
    ) -> Any:
        """As the base class. A `quantization_config` that names no modules to skip skips encoder and projector.

        Positions stay fixed: the base class makes every weight that it loads trainable.

        Args:
            frozen_parts: names of modules that training leaves as they are, each as its parent holds it:
                `audio_tower`, `multi_modal_projector`, `language_model`, `lm_head` or any module inside them. Said at
                each loading and not saved. A head that shares its table with the language model freezes with it.

        Raises:
            ValueError: the model has no module of such a name.
        """
        if quantization_config is not None:
            kwargs["quantization_config"] = keep_audio_exact(quantization_config)
        loaded = super().from_pretrained(*args, **kwargs)
        model = loaded[0] if isinstance(loaded, tuple) else loaded
        for module in model.modules():
            if isinstance(module, SinusoidalPositions):
                module.requires_grad_(False)
        for part in frozen_parts:
            found = [module for name, module in model.named_modules() if name.rpartition(".")[2] == part]
            if not found:
                raise ValueError(
                    f"frozen_parts names {part!r}, which is no module of this model: name one, as audio_tower."
                )
            for module in found:
                module.requires_grad_(False)
        return loaded

    def save_pretrained(self, save_directory: str, *args: Any, **kwargs: Any) -> Any:
        """As the base class, with the code beside the weights: the folder loads where this package is absent."""
        if kwargs.get("is_main_process", True):
            save_code(save_directory)
        return super().save_pretrained(save_directory, *args, **kwargs)


class SinusoidalPositions(nn.Embedding):
    """Whisper's position embeddings as a layer.

    A layer of its own, since transformers passes over modules of remote code that own no parameter: an encoder that
    would fill its child in `_init_weights` is never asked to.
    """


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
        self.conv1 = AudioReasonerConv1d(config.num_mel_bins, config.d_model, kernel_size=3, padding=1)
        self.conv2 = AudioReasonerConv1d(config.d_model, config.d_model, kernel_size=3, stride=2, padding=1)
        self.embed_positions = SinusoidalPositions(config.max_source_positions, config.d_model)
        self.embed_positions.requires_grad_(False)
        self.layers = nn.ModuleList([AudioReasonerEncoderLayer(config) for _ in range(config.encoder_layers)])
        self.layer_norm = nn.LayerNorm(config.d_model)
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
            ValueError: the features do not fit the configuration, or the mask does not fit them; or hidden states or
                attentions are asked for.
        """
        for name in ("output_hidden_states", "output_attentions"):
            if kwargs.get(name):
                raise ValueError(f"The encoder keeps no {name.removeprefix('output_')}: leave {name} out.")
        positions = self._positions(input_features, feature_attention_mask)
        weight = self.conv1.weight
        # A weight that waits elsewhere (device_map) has no device of its own: its hook moves what it is given.
        features = input_features.to(input_features.device if weight.is_meta else weight.device, weight.dtype)
        if self.training and self.config.apply_spec_augment:
            features = spec_augment(features, self.config)
        # Longest first: windows of one length lie together, and each run of them is one view of the packed tensor.
        order = sorted(range(len(positions)), key=lambda window: -positions[window])
        packing = Packing.of([positions[window] for window in order], features.device)
        hidden = self._convolve(features, order, packing)
        hidden = nn.functional.dropout(hidden, p=self.dropout, training=self.training)
        for layer in self.layers:
            if self.training and self.layerdrop > 0.0 and torch.rand([]) < self.layerdrop:
                continue
            hidden = layer(hidden, packing)

        pooled: list[torch.Tensor] = [hidden] * len(order)
        for window, part in zip(order, hidden.split([positions[window] for window in order]), strict=True):
            pooled[window] = part[: len(part) // 2 * 2].unflatten(0, (-1, 2)).mean(dim=1)
        tokens = torch.tensor([len(part) for part in pooled], device=hidden.device)
        return AudioReasonerEncoderOutput(last_hidden_state=self.layer_norm(torch.cat(pooled)), lengths=tokens)

    def _convolve(self, features: torch.Tensor, order: list[int], packing: Packing) -> torch.Tensor:
        """Packed positions (positions, d_model) of windows (windows, num_mel_bins, frames), with their embeddings.

        Each run of windows of one length is cut to the 2n + 1 frames that its n positions see, so that padding is not
        convolved either. There the convolutions give a position more, which sees the cut and is left out.
        """
        table = self.embed_positions(torch.arange(packing.longest, device=features.device)).to(features.device)
        packed: list[torch.Tensor] = []
        for windows, positions in packing.groups:
            chosen = order[len(packed) : len(packed) + windows]
            seen = features[chosen, :, : 2 * positions + 1]
            hidden, read = activated(nn.functional.gelu, self.conv1(seen))
            with read:
                hidden = self.conv2(hidden)
            hidden = nn.functional.gelu(hidden).transpose(1, 2)
            packed.extend((hidden[:, :positions] + table[:positions]).unbind())
        return torch.cat(packed)

    def _positions(self, features: torch.Tensor, mask: torch.Tensor | None) -> list[int]:
        """Positions of each window after the convolutions."""
        for name, given in (("input_features", features), ("feature_attention_mask", mask)):
            if given is not None and not isinstance(given, torch.Tensor):
                raise ValueError(
                    f"{name} is a {type(given).__name__}, not a tensor: call the processor with return_tensors='pt'."
                )
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
        if ((mask != 0) & (mask != 1)).any() or (mask[:, 1:] > mask[:, :-1]).any():
            raise ValueError(
                "feature_attention_mask is not 1 on a window's first frames and 0 behind them: pad features at the "
                "end, as the feature extractor does, else other frames than the recorded ones would be heard."
            )
        valid = mask.sum(-1, dtype=torch.int64).tolist()  # a mask of floats is as good
        longest = max(valid, default=0)
        if min(valid, default=0) < 3 or longest > 2 * self.config.max_source_positions:
            raise ValueError(
                f"A window has {min(valid, default=0)} to {longest} valid frames; the encoder takes 3 to "
                f"{2 * self.config.max_source_positions}: use the feature extractor saved with this model."
            )
        # The extremes of a tensor are NaN where it holds one: several times cheaper than to look at each value.
        if not torch.stack(torch.aminmax(features)).isfinite().all():
            raise ValueError("input_features hold NaN or infinite values: compute them by the feature extractor.")
        return [count_positions(frames) for frames in valid]


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
