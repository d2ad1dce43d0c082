"""What generation does with recordings: each is encoded once, and its embeddings follow the prompts that repeat it.

Works on prompts, placeholders and embeddings; knows nothing of the encoder's and the language model's layers.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import torch
from transformers import GenerationMixin
from transformers.modeling_outputs import BaseModelOutputWithPooling, ModelOutput

from .cache_names_audio_reasoner import NAMES, one_cache
from .voting_audio_reasoner import VotedAnswer, vote


EMBEDDINGS_AND_RECORDINGS = (
    "inputs_embeds and recordings were both passed: the audio has no placeholders to go to. Merge it into "
    "inputs_embeds yourself (get_audio_features), or pass input_ids."
)


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
        self,
        input_ids: torch.LongTensor,
        *args: Any,
        inputs_embeds: torch.Tensor | None = None,  # named, since `generate` looks for it here before it takes any
        is_first_iteration: bool | None = False,
        **kwargs: Any,
    ) -> dict:
        """As the base class; what is heard goes into the prefill alone, or with every pass where there is no cache."""
        inputs = super().prepare_inputs_for_generation(
            input_ids, *args, inputs_embeds=inputs_embeds, is_first_iteration=is_first_iteration, **kwargs
        )
        heard, tokens = kwargs.get("mm_encoder_outputs"), inputs.get("input_ids")
        if is_first_iteration or not heard or not kwargs.get("use_cache", True):
            return inputs
        inputs.pop("mm_encoder_outputs", None)
        if tokens is not None and tokens.shape[1] > 1:
            placeholders = int((tokens == self.config.audio_token_id).sum())
            if placeholders == heard["audio"].pooler_output.shape[-2]:
                inputs["mm_encoder_outputs"] = heard  # the prefill of an assistant, which is never a first iteration
            elif placeholders:
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
        audio = (model_kwargs.pop("mm_encoder_outputs", None) or {}).get("audio")
        if model_kwargs.get("inputs_embeds") is not None and (features is not None or audio is not None):
            raise ValueError(EMBEDDINGS_AND_RECORDINGS)
        if features is not None and audio is None:
            audio = self.get_audio_features(features, mask)
        elif features is not None or mask is not None:
            raise ValueError(
                "Pass recordings once: input_features with feature_attention_mask, or mm_encoder_outputs, not both "
                "and not the mask alone."
            )
        owned: list[torch.Tensor] = []
        if audio is not None:
            if input_ids is None:
                raise ValueError("Recordings came without input_ids: there are no placeholders for them to go to.")
            owned = self._still_to_hear(input_ids, audio, model_kwargs)
        input_ids, model_kwargs = super()._expand_inputs_for_generation(
            expand_size=expand_size, is_encoder_decoder=is_encoder_decoder, input_ids=input_ids, **model_kwargs
        )
        if sum(map(len, owned)):
            repeated = torch.cat([rows for rows in owned for _ in range(expand_size)])
            model_kwargs["mm_encoder_outputs"] = {"audio": BaseModelOutputWithPooling(pooler_output=repeated[None])}
        return input_ids, model_kwargs

    def _still_to_hear(
        self, input_ids: torch.Tensor, audio: ModelOutput, model_kwargs: dict[str, Any]
    ) -> list[torch.Tensor]:
        """The embeddings of each prompt that a cache passed to `generate` does not hold yet.

        Beside a cache `generate` takes whole prompts or their new tokens, and here the recordings of either.
        """
        placeholders = input_ids == self.config.audio_token_id
        cache, mask = one_cache(*map(model_kwargs.get, NAMES)), model_kwargs.get("attention_mask")
        held = 0 if cache is None else int(cache.get_seq_length())
        whole = held < input_ids.shape[1] and (mask is None or mask.shape[-1] == input_ids.shape[1])
        if not held or not whole:
            return list(embeddings_of_prompts(placeholders, audio))
        embeddings = audio.pooler_output.flatten(0, -2)
        if int(placeholders[:, held:].sum()) == len(embeddings):
            return list(embeddings_of_prompts(placeholders[:, held:], audio))
        before = placeholders[:, :held].sum(-1).tolist()
        everything = embeddings_of_prompts(placeholders, audio)
        return [rows[count:] for rows, count in zip(everything, before, strict=True)]
