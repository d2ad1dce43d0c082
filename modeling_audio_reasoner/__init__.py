"""What travels with the weights: configuration, features, model, processor and the grammar of an answer.

Imports torch, numpy and transformers (soundfile and soxr lazily, for files) and nothing else of this project.
"""

from __future__ import annotations

import importlib


_HOMES = {
    "choices_audio_reasoner": ("normalise", "resolve_choice"),
    "configuration_audio_reasoner": ("AudioReasonerConfig", "AudioReasonerEncoderConfig", "count_audio_tokens"),
    "encoder_audio_reasoner": ("AudioReasonerEncoder", "AudioReasonerPreTrainedModel"),
    "feature_extraction_audio_reasoner": ("AudioReasonerFeatureExtractor",),
    "grammar_audio_reasoner": ("GrammarState", "ReasoningGrammar"),
    "modeling_audio_reasoner": (
        "AudioReasonerForConditionalGeneration",
        "AudioReasonerModel",
    ),
    "processing_audio_reasoner": ("AudioReasonerProcessor",),
    "reasoning_audio_reasoner": ("SECTIONS", "SYSTEM_PROMPT", "TAGS", "Reasoning", "parse_reasoning"),
    "streaming_audio_reasoner": ("AsyncReasoningStreamer", "ReasoningEvent", "ReasoningStreamer"),
    "voting_audio_reasoner": ("VotedAnswer", "vote"),
    "audio_loading": ("check_audible", "load_audio"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)


def __getattr__(name: str):
    """Import a class when it is first asked for, so that the grammar can be used without importing torch."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return __all__
