"""What a row is held to: pure checks of its text against its choices, its language and what was measured of its sound.

May import `modeling_audio_reasoner` and `dataset_builder.question_text`; knows no teacher, stage or file of rows.
"""
