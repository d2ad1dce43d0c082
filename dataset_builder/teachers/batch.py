"""The provider's batch API: many calls in a file, answered within a day at a part of the price, put into the ledger.

A stage first gives all its calls to `BatchMode.run` and then asks as ever: what the batches answered is in the ledger
and costs nothing more, and what they did not answer is asked alone. The ledger knows every request that is under way,
so a run that is killed takes up its batches again and submits no request twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel

from .batch_records import ANSWERED, FAILED, Batch, BatchRecords, Entry, RequestFile
from .call import FIRST_OUTPUT_TOKENS, Prompt, call_hash, make_call
from .call_ledger import CallLedger
from .completion import Completion, read_answer
from .faults import Fault, TeacherError, as_raised
from .openai_endpoint import PATH, chat_body, make_client, named_fault, read_completion, status_fault
from .prices import Budget, cost
from .retry import Backoff
from .settings import TeacherSettings
from .usage import Usage


MOST_REQUESTS = 50_000
MOST_BYTES = 200_000_000
"""Of one batch at OpenAI."""
ENDED = ("completed", "failed", "expired", "cancelled")


@dataclass(frozen=True)
class BatchRequest:
    """The arguments of `Teacher.ask`."""

    prompt: Prompt
    answer: type[BaseModel]
    audio: bytes | None
    key: str


@dataclass
class BatchReport:
    """What a run did.

    Args:
        in_ledger: requests that had been answered before.
        answered: requests that the batches answered in this run.
        faults: requests that they did not, by kind; these are left to be asked alone, and `expired` ones also go
            into a batch of the next run.
        submitted: batches that this run submitted.
    """

    in_ledger: int = 0
    answered: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    submitted: int = 0


class BatchMode:
    """Batches of one teacher and one task.

    Args:
        settings: of the teacher, with `batch: true`.
        ledger: of the task.
        folder: where the files of requests are written; one at a time, deleted when it is submitted.
        answers: all models that requests may ask for, by which the answers of a killed run are read.
        http_client: of the SDK; None for its own.
        budget: shared with other teachers; None for no limit.
        poll_every: seconds between looks at the batches under way.
        most_requests, most_bytes: of one batch.
        at_once: the most batches under way; providers limit the tokens that are queued.

    Raises:
        ValueError: the endpoint has no batch API, or the budget has a limit and the price is not known.
        TeacherUnusable: the key is not in the environment.
    """

    def __init__(
        self,
        settings: TeacherSettings,
        ledger: CallLedger,
        folder: str | Path,
        answers: Sequence[type[BaseModel]],
        http_client: Any = None,
        budget: Budget | None = None,
        poll_every: float = 60.0,
        most_requests: int = MOST_REQUESTS,
        most_bytes: int = MOST_BYTES,
        at_once: int = 4,
    ):
        if not settings.batch or settings.client != "openai":
            raise ValueError(
                f"The teacher {settings.model} at {settings.host} has no batch API (batch: false): ask it call by "
                "call, or choose another preset."
            )
        self.settings = settings
        self.ledger = ledger
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.budget = budget or Budget(None, currency=settings.price.currency if settings.price else "USD")
        self.budget.check(settings.price, settings.model)
        self._answers = {answer.__name__: answer for answer in answers}
        self._client = make_client(settings, http_client)
        self._backoff = Backoff()
        self._poll_every, self._at_once = poll_every, at_once
        self._most_requests, self._most_bytes = most_requests, most_bytes
        self._records = BatchRecords(ledger, settings.model)
        self._set_aside: dict[int, Decimal] = {}
        self._report = BatchReport()

    async def run(self, requests: Iterable[BatchRequest]) -> BatchReport:
        """Submit what is neither answered nor under way, and wait until all batches have ended.

        Args:
            requests: read once, one after the other; audio is held only while its line is written.

        Raises:
            TeacherError: the provider did not take a batch; the sentence says why.
            TeacherUnusable: no batch can be run.
            BudgetExhausted: the next batch would pass the budget; those under way are taken up by the next run.
            ValueError: a request asks for a model that is not among `answers`, or has audio that cannot be read.
        """
        self._report = BatchReport()
        for batch in self._records.batches():
            if batch.state != "submitted":
                await self._submit(batch)
            elif (amount := self._estimated(batch, under_way=True)) is not None:
                self._set_aside[batch.number] = amount
        writer = RequestFile(self.folder / "requests.partial", self._most_requests, self._most_bytes)
        try:
            for request in requests:
                entry = self._new_entry(request, writer)
                if entry is None:
                    continue
                line, expected = self._line(request, entry)
                if not writer.fits(line):
                    await self._submit(self._records.enter(writer, self.folder))
                writer.add(line, entry, expected)
            if writer.entries:
                await self._submit(self._records.enter(writer, self.folder))
        finally:
            writer.close()
        while self._records.batches():
            await self._collect_ended()
        return self._report

    async def close(self) -> None:
        """Close the connections; batches under way go on, and the next run takes them up."""
        await self._client.close()

    def _new_entry(self, request: BatchRequest, writer: RequestFile) -> Entry | None:
        """What the ledger will know of the request; None if it is answered or in a batch already."""
        if self._answers.get(request.answer.__name__) is not request.answer:
            raise ValueError(f"{request.key}: {request.answer.__name__} is not among the `answers` of this BatchMode.")
        digest = call_hash(self.settings, request.prompt, request.answer, request.audio, request.key)
        if self.ledger.find(digest) is not None:
            self._report.in_ledger += 1
            return None
        if digest in writer.entries or self._records.knows(digest):
            return None
        return Entry(digest, request.key, request.answer.__name__)

    def _line(self, request: BatchRequest, entry: Entry) -> tuple[bytes, Usage]:
        call = make_call(self.settings, request.prompt, request.answer, request.audio, request.key, entry.hash)
        body = chat_body(self.settings, call)
        line = {"custom_id": entry.hash, "method": "POST", "url": f"/v1{PATH}", "body": body}
        expected = call.input_usage(self.settings.tokens_per_audio_second) + Usage(output_tokens=FIRST_OUTPUT_TOKENS)
        return orjson.dumps(line) + b"\n", expected

    async def _submit(self, batch: Batch) -> None:
        while sum(found.state == "submitted" for found in self._records.batches()) >= self._at_once:
            await self._collect_ended()
        if batch.number not in self._set_aside:
            while (amount := self._estimated(batch)) is None:
                await self._collect_ended()
            self._set_aside[batch.number] = amount
        if batch.state == "written":
            if not batch.path.exists():
                self._records.end(batch)
                return  # its requests are written anew as they come
            uploaded = await self._sent(partial(self._client.files.create, file=batch.path, purpose="batch"))
            batch = self._records.change(batch, state="uploaded", file_id=uploaded.id)
        batch_id = await self._find_submitted(batch) if batch.state == "submitting" else None
        if batch_id is None:
            batch = self._records.change(batch, state="submitting")
            batch_id = await self._create(batch)
            self._report.submitted += 1
        self._records.change(batch, state="submitted", batch_id=batch_id)
        batch.path.unlink(missing_ok=True)

    def _estimated(self, batch: Batch, under_way: bool = False) -> Decimal | None:
        """Set aside what a batch will cost, as `Budget.set_aside` does."""
        estimate = cost(batch.expected, self.settings.price, batch=True)
        return self.budget.set_aside(self._budget_name, estimate, batch.requests, under_way)

    async def _create(self, batch: Batch) -> str:
        """Create the batch; after a failed connection, look first whether it was created all the same."""
        for attempt in range(self.settings.retries + 1):
            try:
                created = await self._client.batches.create(
                    input_file_id=str(batch.file_id),
                    endpoint=f"/v1{PATH}",  # type: ignore[arg-type]
                    completion_window="24h",
                )
                return created.id
            except Exception as error:
                fault = as_raised(named_fault(error, self.settings))
            if fault.kind not in (Fault.CONNECTION, Fault.TIMEOUT, Fault.SERVER_ERROR, Fault.RATE_LIMITED):
                raise fault
            if attempt == self.settings.retries:
                break
            await asyncio.sleep(self._backoff.wait(attempt, fault.retry_after))
            if (found := await self._find_submitted(batch)) is not None:
                return found
        raise fault

    async def _find_submitted(self, batch: Batch) -> str | None:
        """The id of the batch that was made of this file, where its creation is not known to the ledger."""
        page = await self._sent(partial(self._client.batches.list, limit=100))
        async for found in page:
            if found.input_file_id == batch.file_id:
                return found.id
        return None

    async def _collect_ended(self) -> None:
        """Put the results of the batches that have ended into the ledger; wait if none has."""
        ended = 0
        for batch in self._records.batches():
            if batch.state != "submitted":
                continue
            found = await self._sent(partial(self._client.batches.retrieve, str(batch.batch_id)))
            if found.status in ENDED:
                ended += 1
                await self._collect(batch, found)
        if not ended:
            await asyncio.sleep(self._poll_every)

    async def _collect(self, batch: Batch, found: Any) -> None:
        spent = Usage()
        for file_id in (found.output_file_id, found.error_file_id):
            if file_id:
                contents = await self._sent(partial(self._client.files.content, file_id))
                for line in contents.content.splitlines():
                    if line.strip():
                        spent += self._take(batch, orjson.loads(line))
        left = self._records.open_count(batch)
        if left:
            self._report.faults[found.status] = self._report.faults.get(found.status, 0) + left
        amount = cost(spent, self.settings.price, batch=True) if spent.total_tokens else None
        self.budget.settle(
            self._budget_name, self._set_aside.pop(batch.number, None), amount, max(1, batch.requests - left)
        )
        self._records.end(batch)
        if found.status == "failed":
            problems = (found.errors.data if found.errors else None) or []
            said = "; ".join(f"{problem.code}: {problem.message}" for problem in problems[:3]) or "no reason given"
            raise TeacherError(
                Fault.BAD_REQUEST,
                f"{self.settings.host} did not take the batch {found.id} ({said}). If too many tokens are queued, "
                "take fewer batches at once (at_once) or smaller ones (most_requests).",
            )

    def _take(self, batch: Batch, line: dict[str, Any]) -> Usage:
        """Put one line of a result into the ledger, once, and return its tokens."""
        entry = self._records.open_entry(batch, line.get("custom_id"))
        if entry is None:
            return Usage()  # taken before this run was killed
        model = self.settings.model
        try:
            completion = self._completion(line)
            value = read_answer(completion, self._answers[entry.answer])
        except TeacherError as error:
            kind = error.kind.value
            self.ledger.count_fault(model, kind, error.usage, batch=True, also=[(FAILED, (entry.hash,))])
            self._report.faults[kind] = self._report.faults.get(kind, 0) + 1
            return error.usage or Usage()
        done = [(ANSWERED, (entry.hash,))]
        self.ledger.keep(
            entry.hash, entry.key, model, value.model_dump_json(), completion.usage, batch=True, also=done
        )
        self._report.answered += 1
        return completion.usage

    def _completion(self, line: dict[str, Any]) -> Completion:
        response = line.get("response") or {}
        body = response.get("body")
        problem = line.get("error") or (body.get("error") if isinstance(body, dict) else None)
        status = int(response.get("status_code") or (500 if problem else 200))
        if problem or status != 200:
            problem = problem if isinstance(problem, dict) else {}
            raise status_fault(status, str(problem.get("message") or ""), problem.get("code"), self.settings)
        return read_completion(body, self.settings, Usage(estimated=True))

    @property
    def _budget_name(self) -> str:
        return f"{self.settings.model} (batch)"

    async def _sent(self, send: Callable[[], Any]) -> Any:
        """What `send` returns, tried again after faults that pass; for requests that may be repeated."""
        for attempt in range(self.settings.retries + 1):
            try:
                return await send()
            except Exception as error:
                fault = as_raised(named_fault(error, self.settings))
            if fault.kind not in (Fault.CONNECTION, Fault.TIMEOUT, Fault.SERVER_ERROR, Fault.RATE_LIMITED):
                raise fault
            if attempt < self.settings.retries:
                await asyncio.sleep(self._backoff.wait(attempt, fault.retry_after))
        raise fault
