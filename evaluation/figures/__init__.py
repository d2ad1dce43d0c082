"""Figures of the report, drawn with matplotlib from plain numbers. Imports nothing else of this project."""
