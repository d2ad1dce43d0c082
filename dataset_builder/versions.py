"""The versions of what a build ran with, for its record."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version


PACKAGES = (
    "audio-reasoner",
    "datasets",
    "datatrove",
    "librosa",
    "numpy",
    "onnxruntime",
    "openai",
    "py3langid",
    "pyacoustid",
    "pyarrow",
    "pyloudnorm",
    "silero-vad",
    "soundfile",
    "soxr",
    "torch",
    "torchcodec",
    "transformers",
)


def versions() -> dict[str, str]:
    """Package -> version, of those that are installed, and of Python."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
