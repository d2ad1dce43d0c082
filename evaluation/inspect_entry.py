"""What inspect finds of this package by its entry point: the provider `audio_reasoner` and the tasks."""

from inspect_ai.model import ModelAPI, modelapi

from evaluation.tasks.benchmarks import cota, mmau


@modelapi(name="audio_reasoner")
def audio_reasoner() -> type[ModelAPI]:
    """A local model folder: `--model audio_reasoner/FOLDER`."""
    from evaluation.local.provider import LocalAudioReasoner

    return LocalAudioReasoner


__all__ = ["audio_reasoner", "cota", "mmau"]
