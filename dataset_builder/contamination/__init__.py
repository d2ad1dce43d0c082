"""Test items of the benchmarks, and whether a row is one of them: by source id, by sound, by the text of its question.

May import `dataset_builder.audio_reference` and `dataset_builder.checks.row_text`, and where it searches training data
`dataset_builder.measuring`; removes nothing itself.
"""
