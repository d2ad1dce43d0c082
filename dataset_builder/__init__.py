"""Recordings with human annotations become CoTA: sources/ reads them, tasks/ asks about them, a module a stage.

May import `modeling_audio_reasoner`; imports nothing of `recipes`, `evaluation` or `app`.
"""
