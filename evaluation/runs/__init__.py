"""A run of a benchmark as a folder: answered by inspect, scored, described by a manifest, compared and repeated.

May import inspect, `evaluation.tasks` and what lies under it.
"""
