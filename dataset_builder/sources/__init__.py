"""Where recordings come from: a corpus in its own layout on disk -> `Recording`s, lazily, nothing decoded.

`debian` fetches the demo's recordings from Debian packages. May import `recording` and `audio_reference`, no stage.
"""
