"""Put prompts to a judge, any model of inspect's, and keep what it replies. Knows no benchmark.

The replies are kept by content in inspect's own cache, which is the user's (INSPECT_CACHE_DIR moves it, `inspect
cache` lists and clears it), and do not expire: the same prompt under the same settings is asked once, whichever run
asks, and what was replied before a process was ended is there for the next one. A request that failed is not kept, so
that the next run asks it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inspect_ai import Task
from inspect_ai import eval as inspect_eval

# What inspect raises where a provider cannot be set up; it is exported nowhere else.
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import EvalSample, read_eval_log
from inspect_ai.model import (
    CachePolicy,
    ChatMessage,
    ChatMessageSystem,
    ChatMessageUser,
    GenerateConfig,
    ModelOutput,
    get_model,
)
from inspect_ai.solver import Generate, Solver, TaskState, solver
from rich.text import Text

from evaluation.error_words import error_words


JUDGING = "judging.json"
"""The file that says who judged and what was not: failed requests, and replies that cannot be read."""
LOG = "judge_log"
"""The folder of inspect's logs of the judge, beside it."""


ENDPOINTS = ("openai", "openai-api")
"""Providers that load nothing when they are set up, so that what they lack is said before anything is asked."""


class JudgingFailed(RuntimeError):
    """inspect could not put the prompts to the judge to the end."""


@dataclass(frozen=True)
class Judge:
    """Who judges, and how it is reached.

    Args:
        model: of inspect's, such as openai/gpt-4o or openai-api/SERVICE/NAME.
        base_url: of its endpoint; the provider's own without it.
        max_connections: requests at once; inspect's own number without it.
        max_retries: of a request that was not answered, or by overload.
        display: inspect's, such as plain, rich or none.

    Raises:
        ValueError: it is no model of inspect's.
    """

    model: str
    base_url: str | None = None
    max_connections: int | None = None
    max_retries: int = 5
    display: str = "none"

    def __post_init__(self) -> None:
        if "/" not in self.model:
            raise ValueError(
                f"the judge {self.model!r} is no model of inspect's: name its provider too, as in openai/gpt-4o."
            )


@dataclass(frozen=True)
class Request:
    """What is put to the judge.

    Attributes:
        id: of the request; no two the same.
        prompt: the user's message.
        read: what reads a reply; None for one that cannot be read.
        system: the system's message.
        temperature, seed, max_tokens: of the reply; None for the model's own.
        raters: how often it is asked, one after the other; the others are not asked where one cannot be read.
        attempts: of a rater, until a reply can be read.
        draw: names the draw of a reply that is drawn; another one is asked for anew.
    """

    id: str
    prompt: str
    read: Callable[[str], Any]
    system: str | None = None
    temperature: float = 0.0
    seed: int | None = None
    max_tokens: int | None = None
    raters: int = 1
    attempts: int = 1
    draw: str = ""


@dataclass(frozen=True)
class Replies:
    """What came of a request.

    Attributes:
        raters: of each rater that was asked its replies, the last one read where any was. A reply has its "text", why
            it ended ("stop"), and its "prompt_tokens" and "completion_tokens" where the judge counts them.
        error: why the request failed; None where it did not.
        kept: replies that were there from earlier.
    """

    raters: Sequence[Sequence[Mapping[str, Any]]] = field(default=())
    error: str | None = None
    kept: int = 0

    @property
    def count(self) -> int:
        """Replies of all raters."""
        return sum(len(given) for given in self.raters)


def check_set_up(judge: Judge) -> None:
    """Raise ValueError where an endpoint's judge cannot be asked, as without its key; asks and loads nothing."""
    if judge.model.partition("/")[0] not in ENDPOINTS:
        return
    with _named(judge):
        get_model(judge.model, base_url=judge.base_url, memoize=False)


@contextmanager
def _named(judge: Judge) -> Iterator[None]:
    """Turn what inspect says of a model that it cannot set up into an error that names the judge."""
    try:
        yield
    except PrerequisiteError as error:
        said = Text.from_markup(str(error.message)).plain
        raise ValueError(f"the judge {judge.model} cannot be asked: {' '.join(said.split())}") from None


def ask(judge: Judge, requests: Sequence[Request], log: Path, name: str) -> dict[str, Replies]:
    """The judge's replies by the requests' ids; those that are kept are not asked for again.

    Args:
        judge: who is asked.
        requests: one at least.
        log: the folder of inspect's log.
        name: of inspect's task.

    Raises:
        ValueError: two requests have one id, or the judge cannot be asked, as without its key.
        JudgingFailed: inspect ended with an error; what was replied until then is kept.
    """
    by_id = {request.id: request for request in requests}
    if len(by_id) < len(requests):
        raise ValueError(f"{len(requests)} requests have {len(by_id)} ids: judge each item once.")
    samples = [Sample(id=request.id, input=_messages(request)) for request in requests]
    task = Task(dataset=MemoryDataset(samples, name=name), solver=_asking(by_id), name=name, fail_on_error=False)
    with _named(judge):
        (ended,) = inspect_eval(
            task,
            model=judge.model,
            model_base_url=judge.base_url,
            log_dir=str(log),
            log_format="eval",
            display=judge.display,  # type: ignore[arg-type]
            max_retries=judge.max_retries,
            max_connections=judge.max_connections,
            fail_on_error=False,
        )
    if ended.status != "success":
        reason = error_words(ended.error.message).splitlines()[-1] if ended.error else ended.status
        raise JudgingFailed(f"{log}: judging did not come to its end ({reason}); run it again to go on with it.")
    return {str(sample.id): _replies(sample) for sample in read_eval_log(ended.location).samples or []}


def _messages(request: Request) -> list[ChatMessage]:
    system = [] if request.system is None else [ChatMessageSystem(content=request.system)]
    return [*system, ChatMessageUser(content=request.prompt)]


def _asking(requests: Mapping[str, Request]) -> Solver:
    """The solver that asks as each sample's request says; the replies are in the sample's metadata."""

    @solver
    def ask_judge() -> Solver:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            request = requests[str(state.sample_id)]
            replies: list[list[dict[str, Any]]] = []
            state.metadata["replies"] = replies
            for rater in range(1, request.raters + 1):
                replies.append([])
                for attempt in range(1, request.attempts + 1):
                    state.output = await _reply(state.messages, request, rater, attempt)
                    replies[-1].append(_described(state.output))
                    if request.read(state.output.completion) is not None:
                        break
                else:
                    return state
            return state

        return solve

    return ask_judge()


async def _reply(messages: Sequence[ChatMessage], request: Request, rater: int, attempt: int) -> ModelOutput:
    config = GenerateConfig(temperature=request.temperature, seed=request.seed, max_tokens=request.max_tokens)
    # What tells apart requests that read alike: they are asked one by one, and kept so.
    scopes = {"rater": str(rater), "attempt": str(attempt), "draw": request.draw}
    kept = CachePolicy(expiry=None, per_epoch=False, scopes=scopes)
    return await get_model().generate(list(messages), config=config, cache=kept)


def _described(output: ModelOutput) -> dict[str, Any]:
    described: dict[str, Any] = {"text": output.completion, "stop": output.stop_reason}
    if output.usage is not None:
        described |= {"prompt_tokens": output.usage.input_tokens, "completion_tokens": output.usage.output_tokens}
    return described


def _replies(sample: EvalSample) -> Replies:
    return Replies(
        raters=sample.metadata.get("replies", []),
        error=None if sample.error is None else error_words(sample.error.message),
        kept=sum(event.event == "model" and event.cache == "read" for event in sample.events),
    )
