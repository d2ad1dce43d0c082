"""Asking a model about a recording: loading it, and its answers as they come. The command line and the page use it.

Knows a model by what its processor and its network can do, so that it needs nothing of `modeling_audio_reasoner`: the
model brings its own code. Imports nothing else of ours.
"""
