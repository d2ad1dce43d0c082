"""The page in the browser: a recording, a question, and the sections of the answer as they are written.

A Space carries this folder with what it imports (space.py says which files): `app.asking`, `app.failure`,
`dataset_builder.question_text` and `evaluation.figures`, and nothing else of ours.
"""
