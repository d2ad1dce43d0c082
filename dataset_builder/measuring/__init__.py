"""Facts of a waveform, and fingerprints by which the same sound is found again: what a teacher can be held to.

May import the modules of `dataset_builder` that treat waveforms; knows nothing of rows, questions or teachers.
"""

MEASURING = "2"
"""Raised where the facts or the fingerprint of the same recording change."""
