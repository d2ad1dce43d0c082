"""Where recordings come from: a corpus in its own layout on disk -> `Recording`s, lazily, nothing decoded.

`open_source` gives the source that a build's YAML asks for; `corpora/` describes those that are tables, and a module a
layout reads the others; `debian` fetches the demo's. May import `recording` and `audio_reference`, no stage.
"""
