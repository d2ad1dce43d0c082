"""The strict scorer: an output names one choice in its own words, or it is wrong, and listed.

May import `modeling_audio_reasoner`, whose `resolve_choice` decides.
"""

from evaluation.strict.choice import NamedChoice, named_choice, prediction_of, response_of
from evaluation.strict.naming import named_counts, naming_sentences, without_choice


__all__ = [
    "NamedChoice",
    "named_choice",
    "named_counts",
    "naming_sentences",
    "prediction_of",
    "response_of",
    "without_choice",
]
