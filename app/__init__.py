"""The command line (`audio-reasoner`): arguments in, library calls, printed results out.

May import everything of ours; nothing of ours imports it.
"""
