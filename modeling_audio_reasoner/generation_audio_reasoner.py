"""What generation does with recordings: each is encoded once, and its embeddings follow the prompts that repeat it.

Works on prompts, placeholders and embeddings; knows nothing of the encoder's and the language model's layers.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import torch
from transformers import GenerationMixin
from transformers.modeling_outputs import BaseModelOutputWithPooling, ModelOutput

from .voting_audio_reasoner import VotedAnswer, vote


def embeddings_of_prompts(placeholders: torch.Tensor, audio: ModelOutput) -> tuple[torch.Tensor, ...]:
    """The audio embeddings of each prompt, (placeholders of the prompt, hidden size).

    Args:
        placeholders: (prompts, length), true on placeholders.
        audio: `pooler_output`, (..., hidden size), the embeddings of all windows in the order of the placeholders;
            and `lengths`, (windows,), where it is known.

    Raises:
        ValueError: placeholders and windows do not match, in all or in a single prompt.
    """
    embeddings = audio.pooler_output.flatten(0, -2)
    expected = placeholders.sum(-1).tolist()
    if sum(expected) != len(embeddings):
        raise ValueError(
            f"The prompt holds {sum(expected)} audio placeholders, but the audio gives {len(embeddings)} embeddings: "
            "build input_ids and input_features by one call of the processor."
        )
    lengths = getattr(audio, "lengths", None)
    ends = {0, *accumulate(lengths.tolist() if lengths is not None else expected)}
    for prompt, end in enumerate(accumulate(expected)):
        if end not in ends:
            raise ValueError(
                f"The placeholders of prompt {prompt} do not match the windows of audio, of which one would be heard "
                "by two prompts: build input_ids and input_features by one call of the processor."
            )
    return embeddings.split(expected)


class AudioGenerationMixin(GenerationMixin):
    """`generate` for prompts with recordings.

    Before the prefill recordings become `mm_encoder_outputs`, transformers' name for what encoders have given: each is
    encoded once, however many answers are sampled or beams kept, and prefill in chunks takes the rows of its chunk.
    """

    def vote(self, processor: Any, messages: list[dict], **options: Any) -> VotedAnswer:
        """Sample several answers to one conversation and return what most of them say: see [`vote`]."""
        return vote(self, processor, messages, **options)

    def prepare_inputs_for_generation(
        self, *args: Any, is_first_iteration: bool | None = False, **kwargs: Any
    ) -> dict:
        """As the base class; what is heard goes into the prefill alone, or with every pass where there is no cache."""
        inputs = super().prepare_inputs_for_generation(*args, is_first_iteration=is_first_iteration, **kwargs)
        if not is_first_iteration and kwargs.get("use_cache", True):
            heard = inputs.pop("mm_encoder_outputs", None)
            tokens = inputs.get("input_ids")
            if heard and tokens is not None and tokens.shape[1] > 1 and (tokens == self.config.audio_token_id).any():
                raise ValueError(
                    "prefill_chunk_size takes prompts with recordings from transformers 5.23 on: leave it out, or "
                    "update transformers."
                )
        return inputs

    def _expand_inputs_for_generation(
        self,
        expand_size: int = 1,
        is_encoder_decoder: bool = False,
        input_ids: torch.LongTensor | None = None,
        **model_kwargs: Any,
    ) -> tuple[torch.LongTensor, dict[str, Any]]:
        """As the base class, with the recordings of each prompt encoded, and repeated as the prompt is."""
        features, mask = model_kwargs.pop("input_features", None), model_kwargs.pop("feature_attention_mask", None)
        encoded = model_kwargs.pop("mm_encoder_outputs", None) or {}
        if features is not None and not encoded:
            encoded = {"audio": self.get_audio_features(features, mask)}
        elif features is not None or mask is not None:
            raise ValueError(
                "Pass recordings once: input_features with feature_attention_mask, or mm_encoder_outputs, not both "
                "and not the mask alone."
            )
        if encoded:
            if input_ids is None:
                raise ValueError("Recordings came without input_ids: there are no placeholders for them to go to.")
            prompts = self._not_in_cache(input_ids, model_kwargs)
            owned = embeddings_of_prompts(prompts == self.config.audio_token_id, encoded["audio"])
            repeated = torch.cat([rows for rows in owned for _ in range(expand_size)])
        input_ids, model_kwargs = super()._expand_inputs_for_generation(
            expand_size=expand_size, is_encoder_decoder=is_encoder_decoder, input_ids=input_ids, **model_kwargs
        )
        if encoded:
            model_kwargs["mm_encoder_outputs"] = {"audio": BaseModelOutputWithPooling(pooler_output=repeated[None])}
        return input_ids, model_kwargs

    @staticmethod
    def _not_in_cache(input_ids: torch.Tensor, model_kwargs: dict[str, Any]) -> torch.Tensor:
        """The tokens of the prompts that a cache passed to `generate` does not hold yet."""
        cache, mask = model_kwargs.get("past_key_values"), model_kwargs.get("attention_mask")
        if cache is None or (mask is not None and mask.shape[-1] != input_ids.shape[1]):
            return input_ids
        return input_ids[:, int(cache.get_seq_length()) :]
