"""The model: the audio encoder, a projector, and any causal language model of transformers.

Architecture and module names are Qwen2-Audio's (arXiv 2407.10759), which Audio-Reasoner (arXiv 2503.02318) fine-tunes,
so released weights load under the same keys. This file knows nothing of files, text or sections.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from transformers import AutoModel
from transformers.cache_utils import Cache
from transformers.modeling_outputs import BaseModelOutputWithPast, CausalLMOutputWithPast, ModelOutput
from transformers.utils.generic import can_return_tuple

from .cache_names_audio_reasoner import CACHE, cache_name, one_cache
from .checkpoint_names_audio_reasoner import name_in_memory, register_checkpoint_names
from .configuration_audio_reasoner import AudioReasonerConfig
from .encoder_audio_reasoner import AudioReasonerEncoder, AudioReasonerEncoderOutput, AudioReasonerPreTrainedModel
from .generation_audio_reasoner import EMBEDDINGS_AND_RECORDINGS, AudioGenerationMixin, embeddings_of_prompts
from .images_audio_reasoner import recordings_of_pixels
from .processes_audio_reasoner import before_forward, others_run
from .training_speed_audio_reasoner import register_training_speed
from .unpadding_audio_reasoner import can_leave_padding_out, without_padding


MASK_ALONE = "feature_attention_mask came without input_features: pass both, or neither."


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

    _keys_to_ignore_on_load_unexpected = [r"lm_head"]

    def __init__(self, config: AudioReasonerConfig) -> None:
        super().__init__(config)
        self.audio_tower = AudioReasonerEncoder._from_config(config.audio_config)
        self.multi_modal_projector = AudioReasonerMultiModalProjector(config)
        self.language_model = AutoModel.from_config(config.text_config)
        self._cache_name = cache_name(self.language_model)
        self.post_init()

    @classmethod
    def from_pretrained(cls, *args: Any, key_mapping: dict[str, str] | None = None, **kwargs: Any) -> Any:
        """As the base class, also of files that transformers 5.17 to 5.22 wrote, which its own class does not read.

        Given for this call, not registered: transformers would write a whole model's files by it too.
        """
        older = {r"^language_model\.model\.model\.": "language_model."}
        return super().from_pretrained(*args, key_mapping={**older, **(key_mapping or {})}, **kwargs)

    def get_input_embeddings(self) -> nn.Module:
        return self.language_model.get_input_embeddings()

    def set_input_embeddings(self, value: nn.Module) -> None:
        self.language_model.set_input_embeddings(value)

    def get_audio_features(
        self, input_features: torch.Tensor, feature_attention_mask: torch.Tensor | None, **kwargs: Any
    ) -> AudioReasonerEncoderOutput:
        """What the encoder gives, with the audio embeddings in the language model's space as `pooler_output`."""
        encoded = self.audio_tower(input_features, feature_attention_mask)
        encoded.pooler_output = self.multi_modal_projector(encoded.last_hidden_state)
        return encoded

    def _merge(
        self,
        inputs_embeds: torch.Tensor,
        placeholders: torch.Tensor,
        input_features: torch.Tensor | None,
        feature_attention_mask: torch.Tensor | None,
        audio: ModelOutput | None,
    ) -> torch.Tensor:
        """Put one audio embedding on each placeholder, in order.

        Raises:
            ValueError: placeholders and features do not match, in either direction.
        """
        if input_features is not None:
            if audio is not None:
                raise ValueError("input_features and mm_encoder_outputs were both passed: pass recordings once.")
            audio = self.get_audio_features(input_features, feature_attention_mask)
        elif feature_attention_mask is not None:
            raise ValueError(MASK_ALONE)
        if audio is None:
            if expected := int(placeholders.sum()):
                raise ValueError(
                    f"The prompt holds {expected} audio placeholders, but no input_features were passed: the model "
                    "would answer without hearing. Pass everything that the processor returns; in training, give the "
                    "data set a column `images` with an empty list in every row, or TRL leaves the recordings out."
                )
            # A single token is a step of an answer, in which no process encodes.
            alone = inputs_embeds.shape[1] == 1 or not others_run()
            return inputs_embeds if alone else inputs_embeds + self._nothing_heard(inputs_embeds)
        embeddings = torch.cat(embeddings_of_prompts(placeholders, audio))
        embeddings = embeddings.to(inputs_embeds.device, inputs_embeds.dtype)
        return inputs_embeds.masked_scatter(placeholders.unsqueeze(-1), embeddings)

    def _nothing_heard(self, inputs_embeds: torch.Tensor) -> torch.Tensor:
        """A zero that went through encoder and projector: their layers run, and their gradients are zeros, not absent.

        Of one silent window of three frames, the shortest that the encoder takes; none of its embedding is in the sum.
        """
        bands = self.config.audio_config.num_mel_bins
        frames = torch.zeros(1, bands, 3, device=inputs_embeds.device)
        silence = self.get_audio_features(frames, torch.ones_like(frames[:, 0], dtype=torch.long))
        return silence["pooler_output"][:0].sum().to(inputs_embeds.device, inputs_embeds.dtype)

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
        mm_encoder_outputs: dict[str, ModelOutput] | None = None,
        pixel_values: torch.Tensor | None = None,
        cache: Cache | None = None,
        **kwargs: Any,
    ) -> tuple | BaseModelOutputWithPast:
        """See [`AudioReasonerForConditionalGeneration.forward`]."""
        if pixel_values is not None:
            if input_features is not None or feature_attention_mask is not None:
                raise ValueError("input_features and pixel_values were both passed: pass recordings once.")
            input_features, feature_attention_mask = recordings_of_pixels(pixel_values)
        if (input_ids is None) == (inputs_embeds is None):
            raise ValueError("Pass either input_ids or inputs_embeds, not both and not neither.")
        audio = (mm_encoder_outputs or {}).get("audio")
        if input_ids is not None:
            inputs_embeds = self.get_input_embeddings()(input_ids)
            # A single token is one that the model itself wrote, even where it spells a placeholder: it is text.
            if input_ids.shape[1] > 1 or input_features is not None or audio is not None:
                placeholders = (input_ids == self.config.audio_token_id).to(inputs_embeds.device)
                inputs_embeds = self._merge(inputs_embeds, placeholders, input_features, feature_attention_mask, audio)
        elif input_features is not None or audio is not None:
            raise ValueError(EMBEDDINGS_AND_RECORDINGS)
        elif feature_attention_mask is not None:
            raise ValueError(MASK_ALONE)
        kwargs |= {"position_ids": position_ids, "use_cache": use_cache}
        given = {"inputs_embeds": inputs_embeds, "attention_mask": attention_mask, **kwargs}
        cache = one_cache(cache, past_key_values)
        if cache is None and can_leave_padding_out(self.language_model, **given):
            return without_padding(self.language_model, **given)
        return self.language_model(**{self._cache_name: cache}, **given)


