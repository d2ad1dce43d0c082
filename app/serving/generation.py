"""Several questions answered by one call of `generate`, each with its own budgets, length and end.

A row of the batch goes to its own streamer as it is written, and ends by itself; who leaves ends the own row alone.
Knows nothing of the web.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import torch
from transformers import LogitsProcessor, StoppingCriteria
from transformers.generation.streamers import BaseStreamer

from app.serving.jobs import Answer, Job


class _Row:
    """One question's place in a batch."""

    def __init__(self, job: Job, ends: frozenset[int], grammar: Any, tokenizer: Any, parse: Any) -> None:
        self.job, self.grammar, self.done = job, grammar, False
        self._ends, self._tokenizer, self._parse = ends, tokenizer, parse
        self._written: list[int] = []
        # A streamer passes over what it is given first, which is the prompt.
        job.streamer.put(torch.zeros(1, 0, dtype=torch.long))

    def take(self, token: torch.Tensor) -> None:
        """One more token of the answer; nothing once it has ended."""
        if self.done:
            return
        self.job.begun = True
        self._written.append(int(token))
        self.job.streamer.put(token.reshape(1))
        if self._written[-1] in self._ends:
            self.end("stop")
        elif len(self._written) >= self.job.new_tokens or self.job.left.is_set():
            self.end("length")

    def end(self, reason: str) -> None:
        if self.done:
            return
        self.done = True
        text = self._tokenizer.decode(self._written, skip_special_tokens=True)
        self.job.answer.set_result(Answer(self._parse(text), len(self._written), reason))
        self.job.streamer.end()


class _Rows(BaseStreamer):
    """Hands each row of a batch its tokens."""

    def __init__(self, rows: Sequence[_Row]) -> None:
        self._rows, self._prompts_seen = rows, False

    def put(self, value: torch.Tensor) -> None:
        if not self._prompts_seen:
            self._prompts_seen = True
            return
        for row, token in zip(self._rows, value.reshape(-1), strict=True):
            row.take(token)

    def end(self) -> None:
        for row in self._rows:
            row.end("length")


class _Ended(StoppingCriteria):
    """Ends the rows that have ended, and the batch once all have."""

    def __init__(self, rows: Sequence[_Row]) -> None:
        self._rows = rows

    def __call__(self, input_ids: torch.LongTensor, scores: torch.Tensor, **kwargs: Any) -> torch.Tensor:
        return torch.tensor([row.done for row in self._rows], device=input_ids.device)


class _Grammars(LogitsProcessor):
    """Holds each row inside the grammar of an answer, and within its own budgets."""

    def __init__(self, rows: Sequence[_Row]) -> None:
        self._rows = rows

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        held = [
            scores[place : place + 1]
            if row.done
            else row.grammar(input_ids[place : place + 1], scores[place : place + 1])
            for place, row in enumerate(self._rows)
        ]
        return cast(torch.FloatTensor, torch.cat(held))


def answer_batch(network: Any, processor: Any, jobs: Sequence[Job]) -> None:
    """Answer questions of one `Sampling` together, left of whom nobody waits for.

    Raises:
        whatever the processor or `generate` raises; jobs that have not ended by then have no answer.
    """
    tokenizer = processor.tokenizer
    own = network.generation_config.eos_token_id
    ends = frozenset({*([own] if isinstance(own, int) else own or ()), tokenizer.eos_token_id} - {None})
    rows = [
        _Row(job, ends, processor.reasoning_grammar(job.budgets), tokenizer, processor.parse_reasoning) for job in jobs
    ]
    inputs = processor.apply_chat_template(
        [job.messages for job in jobs],
        tokenize=True,
        return_dict=True,
        add_generation_prompt=True,
        return_tensors="pt",
        processor_kwargs={"padding": True},
    ).to(network.device)
    sampling = jobs[0].sampling
    if sampling.seed is not None:
        torch.manual_seed(sampling.seed)
    network.generate(
        **inputs,
        streamer=_Rows(rows),
        stopping_criteria=[_Ended(rows)],
        logits_processor=[_Grammars(rows)],
        max_new_tokens=max(job.new_tokens for job in jobs),
        num_beams=1,
        **sampling.options(),
    )
