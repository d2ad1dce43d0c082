"""What every test relies on: no network, fixed seeds, few threads, and a reason for each test left out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


# Set before anything imports transformers or datasets, which read them once. The tests' subprocesses inherit them.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["MPLBACKEND"] = "Agg"
os.environ["NO_COLOR"] = "1"
# Rich cuts tables and help at the terminal's width; tests read them whole.
os.environ["COLUMNS"] = "160"
os.environ.pop("FORCE_COLOR", None)

ROOT = Path(__file__).parent.parent
SEED = 2503


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests that take minutes (make slow)")


def pytest_configure(config: pytest.Config) -> None:
    """Give the run a Hugging Face cache of its own, and each of its processes (`-n`) a part of it.

    Remote code and datasets of an earlier run are not read, nor those that another process is writing.
    """
    import tempfile

    if hasattr(config, "workerinput"):
        os.environ["HF_HOME"] = str(Path(os.environ["HF_HOME"]) / config.workerinput["workerid"])
    elif "HF_HOME" not in os.environ:
        config.stash[HF_HOME] = tempfile.TemporaryDirectory(prefix="audio-reasoner-tests-")
        os.environ["HF_HOME"] = config.stash[HF_HOME].name


HF_HOME: pytest.StashKey = pytest.StashKey()


def pytest_unconfigure(config: pytest.Config) -> None:
    if HF_HOME in config.stash:
        config.stash[HF_HOME].cleanup()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests of tests/slow and tests/gpu, and skip those this machine or this run has no place for."""
    gpu_reason: str | None = None
    for item in items:
        folder = item.path.relative_to(ROOT / "tests").parts[0] if item.path.is_relative_to(ROOT / "tests") else ""
        if folder == "slow" or item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.slow)
            if not config.getoption("--slow"):
                item.add_marker(pytest.mark.skip(reason="takes minutes: make slow"))
        if folder == "gpu" or item.get_closest_marker("gpu"):
            item.add_marker(pytest.mark.gpu)
            gpu_reason = reason_against_gpu() if gpu_reason is None else gpu_reason
            if gpu_reason:
                item.add_marker(pytest.mark.skip(reason=gpu_reason))


def reason_against_gpu() -> str:
    """Why no GPU test can run here, or the empty string."""
    import torch

    if torch.version.cuda is None:
        return "torch is a build without CUDA"
    return "" if torch.cuda.is_available() else "no CUDA GPU"


@pytest.fixture(autouse=True, scope="session")
def few_threads() -> None:
    """No more threads than the smallest machine has cores, over all processes of the run."""
    import torch

    torch.set_num_threads(max(1, min(2, os.cpu_count() or 1) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))))


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Every test starts from the same random state, whatever ran before it."""
    import random

    import numpy as np
    import torch

    random.seed(SEED)
    np.random.seed(SEED)
    torch.manual_seed(SEED)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def tokenizer():
    """A tokenizer of bytes, with the special tokens of Qwen2-Audio and the tags of an answer."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    from modeling_audio_reasoner import TAGS

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    backend = Tokenizer(models.BPE(vocab={byte: index for index, byte in enumerate(alphabet)}, merges=[]))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend,
        pad_token="<|endoftext|>",
        eos_token="<|im_end|>",
        additional_special_tokens=["<|im_start|>", "<|audio_bos|>", "<|AUDIO|>", "<|audio_eos|>"],
    )
    tokenizer.add_tokens(list(TAGS))
    return tokenizer


@pytest.fixture(scope="session")
def processor(tokenizer):
    """The processor with the features of Qwen2-Audio-7B and the paper's chat template."""
    import modeling_audio_reasoner as package

    template = (Path(package.__file__).parent / "chat_template.jinja").read_text(encoding="utf-8")
    return package.AudioReasonerProcessor(package.AudioReasonerFeatureExtractor(), tokenizer, chat_template=template)
