"""Models that label, asked through the openai SDK (or google-genai): settings, limits, retries, a ledger, prices.

Imports nothing else of `dataset_builder`; the `annotations` teacher has no server and is not here.
"""
