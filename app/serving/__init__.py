"""A model behind OpenAI's protocol: `POST /v1/chat/completions` and what it needs around it.

Requests are read and checked here and answered in batches by one loaded model. Imports app.asking and nothing else of
ours; what hears and parses is the model's own code.
"""
