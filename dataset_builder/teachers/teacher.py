"""A teacher: asks for an answer that fits a Pydantic model, within limits and budget, and never twice for the same.

Knows no provider: an endpoint sends a call once (openai_endpoint.py, google_genai.py); what is asked and why is the
business of the stages.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel, ValidationError

from .audio import audio_format
from .call import FIRST_OUTPUT_TOKENS, Call, Prompt, call_hash, make_call
from .call_ledger import CallLedger
from .completion import Completion, read_answer
from .faults import RESAMPLED, RETRIED, STOPPING, Fault, TeacherError, as_raised
from .limits import Limiter
from .prices import Budget, cost
from .retry import Backoff
from .settings import TeacherSettings
from .usage import Usage


class Endpoint(Protocol):
    """Sends a call once."""

    async def complete(self, call: Call, sample: int = 0) -> Completion:
        """Raises TeacherError where no completion came."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


@dataclass(frozen=True)
class Answer:
    """What a teacher answered.

    Args:
        value: of the model that was asked for.
        usage: tokens of the attempt that gave it.
        cached: True if the ledger had it and nothing was sent.
    """

    value: BaseModel
    usage: Usage
    cached: bool


def make_endpoint(settings: TeacherSettings, http_client: Any = None) -> Endpoint:
    """The endpoint for `settings.client`.

    Raises:
        TeacherUnusable: the key is not in the environment.
        ImportError: the library is not installed; says which extra to install.
    """
    if settings.client == "google-genai":
        from .google_genai import GoogleEndpoint

        return GoogleEndpoint(settings, http_client)
    from .openai_endpoint import OpenAIEndpoint

    return OpenAIEndpoint(settings, http_client)


class Teacher:
    """One teacher in one process and event loop.

    Args:
        settings: how it is asked. Several processes that share an endpoint's limits each take `settings.share(n)`.
        ledger: keeps the answers.
        limiter: shared with other teachers at the same endpoint; None for one of its own.
        http_client: of the SDK; None for its own.
        budget: shared with other teachers; None for no limit.
        backoff: waits between attempts.

    Raises:
        TeacherUnusable: the key is not in the environment.
        ValueError: the budget has a limit and the price is not known.
    """

    def __init__(
        self,
        settings: TeacherSettings,
        ledger: CallLedger,
        limiter: Limiter | None = None,
        http_client: Any = None,
        budget: Budget | None = None,
        backoff: Backoff | None = None,
    ):
        self.settings = settings
        self.ledger = ledger
        self.limiter = limiter or Limiter.of(settings)
        self.budget = budget or Budget(None, currency=settings.price.currency if settings.price else "USD")
        self.budget.check(settings.price, settings.model)
        self._backoff = backoff or Backoff(seed=int(settings.parameters.get("seed") or 0))
        self._endpoint = make_endpoint(settings, http_client)
        self._written = (0, 0)  # tokens and answers so far
        self._stopped: TeacherError | None = None

    async def ask(self, prompt: Prompt, answer: type[BaseModel], audio: bytes | None, key: str) -> Answer:
        """The answer to `prompt`: from the ledger, or from the endpoint and then committed to the ledger.

        Args:
            answer: the model that it must fit.
            audio: the clip's bytes (WAV, FLAC or MP3), or None.
            key: what this call is for, such as the row's id and the stage. The same question with another key is
                asked anew.

        Raises:
            TeacherError: the endpoint gave no answer that can be used, after all attempts: an error of this row.
            TeacherUnusable: no row can be answered; the run should stop.
            BudgetExhausted: the call would pass the budget; the run should stop.
            ValueError: audio that cannot be read, or for a teacher that does not hear.
        """
        digest = call_hash(self.settings, prompt, answer, audio, key)
        kept = self._kept(digest, answer)
        if kept is not None:
            return kept
        call = await self._prepare(prompt, answer, audio, key, digest)
        sent = samples = 0
        while True:
            try:
                return await self._attempt(call, samples)
            except TeacherError as error:
                fault = as_raised(error)
            self.ledger.count_fault(self.settings.model, fault.kind.value, fault.usage)
            if fault.kind is Fault.RATE_LIMITED and fault.retry_after is not None:
                self.limiter.pause(fault.retry_after)
            if fault.kind in RETRIED and sent < self.settings.retries:
                wait = self._backoff.wait(sent, fault.retry_after)
                sent += 1
                await asyncio.sleep(wait)
            elif fault.kind in RESAMPLED and samples < self.settings.resamples:
                samples += 1
            else:
                if fault.kind in STOPPING:
                    self._stopped = fault
                raise fault

    async def close(self) -> None:
        """Close the connections; the ledger stays open."""
        await self._endpoint.close()

    async def __aenter__(self) -> Teacher:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    def _kept(self, digest: str, answer: type[BaseModel]) -> Answer | None:
        kept = self.ledger.find(digest)
        if kept is None:
            return None
        try:
            return Answer(answer.model_validate_json(kept.answer), kept.usage, cached=True)
        except ValidationError:
            # The model's own checks, which its schema does not show, have changed since; it is asked again.
            return None

    async def _prepare(
        self, prompt: Prompt, answer: type[BaseModel], audio: bytes | None, key: str, digest: str
    ) -> Call:
        if self._stopped is not None:
            raise self._stopped
        if audio is None or audio_format(audio) == self.settings.audio_format:
            return make_call(self.settings, prompt, answer, audio, key, digest)
        # Encoding takes milliseconds, in which other calls should go on.
        return await asyncio.to_thread(make_call, self.settings, prompt, answer, audio, key, digest)

    async def _attempt(self, call: Call, sample: int) -> Answer:
        settings = self.settings
        expected = self._expected(call)
        async with self.limiter.slot():
            while (set_aside := self.budget.set_aside(settings.model, cost(expected, settings.price))) is None:
                await self.budget.settled()
            usage: Usage | None = None
            try:
                permit = await self.limiter.admit(expected.total_tokens)
                if self._stopped is not None:  # while this call waited for its turn
                    raise self._stopped
                completion = await self._endpoint.complete(call, sample)
                usage = completion.usage
                permit.settle(usage.total_tokens)
            finally:
                self.budget.settle(settings.model, set_aside, None if usage is None else cost(usage, settings.price))
        self._written = (self._written[0] + usage.output_tokens, self._written[1] + 1)
        value = read_answer(completion, call.answer)
        self.ledger.keep(call.hash, call.key, settings.model, value.model_dump_json(), usage)
        return Answer(value, usage, cached=False)

    def _expected(self, call: Call) -> Usage:
        tokens, answers = self._written
        output = round(tokens / answers) if answers else FIRST_OUTPUT_TOKENS
        return call.input_usage(self.settings.tokens_per_audio_second) + Usage(output_tokens=output)
