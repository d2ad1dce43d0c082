"""Judging by a model: AIR-Bench chat's points, and MMAR's rubric for the reasoning behind an answer.

May import inspect, `evaluation.official` and `evaluation.outputs`. Knows no way to run a benchmark.
"""
