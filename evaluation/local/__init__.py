"""A local model folder as a provider of inspect: one process that answers, batches by length, proof that it listened.

May import inspect, the standard library and `evaluation.isolated`; the process itself imports nothing of this project.
"""
