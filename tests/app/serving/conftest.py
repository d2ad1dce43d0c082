"""A model of random weights behind the real server, in a thread of its own, and recordings to ask it about."""

from __future__ import annotations

import base64
import io
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import openai
import pytest
import soundfile
import torch

from app.serving.limits import Limits
from app.serving.server import ServedModel, load, make_server, make_service
from app.serving.web import Service
from modeling_audio_reasoner import SECTIONS, AudioReasonerConfig, AudioReasonerForConditionalGeneration


BUDGETS = dict.fromkeys(SECTIONS, 6)
QUESTION = "What is it?"
RATE = 16_000


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Layers so small are no faster with two, and beside other work on the machine much slower."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def served_folder(processor, tmp_path_factory) -> Path:
    """A model folder whose answers depend on what is heard."""
    config = AudioReasonerConfig(
        audio_config={"d_model": 32, "encoder_layers": 1, "encoder_attention_heads": 2, "encoder_ffn_dim": 64},
        text_config={
            "model_type": "qwen2",
            "hidden_size": 48,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "intermediate_size": 96,
            "vocab_size": len(processor.tokenizer),
            "eos_token_id": processor.tokenizer.eos_token_id,
            "pad_token_id": processor.tokenizer.pad_token_id,
        },
        audio_token_id=processor.audio_token_id,
    )
    network = AudioReasonerForConditionalGeneration(config)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            centre = 1.0 if "norm" in name and name.endswith("weight") else 0.0
            parameter.copy_(centre + 0.15 * torch.randn(parameter.shape, generator=generator))
    folder = tmp_path_factory.mktemp("served") / "listener"
    network.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def served_model(served_folder) -> ServedModel:
    return load(str(served_folder))


@dataclass
class Served:
    """A running server."""

    address: str
    port: int
    service: Service

    def client(self, key: str = "none", **options: Any) -> openai.OpenAI:
        return openai.OpenAI(base_url=f"{self.address}/v1", api_key=key, max_retries=0, timeout=60, **options)


@contextmanager
def running(model: ServedModel, limits: Limits | None = None, **options: Any) -> Iterator[Served]:
    """The real server on a free port."""
    limits = limits or Limits()
    service = make_service(model, limits, **options)
    server = make_server(service, limits, "127.0.0.1", 0)
    server.config.log_config = None
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        until(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Served(f"http://127.0.0.1:{port}", port, service)
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


def until(found: Callable[[], Any], seconds: float = 30.0) -> None:
    """Wait for something to become true, and fail if it does not."""
    deadline = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < deadline, "it has not become true"
        time.sleep(0.005)


@pytest.fixture(scope="module")
def served(served_model) -> Iterator[Served]:
    with running(served_model, Limits(requests_per_minute=10_000)) as found:
        yield found


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    """(samples,) float32 at 16 kHz, under a moving envelope."""
    draw = np.random.default_rng(seed)
    count = round(RATE * seconds)
    return (0.1 * np.sin(3 * np.arange(count) / RATE + 1) * draw.standard_normal(count)).astype(np.float32)


def encoded(waveform: np.ndarray, kind: str = "WAV") -> bytes:
    """A file of 16 bits a sample."""
    file = io.BytesIO()
    soundfile.write(file, waveform, RATE, format=kind, subtype="PCM_16")
    return file.getvalue()


def question(*files: bytes, text: str = QUESTION) -> list[dict[str, Any]]:
    """Messages about recordings, as an OpenAI client sends them."""
    parts: list[dict[str, Any]] = [
        {"type": "input_audio", "input_audio": {"data": base64.b64encode(file).decode(), "format": "wav"}}
        for file in files
    ]
    return [{"role": "user", "content": [*parts, {"type": "text", "text": text}]}]


def asked(
    *files: bytes, text: str = QUESTION, budgets: dict[str, int] | None = None, **options: Any
) -> dict[str, Any]:
    """Arguments of a client's `chat.completions.create`."""
    return {
        "model": "listener",
        "messages": question(*files, text=text),
        "extra_body": {"thinking_budget": budgets or BUDGETS},
        **options,
    }


@pytest.fixture(scope="session")
def expected(served_model) -> Callable[..., Any]:
    """What the model itself answers about files, its sections as `parse_reasoning` gives them."""
    processor, network = served_model.processor, served_model.network

    def answer(*files: bytes, text: str = QUESTION, budgets: dict[str, int] | None = None, **options: Any) -> Any:
        parts = [{"type": "audio", "audio": {"bytes": file, "path": None}} for file in files]
        inputs = processor.apply_chat_template(
            [{"role": "user", "content": [*parts, {"type": "text", "text": text}]}],
            tokenize=True,
            return_dict=True,
            add_generation_prompt=True,
            return_tensors="pt",
        )
        grammar = processor.reasoning_grammar(budgets or BUDGETS)
        settings = {"do_sample": False, "max_new_tokens": 2048, **options}
        tokens = network.generate(**inputs, logits_processor=[grammar], **settings)
        written = tokens[0, inputs["input_ids"].shape[1] :]
        return processor.parse_reasoning(processor.tokenizer.decode(written, skip_special_tokens=True))

    return answer
