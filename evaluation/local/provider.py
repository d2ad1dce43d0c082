"""inspect's provider `audio_reasoner`: `--model audio_reasoner/FOLDER` answers by a local model folder.

    inspect eval evaluation/mmau --model audio_reasoner/demo/model -M batch_size=32

Decodes greedily unless a temperature is given. Knows nothing of benchmarks.
"""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    ContentAudio,
    ContentText,
    GenerateConfig,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    StopReason,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from evaluation.local.process import AnsweringProcess


BATCH_SIZE = 32
AHEAD = 8
"""Batches whose requests wait at once, so that those of like length are found among them."""
MAX_NEW_TOKENS = 2048
"""Of an answer, unless `--max-tokens` says otherwise; Audio-Reasoner's own (arXiv 2503.02318)."""


class LocalAudioReasoner(ModelAPI):
    """A folder of this project's architecture.

    Args:
        model_name: the folder.
        batch_size: conversations answered together at most.

    Raises:
        ValueError: it is no model folder, or another argument is given.
    """

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),
        batch_size: int = BATCH_SIZE,
        **unknown: Any,
    ) -> None:
        super().__init__(model_name, base_url, api_key, [], config)
        if unknown or base_url:
            name = next(iter(unknown), "base_url")
            raise ValueError(f"audio_reasoner/{model_name} takes batch_size and no {name}: leave it out.")
        if batch_size < 1:
            raise ValueError(f"batch_size must be 1 or more, found {batch_size}.")
        self.batch_size = int(batch_size)
        self.process = AnsweringProcess(Path(model_name), self.batch_size, ahead=self.batch_size * AHEAD)
        # It loads while inspect makes its samples ready. One with a key only looks a name up, and is asked nothing.
        if api_key is None:
            self.process.start()

    async def generate(
        self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        """As the base class; one answer a call."""
        if tools:
            raise ValueError("an audio_reasoner model calls no tools: run a task without them.")
        messages, blobs = conversation(input)
        request = self.process.submit(messages, blobs, decoding(config))
        answer = await asyncio.wrap_future(request.answer)
        message = ChatMessageAssistant(content=answer["output"], model=self.model_name, source="generate")
        stop: StopReason = "max_tokens" if answer["truncated"] else "stop"
        return ModelOutput(
            model=self.model_name,
            choices=[ChatCompletionChoice(message=message, stop_reason=stop)],
            usage=ModelUsage(
                input_tokens=answer["prompt_tokens"],
                output_tokens=answer["new_tokens"],
                total_tokens=answer["prompt_tokens"] + answer["new_tokens"],
            ),
            metadata={
                "recordings": len(blobs),
                "audio_tokens": answer["audio_tokens"],
                "answer_seconds": answer["seconds"],
                "process": self.process.facts,
            },
        )

    def max_connections(self) -> int:
        """Requests at once."""
        return self.batch_size * AHEAD

    def max_tokens(self) -> int | None:
        """As many as an answer may have."""
        return MAX_NEW_TOKENS

    def should_retry(self, ex: BaseException) -> bool:
        """Never: what fails here fails again."""
        return False

    def close(self) -> None:
        """End the process."""
        self.process.close()


def decoding(config: GenerateConfig) -> dict[str, Any]:
    """The options of `generate`.

    Raises:
        ValueError: `config` asks for something that has no counterpart here.
    """
    options: dict[str, Any] = {"max_new_tokens": config.max_tokens or MAX_NEW_TOKENS, "num_beams": 1}
    if not config.temperature:
        options["do_sample"] = False
    else:
        options |= {"do_sample": True, "temperature": config.temperature}
        drawn = {"top_p": config.top_p, "top_k": config.top_k, "seed": config.seed}
        options |= {name: value for name, value in drawn.items() if value is not None}
    refused = {"num_choices": config.num_choices, "stop_seqs": config.stop_seqs, "logprobs": config.logprobs}
    for name, value in refused.items():
        if value not in (None, False, 1):
            raise ValueError(f"{name} is not offered by audio_reasoner: leave it out.")
    return options


def conversation(input: list[ChatMessage]) -> tuple[list[dict[str, Any]], tuple[bytes, ...]]:
    """inspect's messages as a chat template takes them, and their audio files in the order of the parts.

    Raises:
        ValueError: a part is neither text nor audio, or its audio is not inline.
    """
    messages: list[dict[str, Any]] = []
    blobs: list[bytes] = []
    for message in input:
        parts = []
        for part in [ContentText(text=message.content)] if isinstance(message.content, str) else message.content:
            if isinstance(part, ContentText):
                parts.append({"type": "text", "text": part.text})
            elif isinstance(part, ContentAudio):
                head, _, data = part.audio.partition("base64,")
                if not head.startswith("data:"):
                    raise ValueError(f"audio has to be inline as a data URI, found {part.audio[:60]!r}.")
                blobs.append(base64.b64decode(data, validate=True))
                parts.append({"type": "audio", "name": f"recording-{len(blobs)}.{part.format}"})
            else:
                raise ValueError(f"an audio_reasoner model takes text and audio, found a part of type {part.type!r}.")
        messages.append({"role": message.role, "content": parts})
    return messages, tuple(blobs)
