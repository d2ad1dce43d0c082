"""The report: collects figures from files on disk, draws them, and writes one self-contained page.

Imports matplotlib, transformers and soundfile when a report is written, and nothing of the other parts.
"""
