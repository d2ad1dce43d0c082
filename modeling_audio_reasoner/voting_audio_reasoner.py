"""Inference scaling: several sampled answers to one question, and the one that most of them give.

Self-consistency (arXiv 2203.11171) over the response of a structured answer. The recordings are encoded once, and the
prompt goes through the language model once: the samples share its cache. Knows prompts, answers and choices; knows
nothing of the model's layers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import StoppingCriteria, StoppingCriteriaList

from .cache_names_audio_reasoner import CACHE, NAMES
from .choices_audio_reasoner import normalise, resolve_choice
from .messages_audio_reasoner import conversations_of
from .reasoning_audio_reasoner import Reasoning, parse_reasoning


ONE_SEQUENCE = {"num_beams": 1, "num_return_sequences": 1, "return_dict_in_generate": False, "use_cache": True}
"""What each sample needs, whatever the model's own settings say."""
OWN_ARGUMENTS = ("inputs", "input_ids", "inputs_embeds", "attention_mask", *NAMES)
"""Arguments of `generate` that a vote makes from the messages."""


@dataclass(frozen=True)
class VotedAnswer:
    """What several sampled answers agree on.

    reasoning: the chosen answer: the first well-formed one of those that gave the winning vote (the first, where none
        is); of all, where nobody voted.
    response: the winning vote, a choice or a normalised response; None where nobody voted.
    votes: how many answers gave each vote, most first; equal ones in the order in which they came in the batch.
    agreement: share of the finished answers that gave the winning vote, 0.0 where nobody voted.
    answers: the finished answers, in the order of the batch. One that resolves to no choice, or has no response,
        is here and has no vote.
    unfinished: answers that were cut, by the token limit or because the majority was decided. They have no vote.
    """

    reasoning: Reasoning
    response: str | None
    votes: dict[str, int]
    agreement: float
    answers: tuple[Reasoning, ...]
    unfinished: int


def ballot(answer: Reasoning, choices: Sequence[str] | None) -> str | None:
    """What an answer votes for: the choice that its response names, or its normalised response; None for neither."""
    if choices is None:
        return normalise(answer.response or "") or None
    index = resolve_choice(answer.response, choices)
    return None if index is None else choices[index]


class MajorityDecided(StoppingCriteria):
    """Stops all samples once those that are still being written cannot change who wins.

    Args:
        tokenizer: decodes the answers.
        prompt_length: tokens before the answers.
        end_ids: the tokens that end an answer.
        choices: what can be voted for; None for the normalised response.
        stop_early: false to collect the finished answers and stop nothing.
    """

    def __init__(
        self,
        tokenizer: Any,
        prompt_length: int,
        end_ids: Sequence[int],
        choices: Sequence[str] | None,
        stop_early: bool = True,
    ) -> None:
        self.tokenizer = tokenizer
        self.prompt_length = prompt_length
        self.end_ids = set(end_ids)
        self.choices = choices
        self.stop_early = stop_early
        self.finished: dict[int, Reasoning] = {}

    def __call__(self, input_ids: torch.LongTensor, scores: torch.Tensor, **kwargs: Any) -> torch.Tensor:
        """(samples,) all true once the majority is decided, else all false."""
        for row, last in enumerate(input_ids[:, -1].tolist()):
            if row not in self.finished and last in self.end_ids:
                text = self.tokenizer.decode(input_ids[row, self.prompt_length :], skip_special_tokens=True)
                self.finished[row] = parse_reasoning(text)
        decided = self.stop_early and self._decided(len(input_ids) - len(self.finished))
        return torch.full((len(input_ids),), decided, dtype=torch.bool, device=input_ids.device)

    def _decided(self, outstanding: int) -> bool:
        """Whether the leader stays ahead though all outstanding answers vote for the one behind it."""
        first, second = [*(count for _, count in self.votes().most_common(2)), 0, 0][:2]
        return first > second + outstanding

    def votes(self) -> Counter[str]:
        """The votes of the finished answers, in the order of the batch."""
        ballots = (ballot(answer, self.choices) for _, answer in sorted(self.finished.items()))
        return Counter(vote for vote in ballots if vote is not None)


