"""The stages of a build, a module each: read, measure, annotate, question, reason, review, decontaminate, publish.

May import everything of `dataset_builder` but `build`, which puts them in order.
"""
