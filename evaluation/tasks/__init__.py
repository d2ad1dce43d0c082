"""The benchmarks as tasks of inspect: `inspect eval evaluation/mmau --model audio_reasoner/FOLDER`.

May import inspect, `evaluation.benchmarks` and `evaluation.outputs`.
"""
