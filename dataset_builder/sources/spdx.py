"""Licences as corpora write them -> SPDX expressions. Knows Creative Commons addresses and nothing of any corpus."""

from __future__ import annotations

import re


UNSTATED = "NOASSERTION"
"""SPDX's own word for a licence that nobody stated."""
_ADDRESS = re.compile(
    r"creativecommons\.org/(?:(?P<zero>publicdomain/zero)|(?P<mark>publicdomain/mark|licenses/publicdomain)|"
    r"licenses/(?P<name>[a-z+-]+))(?:/(?P<version>[1-4]\.[05]))?(?:/(?P<place>[a-z]{2,3}))?(?:[/?#]|$)",
    re.IGNORECASE,
)
_ORDER = {"BY-ND-NC": "BY-NC-ND", "NC-SA-BY": "BY-NC-SA"}
_VERSIONS = ("1.0", "2.0", "2.5", "3.0", "4.0")
_NAMES = ("BY", "BY-SA", "BY-NC", "BY-ND", "BY-NC-SA", "BY-NC-ND")
_PORTED: dict[str, tuple[str, ...]] = {
    "BY": ("2.5-AU", "3.0-AT", "3.0-AU", "3.0-DE", "3.0-IGO", "3.0-NL", "3.0-US"),
    "BY-NC": ("3.0-DE",),
    "BY-NC-ND": ("3.0-DE", "3.0-IGO"),
    "BY-NC-SA": ("2.0-DE", "2.0-FR", "2.0-UK", "3.0-DE", "3.0-IGO"),
    "BY-ND": ("3.0-DE",),
    "BY-SA": ("2.0-UK", "2.1-JP", "3.0-AT", "3.0-DE", "3.0-IGO"),
}
"""The national versions that SPDX lists; the others get a `LicenseRef-`."""
_SHORT = re.compile(
    r"cc[ -]?(?:(?P<zero>0|zero)(?:[ -]1\.0)?|(?P<name>by(?:[ -](?:nc|nd|sa))*)[ -](?P<version>[1-4]\.[05]))",
    re.IGNORECASE,
)
"""The name of a licence of Creative Commons as people and the Hub write it, such as `cc0` and `cc-by-sa-4.0`."""
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*")


def spdx(text: str | None, otherwise: str = UNSTATED) -> str:
    """The SPDX expression of a licence given as a Creative Commons address or as an identifier.

    `http://creativecommons.org/licenses/by-nc/3.0/` is `CC-BY-NC-3.0`, and `cc0` is `CC0-1.0`; a licence of Creative
    Commons that SPDX does not list, such as Sampling+, is a `LicenseRef-`; what is empty, or neither an address nor
    one word, is `otherwise`.
    """
    text = (text or "").strip()
    short, match = _SHORT.fullmatch(text), _ADDRESS.search(text)
    if short is not None and short["zero"]:
        return "CC0-1.0"
    if short is not None and (name := short["name"].upper().replace(" ", "-")) in _NAMES:
        return f"CC-{name}-{short['version']}"
    if match is None:
        return text if _PLAIN.fullmatch(text) else otherwise
    if match["zero"]:
        return "CC0-1.0"
    if match["mark"]:
        return "LicenseRef-CC-Public-Domain"
    name, version = match["name"].upper().rstrip("-"), match["version"]
    name = _ORDER.get(name, name)
    if version is None:
        return otherwise
    if match["place"]:
        version = f"{version}-{match['place'].upper()}"
    listed = version in _PORTED.get(name, ()) or (name in _NAMES and version in _VERSIONS)
    identifier = f"CC-{name.replace('+', '-Plus')}-{version}"
    return identifier if listed else f"LicenseRef-{identifier}"


def licensed(audio: str, annotations: str | None) -> str:
    """The licence of a row made of a recording and its annotations, which often differ: both have to be kept."""
    return audio if annotations in (None, audio) else f"{audio} AND {annotations}"
