"""Benchmarks in their official layouts, from a local folder or the Hub, as questions about recordings.

Each reader knows one layout. None knows models, prompts' answers or scores.
"""
