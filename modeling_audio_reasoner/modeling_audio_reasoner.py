"""The model: the audio encoder, a projector, and any causal language model of transformers.

Architecture and module names are Qwen2-Audio's (arXiv 2407.10759), which Audio-Reasoner (arXiv 2503.02318) fine-tunes,
so released weights load under the same keys. This file knows nothing of files, text or sections.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from transformers import AutoModel, GenerationMixin
from transformers.cache_utils import Cache
from transformers.conversion_mapping import (
    get_checkpoint_conversion_mapping,
    register_checkpoint_conversion_mapping,
)
from transformers.modeling_outputs import BaseModelOutputWithPast, CausalLMOutputWithPast
from transformers.utils.generic import can_return_tuple

from .configuration_audio_reasoner import AudioReasonerConfig, count_audio_tokens
from .encoder_audio_reasoner import AudioReasonerEncoder, AudioReasonerEncoderOutput, AudioReasonerPreTrainedModel


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
        self, input_features: torch.Tensor, feature_attention_mask: torch.Tensor | None, **kwargs: Any
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
        embeddings, lengths = audio.last_hidden_state, audio.lengths
        if len(embeddings) != expected:
            raise ValueError(
                f"The prompt holds {expected} audio placeholders, but the {len(lengths)} windows of audio give "
                f"{len(embeddings)} embeddings: build input_ids and input_features by one call of the processor."
            )
        embeddings = embeddings.to(inputs_embeds.device, inputs_embeds.dtype)
        return inputs_embeds.masked_scatter(placeholders.unsqueeze(-1), embeddings)

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
        if features is not None and input_ids is not None and expand_size > 1:
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

    def _windows_by_prompt(self, input_ids: torch.Tensor, mask: torch.Tensor) -> list[list[int]]:
        """The windows that belong to each prompt, found by counting its placeholders."""
        tokens = [count_audio_tokens(frames) for frames in mask.sum(-1).tolist()]
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

__all__ = ["AudioReasonerForConditionalGeneration", "AudioReasonerModel"]