class AudioReasonerForConditionalGeneration(AudioReasonerPreTrainedModel, AudioGenerationMixin):
    """Audio-Reasoner with a language modelling head: hears recordings and answers in sections."""

    def __init__(self, config: AudioReasonerConfig) -> None:
        super().__init__(config)
        self.model = AudioReasonerModel(config)
        self.lm_head = nn.Linear(config.text_config.hidden_size, config.text_config.vocab_size, bias=False)
        # Language models have their own names for the table, as GPT-2's `wte`.
        table = self.get_input_embeddings()
        name = next(name for name, module in self.named_modules() if module is table)
        self._tied_weights_keys = {"lm_head.weight": f"{name}.weight"}
        self.register_forward_pre_hook(before_forward)
        register_training_speed()
        self.post_init()

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Any:
        """As the base class, also by the names that files have.

        A trainer that goes on from a checkpoint reads its file and loads it so, and passes over names that it does not
        find: it would go on from the weights that training began with.
        """
        named = {name_in_memory(name): weight for name, weight in state_dict.items()}
        return super().load_state_dict(named, strict, assign)

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
        mm_encoder_outputs: dict[str, ModelOutput] | None = None,
        cache: Cache | None = None,
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
            mm_encoder_outputs: in place of features and mask, recordings that were encoded before:
                `{"audio": model.get_audio_features(input_features, feature_attention_mask)}`.
            cache: of earlier positions; `past_key_values` is the same by its name before transformers 5.24.
            kwargs: of the language model; or `pixel_values`, in place of features and mask, as the processor returns
                them for recordings in the place of images.

        Returns:
            `loss`, `logits` (batch, positions, vocab_size), and the cache by transformers' own name for it.

        Raises:
            ValueError: placeholders and features do not match, or one of features and mask is missing; or labels came
                with `logits_to_keep`.
        """
        if labels is not None and not (isinstance(logits_to_keep, int) and logits_to_keep == 0):
            raise ValueError("labels and logits_to_keep were both passed: a loss takes the logits of all positions.")
        outputs = self.model(
            input_ids=input_ids,
            input_features=input_features,
            attention_mask=attention_mask,
            feature_attention_mask=feature_attention_mask,
            position_ids=position_ids,
            cache=one_cache(cache, past_key_values),
            inputs_embeds=inputs_embeds,
            use_cache=use_cache,
            mm_encoder_outputs=mm_encoder_outputs,
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
            hidden_states=outputs.hidden_states,
            attentions=outputs.attentions,
            **{CACHE: getattr(outputs, CACHE)},
        )


register_checkpoint_names()

__all__ = ["AudioReasonerForConditionalGeneration", "AudioReasonerModel"]
