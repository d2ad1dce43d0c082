"""Runs the stages of a build: every row is accounted for, a killed build goes on where it was, on one machine or many.

Knows nothing of what a stage does to a row. May import nothing of `dataset_builder` but itself.
"""
