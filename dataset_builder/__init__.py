"""Recordings with human annotations become CoTA: sources/ reads them, prompts/ words them, a module a stage does the rest.

May import `modeling_audio_reasoner`; imports nothing of `recipes`, `evaluation` or `app`.
"""
