"""Outputs made anywhere, scored: read in a benchmark's own layout, judged officially and strictly, put side by side.

May import `modeling_audio_reasoner` and the scorers of `evaluation.official` and `evaluation.strict`.
"""
