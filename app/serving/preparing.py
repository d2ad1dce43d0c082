"""A body -> a question that the model can be asked: read, fetched, heard and counted, each within its limits.

Whatever takes time runs in threads, so that the server goes on answering others; two at once, so that memory stays
bounded.
"""

from __future__ import annotations

import asyncio
import copy
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

from app.asking.answering import encode
from app.asking.loading import code_of
from app.serving.bodies import Room
from app.serving.chat_request import ChatRequest, read_request
from app.serving.conversations import Source, characters, read_messages, with_recordings
from app.serving.fetching import fetch
from app.serving.jobs import Job, Sampling
from app.serving.limits import CHARACTERS_A_TOKEN, Limits
from app.serving.recordings import hear
from app.serving.refusals import Refusal


AT_ONCE = 2


class Preparation:
    """Prepares questions for one model.

    Args:
        name: of the model, which requests have to name.
        processor: the model's.
        limits: of recordings, prompts and answers.
        allow_urls: whether recordings may come from the web.
        longest_answer: tokens of an answer where a request does not say, and of any.
    """

    def __init__(self, name: str, processor: Any, limits: Limits, allow_urls: bool, longest_answer: int) -> None:
        self._name, self._limits = name, limits
        # A tokenizer is set up anew for each call, so threads cannot share one: the model's is for the thread that
        # generates and for what decodes there, and its copy for who holds the lock.
        self._new_streamer = processor.async_reasoning_streamer
        self._processor, self._encoding = copy.deepcopy(processor), Lock()
        self._allow_urls, self._longest_answer = allow_urls, longest_answer
        self._audio = code_of(processor, "audio_loading")
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="preparation")

    async def prepare(self, body: bytearray, room: Room) -> tuple[ChatRequest, Job]:
        """What a body asks, ready to be answered.

        Raises:
            Refusal: it cannot be read, heard or answered within the limits (400, 404, 413).
        """
        request, messages, sources = await self._in_thread(self._read, body)
        fetched = [await self._contents(source, room) for source in sources]
        streamer = self._new_streamer()
        return request, await self._in_thread(self._job, request, messages, fetched, streamer)

    async def _in_thread(self, work: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)

    def _read(self, body: bytearray) -> tuple[ChatRequest, list[dict[str, Any]], list[Source]]:
        request = read_request(body)
        if request.model != self._name:
            raise Refusal(
                404,
                f"The model '{request.model[:100]}' is not served here: ask for '{self._name}'.",
                code="model_not_found",
                param="model",
            )
        most = self._longest_answer
        if request.longest is not None and request.longest > most:
            raise Refusal(
                400,
                f"An answer of {request.longest} tokens is asked for, and this server writes at most {most}: ask for "
                "fewer.",
                param="max_tokens",
            )
        return request, *read_messages(request.messages, self._audio.decode_base64, self._allow_urls)

    async def _contents(self, source: Source, room: Room) -> tuple[str, bytes]:
        if source.contents is not None:
            return source.name, source.contents
        limits = self._limits
        # All addresses of a request together bring no more than a body may.
        most = max(limits.request_bytes - room.taken, 0)
        return source.name, await fetch(str(source.url), room, most, limits.fetch_timeout)

    def _job(
        self, request: ChatRequest, messages: list[dict[str, Any]], fetched: list[tuple[str, bytes]], streamer: Any
    ) -> Job:
        limits = self._limits
        if (found := characters(messages)) > CHARACTERS_A_TOKEN * limits.prompt_tokens:
            raise Refusal(
                413,
                f"The messages hold {found:,} characters, more than {limits.prompt_tokens:,} tokens can be: shorten "
                "them.",
                code="context_length_exceeded",
                param="messages",
            )
        rate = self._processor.feature_extractor.sampling_rate
        waveforms = hear(fetched, self._audio, rate, limits.audio_seconds)
        sounds = [
            {"array": waveform, "sampling_rate": rate, "path": name}
            for (name, _), waveform in zip(fetched, waveforms, strict=True)
        ]
        heard = with_recordings(messages, sounds)
        try:
            with self._encoding:
                tokens = int(encode(self._processor, heard)["input_ids"].shape[1])
        except ValueError as error:
            raise Refusal(400, " ".join(str(error).split()), param="messages") from None
        if tokens > limits.prompt_tokens:
            raise Refusal(
                413,
                f"The prompt has {tokens:,} tokens with its recordings, and this server takes "
                f"{limits.prompt_tokens:,}: ask about less.",
                code="context_length_exceeded",
                param="messages",
            )
        sampling = Sampling(request.temperature or 0.0, request.top_p or 1.0, request.seed)
        if sampling.temperature == 0:
            sampling = Sampling()  # greedy, whatever else was said
        return Job(
            messages=heard,
            prompt_tokens=tokens,
            audio_seconds=sum(len(waveform) for waveform in waveforms) / rate,
            new_tokens=request.longest or self._longest_answer,
            budgets={str(section): tokens for section, tokens in (request.thinking_budget or {}).items()},
            sampling=sampling,
            streamer=streamer,
        )
