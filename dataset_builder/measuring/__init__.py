"""Facts of a waveform, and fingerprints by which the same sound is found again: what a teacher can be held to.

May import the modules of `dataset_builder` that treat waveforms; knows nothing of rows, questions or teachers.
"""
