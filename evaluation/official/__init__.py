"""The matchers of published benchmarks, reimplemented so that they agree item by item.

Each imports the standard library alone.
"""
