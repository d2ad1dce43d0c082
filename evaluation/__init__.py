"""Evaluation: a model folder answers held-out questions in a process of its own; scores, report and card.

May import `modeling_audio_reasoner`; meets `dataset_builder` and `recipes` only through files on disk.
"""
