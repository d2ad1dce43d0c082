"""Rows of text of unequal length through a language model, with nothing computed on their padding.

The tokens of all rows lie one after the other in one row, and attention keeps them apart: FlashAttention by their
bounds, SDPA a run of rows of one length at a time, causally and without a mask. So it works for whatever trains by
padded batches, as TRL does with recordings. Knows nothing of audio.
"""

from __future__ import annotations

import inspect
from typing import Any

import torch
from torch import nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask
from transformers.modeling_outputs import ModelOutput
from transformers.utils.generic import is_flash_attention_requested

from .packing_audio_reasoner import Packing, groups_of


UNPADDED_SDPA = "unpadded_sdpa"
"""What a language model's attention is called once SDPA was given a batch without its padding: SDPA for all else."""
_COUNT_FROM_ZERO = ("gpt2", "opt")
"""Kinds of language models with a table of positions that are known to begin with a row's first token."""
_CHANGE_THE_MASK = ("doge",)
"""Kinds whose layers compute with the mask before attention gets it."""
_PADDED_OUTPUTS = ("output_hidden_states", "output_attentions", "output_router_logits")


def unpadded_sdpa_attention_forward(
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    **kwargs: Any,
) -> tuple[torch.Tensor, None]:
    """As transformers' SDPA; with whole numbers for a mask, the lengths of the rows that lie one after the other.

    query: (1, heads, tokens, head size), key and value the same with heads of their own -> (1, tokens, heads, head
    size). attention_mask: (1, 1, 1, rows), each row's tokens. They travel as a mask since every language model hands
    that on as it is, also when gradient checkpointing runs a layer anew; SDPA itself refuses whole numbers.
    """
    if attention_mask is None or attention_mask.dtype != torch.int64:
        return sdpa_attention_forward(module, query, key, value, attention_mask, **kwargs)
    attended = []
    start = 0
    for rows, tokens in groups_of(attention_mask.flatten().tolist()):
        stop = start + rows * tokens
        split = [part[0, :, start:stop].unflatten(1, (rows, tokens)).transpose(0, 1) for part in (query, key, value)]
        output, _ = sdpa_attention_forward(module, *split, None, **kwargs)
        attended.append(output.flatten(0, 1))
        start = stop
    return torch.cat(attended)[None], None


AttentionInterface.register(UNPADDED_SDPA, unpadded_sdpa_attention_forward)
AttentionMaskInterface.register(UNPADDED_SDPA, sdpa_mask)


def can_leave_padding_out(
    language_model: PreTrainedModel, inputs_embeds: torch.Tensor, attention_mask: torch.Tensor | None, **kwargs: Any
) -> bool:
    """Whether `without_padding` gives what the language model itself gives for these arguments.

    Not where nothing is padding, or padding lies between a row's tokens; where a cache is written (where one is read,
    neither of the two may be called), or more is asked for than the last hidden states; where rows are told apart by
    something else than attention (a state, a bias of attention); and not for eager and flex attention, which have no
    call for rows of unequal length.
    """
    config = language_model.config
    if (
        attention_mask is None
        or attention_mask.shape != inputs_embeds.shape[:2]
        or torch.compiler.is_compiling()
        or torch.jit.is_tracing()
        or not (kwargs.get("use_cache") is False or (kwargs.get("use_cache") is None and language_model.training))
        or any(kwargs.get(name) or getattr(config, name, False) for name in _PADDED_OUTPUTS)
        or any(
            isinstance(value, torch.Tensor) and name != "position_ids" and value.shape[:2] == attention_mask.shape
            for name, value in kwargs.items()
        )
        or (kwargs.get("position_ids") is not None and kwargs["position_ids"].shape != attention_mask.shape)
    ):
        return False
    tokens = attention_mask != 0
    lengths = tokens.sum(1).tolist()
    if min(lengths) == inputs_embeds.shape[1] or min(lengths) == 0:
        return False
    begins = tokens[:, 1:] & ~tokens[:, :-1]
    at_the_start = tokens[:, 0]
    if (begins.sum(1) + at_the_start > 1).any():
        return False
    # Positions that are counted from a row's first token are the same turned by an angle, or the same where that token
    # is the row's first place.
    turned = hasattr(language_model, "rotary_emb")
    if kwargs.get("position_ids") is None and not turned and not at_the_start.all():
        return False
    return (turned or config.model_type in _COUNT_FROM_ZERO) and _tells_rows_apart(language_model, max(lengths))


