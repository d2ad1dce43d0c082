"""A local model folder as a provider of inspect: one process that answers, batches by length, proof that it listened.

May import inspect and the standard library; the process itself imports nothing of this project.
"""