@torch.no_grad()
def vote(
    model: Any,
    processor: Any,
    messages: list[dict],
    num_answers: int = 8,
    choices: Sequence[str] | None = None,
    stop_early: bool = True,
    **generation: Any,
) -> VotedAnswer:
    """Sample several answers to one conversation and return what most of them say.

    Args:
        model: an [`AudioReasonerForConditionalGeneration`].
        processor: its processor.
        messages: one conversation, as `processor.apply_chat_template` takes it.
        num_answers: answers to sample.
        choices: the choices of the question, word for word; votes go to the one that a response names (see
            [`resolve_choice`]). None to vote for the normalised response.
        stop_early: end as soon as the answers that are still being written cannot change who wins.
        generation: further arguments of `generate`; `do_sample=True` unless it or a `generation_config` is given. Set
            torch's seed beforehand for the same answers again.

    Raises:
        ValueError: `num_answers` is no whole number of at least one; `choices` is no list of texts, empty, or holds
            one twice; `messages` is several conversations; `generation` holds what a vote sets itself, or stop
            strings; the model has no token that ends an answer; or a recording cannot be heard.
    """
    if not isinstance(num_answers, int) or isinstance(num_answers, bool) or num_answers < 1:
        raise ValueError(f"num_answers is {num_answers!r}: ask for a whole number of answers, at least one.")
    if choices is not None:
        _check_choices(choices)
    conversations, _ = conversations_of(messages)
    if len(conversations) > 1:
        raise ValueError(
            f"messages holds {len(conversations)} conversations, whose votes would be one: vote on each by itself."
        )
    _check_generation(model, generation)
    inputs = processor.apply_chat_template(
        conversations[0], tokenize=True, return_dict=True, add_generation_prompt=True, return_tensors="pt"
    ).to(model.device)
    prompt, mask = inputs["input_ids"], inputs["attention_mask"]
    heard = {name: value for name, value in inputs.items() if name not in ("input_ids", "attention_mask")}
    # Without its last token, which generation takes as its first input.
    prefill = {"input_ids": prompt[:, :-1], "attention_mask": mask[:, :-1], **heard}
    cache = getattr(model(**prefill, use_cache=True, logits_to_keep=1), CACHE)
    if cache is None:
        raise ValueError("The model keeps no cache, as in training with gradient checkpointing: call model.eval().")
    cache.batch_repeat_interleave(num_answers)
    end_ids = _end_ids(model, processor, generation)
    sampling = {} if "do_sample" in generation or "generation_config" in generation else {"do_sample": True}
    collector = MajorityDecided(processor.tokenizer, prompt.shape[1], end_ids, choices, stop_early)
    criteria = StoppingCriteriaList([*generation.pop("stopping_criteria", []), collector])
    written = model.generate(
        input_ids=prompt.repeat_interleave(num_answers, dim=0),
        attention_mask=mask.repeat_interleave(num_answers, dim=0),
        **{CACHE: cache},
        stopping_criteria=criteria,
        **sampling,
        **generation,
        eos_token_id=end_ids,
        **ONE_SEQUENCE,
    )
    return _count(collector, written[:, prompt.shape[1] :], processor.tokenizer)


def _check_generation(model: Any, generation: dict[str, Any]) -> None:
    """Refuse arguments of `generate` with which answers could not be counted, and take out those that say nothing."""
    for name in (*ONE_SEQUENCE, "streamer", *OWN_ARGUMENTS):
        given = generation.pop(name, None)
        if given is not None and (name not in ONE_SEQUENCE or given != ONE_SEQUENCE[name]):
            why = (
                "they are made from the messages" if name in OWN_ARGUMENTS else "num_answers says how many are sampled"
            )
            raise ValueError(f"vote does not take {name}: {why}.")
    settings = generation.get("generation_config") or model.generation_config
    if generation.get("stop_strings") or getattr(settings, "stop_strings", None):
        raise ValueError(
            "vote does not take stop_strings: an answer counts once it has written a token that ends it, so give "
            "eos_token_id in their place."
        )


def _check_choices(choices: Sequence[str]) -> None:
    """Refuse choices for which no answer, or not every one, could vote."""
    if isinstance(choices, str):
        raise ValueError(f"choices is the text {choices!r}, of which each letter would be a choice: pass a list.")
    if not isinstance(choices, (list, tuple)):
        raise ValueError(f"choices is a {type(choices).__name__}: pass a list of texts.")
    if not choices:
        raise ValueError("choices is empty: leave it out to vote for the response itself.")
    held: dict[str, str] = {}
    for choice in choices:
        if not isinstance(choice, str):
            raise ValueError(f"choices holds {choice!r}, which is no text: pass a list of texts.")
        name = normalise(choice)
        if not name:
            raise ValueError(f"choices holds {choice!r}, which no response can name: take it out.")
        if name in held:
            raise ValueError(
                f"choices holds {held[name]!r} and {choice!r}, which no response can tell apart: give each once."
            )
        held[name] = choice


def _end_ids(model: Any, processor: Any, generation: dict[str, Any]) -> list[int]:
    """The tokens that end an answer: as asked for, else the model's, else the tokenizer's."""
    given = [generation.pop("eos_token_id", None), getattr(generation.get("generation_config"), "eos_token_id", None)]
    for ids in (*given, model.generation_config.eos_token_id, processor.tokenizer.eos_token_id):
        if ids is not None:
            return list(ids) if isinstance(ids, (list, tuple)) else [ids]
    raise ValueError("Neither model nor tokenizer has an eos_token_id: no answer would ever be finished. Pass one.")


def _count(collector: MajorityDecided, written: torch.Tensor, tokenizer: Any) -> VotedAnswer:
    answers = [answer for _, answer in sorted(collector.finished.items())]
    votes = collector.votes()
    winner = votes.most_common(1)[0][0] if votes else None
    candidates = [answer for answer in answers if winner is None or ballot(answer, collector.choices) == winner]
    if not candidates:  # every answer was cut: the first of them, as far as it goes
        candidates = [parse_reasoning(tokenizer.decode(written[0], skip_special_tokens=True))]
    return VotedAnswer(
        reasoning=next((answer for answer in candidates if answer.complete), candidates[0]),
        response=winner,
        votes=dict(votes.most_common()),
        agreement=votes[winner] / len(answers) if winner is not None else 0.0,
        answers=tuple(answers),
        unfinished=len(written) - len(answers),
    )