def _tells_rows_apart(language_model: PreTrainedModel, longest: int) -> bool:
    """Whether rows of at most `longest` tokens meet in attention alone, and attention can tell them apart."""
    config = language_model.config
    flash = is_flash_attention_requested(config)
    kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
    window = getattr(config, "sliding_window", None) if getattr(config, "use_sliding_window", True) else None
    return (
        (flash or config._attn_implementation in ("sdpa", UNPADDED_SDPA))
        and config.model_type not in _CHANGE_THE_MASK
        and bool(getattr(language_model, "_supports_attention_backend", False))
        and not getattr(language_model, "_is_stateful", False)
        and "position_ids" in inspect.signature(language_model.forward).parameters
        and kinds <= {"full_attention", "sliding_attention"}
        # FlashAttention is told the window; SDPA would need it in a mask.
        and (flash or window is None or longest <= window)
    )


def without_padding(
    language_model: PreTrainedModel,
    inputs_embeds: torch.Tensor,
    attention_mask: torch.Tensor,
    position_ids: torch.Tensor | None = None,
    **kwargs: Any,
) -> ModelOutput:
    """What the language model gives for the tokens of a batch, whose padding is left out.

    Args:
        language_model: one that `can_leave_padding_out`. SDPA becomes `UNPADDED_SDPA` in its config, and stays so.
        inputs_embeds: (batch, length, hidden size).
        attention_mask: (batch, length), not 0 on tokens.
        position_ids: (batch, length); each row's tokens are counted from 0 without them.
        kwargs: of the language model.

    Returns:
        `last_hidden_state` (batch, length, hidden size), zeros on padding; no cache.
    """
    batch, length = attention_mask.shape
    tokens = attention_mask != 0
    # Longest first: rows of one length lie together.
    order = tokens.sum(1).argsort(descending=True, stable=True)
    tokens = tokens[order]
    lengths = tokens.sum(1).tolist()
    places = torch.arange(batch * length, device=tokens.device).view(batch, length)[order][tokens]
    if position_ids is None:
        positions = tokens.cumsum(1)[tokens] - 1
    else:
        positions = position_ids.flatten()[places]
    if is_flash_attention_requested(language_model.config):
        mask = None
        packing = Packing.of(lengths, inputs_embeds.device)
        kwargs |= {
            "cu_seq_lens_q": packing.bounds,
            "cu_seq_lens_k": packing.bounds,
            "max_length_q": packing.longest,
            "max_length_k": packing.longest,
        }
    else:
        language_model.config._attn_implementation = UNPADDED_SDPA
        mask = torch.tensor(lengths).view(1, 1, 1, -1)
    outputs = language_model(
        inputs_embeds=inputs_embeds.flatten(0, 1)[places.to(inputs_embeds.device)][None],
        attention_mask=mask,
        position_ids=positions[None].to(inputs_embeds.device),
        **{**kwargs, "use_cache": False, "return_dict": True},
    )
    packed = outputs["last_hidden_state"][0]
    padded = packed.new_zeros(batch * length, packed.shape[1]).index_copy(0, places.to(packed.device), packed)
    outputs["last_hidden_state"] = padded.view(batch, length, -1)
    return outputs


__all__ = ["UNPADDED_SDPA", "can_leave_padding_out", "without_padding"]
