"""The matcher of MMAR (Ma and others, arXiv 2505.13032), as in `code/evaluation.py` of github.com/ddlBoJack/MMAR.

It is MMAU's matcher under another key, `answer_prediction`; rows without the key leave the denominator there too. Its
rubric mode, in which a judge reads the chain of thought, is `evaluation.official.mmar_rubric`.
"""

from __future__ import annotations

from evaluation.official.mmau import mmau_match


MODALITIES = (
    "sound",
    "music",
    "speech",
    "mix-sound-music",
    "mix-sound-speech",
    "mix-music-speech",
    "mix-sound-music-speech",
)
LAYERS = ("Signal Layer", "Perception Layer", "Semantic Layer", "Cultural Layer")
"""The values of an item's `category`."""

mmar_match = mmau_match
