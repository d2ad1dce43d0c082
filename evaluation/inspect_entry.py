"""What inspect finds of this package by its entry point: the provider `audio_reasoner` and the tasks."""

from inspect_ai.model import ModelAPI, modelapi

from evaluation.tasks.benchmarks import (
    air_bench_chat,
    air_bench_foundation,
    auditorybench_pp,
    cota,
    covost2,
    meld,
    mmar,
    mmau,
)


@modelapi(name="audio_reasoner")
def audio_reasoner() -> type[ModelAPI]:
    """A local model folder: `--model audio_reasoner/FOLDER`."""
    from evaluation.local.provider import LocalAudioReasoner

    return LocalAudioReasoner


__all__ = [
    "air_bench_chat",
    "air_bench_foundation",
    "audio_reasoner",
    "auditorybench_pp",
    "cota",
    "covost2",
    "meld",
    "mmar",
    "mmau",
]
