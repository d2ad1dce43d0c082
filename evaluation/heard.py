"""What a model may hear of a question, by name; `evaluation.tasks.hearing` says what each is. Imports nothing."""

REAL = "real"
ABLATIONS = ("silence", "noise", "shuffle", "none")
"""The controls in place of the recordings."""
HEARD = (REAL, *ABLATIONS)
