"""Whether what a licence asks for is kept by publishing under another one.

Reads SPDX identifiers joined by AND and OR. Says what the licences' own words say of passing on what was changed: cut,
mixed or put together with other works. It is no lawyer: a licence that is not in this table is named, not guessed at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


PER_ROW = "other"
"""What a data set is published under whose rows keep their own licences."""
HUB_LICENCES = {
    "cc0-1.0": "CC0-1.0",
    "pddl": "PDDL-1.0",
    "unlicense": "Unlicense",
    "mit": "MIT",
    "apache-2.0": "Apache-2.0",
    "bsd-2-clause": "BSD-2-Clause",
    "bsd-3-clause": "BSD-3-Clause",
    "isc": "ISC",
    "zlib": "Zlib",
    "odc-by": "ODC-By-1.0",
    "odbl": "ODbL-1.0",
    "cdla-permissive-1.0": "CDLA-Permissive-1.0",
    "cdla-permissive-2.0": "CDLA-Permissive-2.0",
    "cdla-sharing-1.0": "CDLA-Sharing-1.0",
    "gpl-2.0": "GPL-2.0-only",
    "gpl-3.0": "GPL-3.0-only",
    "agpl-3.0": "AGPL-3.0-only",
    "lgpl-2.1": "LGPL-2.1-only",
    "lgpl-3.0": "LGPL-3.0-only",
    **{f"cc-by-{version}": f"CC-BY-{version}" for version in ("2.0", "2.5", "3.0", "4.0")},
    **{f"cc-by-sa-{version}": f"CC-BY-SA-{version}" for version in ("3.0", "4.0")},
    **{f"cc-by-nc-{version}": f"CC-BY-NC-{version}" for version in ("2.0", "3.0", "4.0")},
    **{f"cc-by-nc-sa-{version}": f"CC-BY-NC-SA-{version}" for version in ("2.0", "3.0", "4.0")},
}
"""The Hub's names of the licences that are known here, and SPDX's."""
WITHOUT_CONDITIONS = frozenset(
    {"CC0-1.0", "PDDL-1.0", "Unlicense", "0BSD", "WTFPL", "MIT-0", "LicenseRef-CC-Public-Domain"}
)
WITH_NOTICE = frozenset(
    {"MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Zlib", "ODC-By-1.0", "BSL-1.0"}
    | {"CDLA-Permissive-1.0", "CDLA-Permissive-2.0"}
)
SHARED_ALIKE = frozenset({"ODbL-1.0", "CDLA-Sharing-1.0"})
NOT_PASSED_ON = {
    "NOASSERTION": "nobody stated a licence",
    "LicenseRef-YouTube": "the terms of YouTube let nobody pass the recordings on",
    "LicenseRef-IEMOCAP": "the corpus is given to those who signed for it and goes no further",
}
"""Known here, and no ground to publish anything."""
_CREATIVE_COMMONS = re.compile(r"CC-(?P<terms>BY(?:-NC)?(?:-SA|-ND)?)-(?P<version>\d\.\d)(?:-[A-Z]+)?")
_GNU = re.compile(r"(?P<family>A?GPL|LGPL)-(?P<version>\d\.\d)(?P<later>-only|-or-later|\+)?")


@dataclass(frozen=True)
class Verdict:
    """Of a licence under another: whether that keeps what it asks for, and why not; None where it is not known."""

    allowed: bool | None
    reason: str = ""


def hub_licence(name: str) -> str:
    """The SPDX identifier of one of the Hub's licences.

    Raises:
        ValueError: it is none that is known here.
    """
    found = HUB_LICENCES.get(name.lower())
    if found is None:
        raise ValueError(f"--license {name} is not known here: give one of {', '.join(sorted(HUB_LICENCES))}.")
    return found


def verdict(expression: str, asked: str) -> Verdict:
    """Whether what is under `expression` may be changed and published under `asked`.

    Args:
        expression: SPDX identifiers joined by AND and OR, without brackets.
        asked: SPDX identifier, or `PER_ROW`.
    """
    if "(" in expression:
        return Verdict(None, "brackets are not read")
    found = [_of_all(alternative.split(" AND "), asked) for alternative in expression.split(" OR ")]
    return next((one for one in found if one.allowed), found[0])


def verdict_for_weights(expression: str, asked: str) -> Verdict:
    """Whether weights that were trained on what is under `expression` may be published under `asked`.

    Held against each other is only what a licence says of use: one for non-commercial use alone. Whether weights are
    an adaptation of what they were trained on, which share-alike and attribution hang on, is not settled.
    """
    commercial = "-NC" not in asked
    for identifier in re.split(r" AND | OR ", expression):
        if commercial and "-NC" in identifier:
            return Verdict(False, f"{identifier} is for non-commercial use, and {asked} allows commercial use")
    return Verdict(True)


def is_contradiction(expression: str) -> bool:
    """Whether a work that joins parts under these licences can be under none of them: each asks for its own."""
    parts = [part.strip() for part in expression.split(" AND ")]
    if any(mark in expression for mark in ("(", " OR ")):
        return False
    return not any(all(_of_one(part, whole).allowed is not False for part in parts) for whole in parts)


def _of_all(identifiers: list[str], asked: str) -> Verdict:
    found = [_of_one(identifier.strip(), asked) for identifier in identifiers]
    for wanted in (False, None):
        for one in found:
            if one.allowed is wanted:
                return one
    return Verdict(True)


def _of_one(name: str, asked: str) -> Verdict:
    if name in NOT_PASSED_ON:
        return Verdict(False, f"{name}: {NOT_PASSED_ON[name]}")
    common, gnu = _CREATIVE_COMMONS.fullmatch(name), _GNU.fullmatch(name)
    if common is not None and common["terms"].endswith("-ND"):
        return Verdict(False, f"{name} lets nobody publish what was cut or mixed")
    if name == asked or name in WITHOUT_CONDITIONS:
        return Verdict(True)
    known = common is not None or gnu is not None or name in WITH_NOTICE or name in SHARED_ALIKE
    if not known:
        return Verdict(None, f"{name} is not known here")
    if asked == PER_ROW:
        return Verdict(True)
    if asked in WITHOUT_CONDITIONS:
        return Verdict(False, f"{name} has conditions that {asked} does not hand on")
    if common is not None:
        return _of_creative_commons(name, common["terms"], common["version"], asked)
    if gnu is not None:
        return _of_gnu(name, gnu, asked)
    if name in SHARED_ALIKE:
        return Verdict(False, f"{name} asks that what is made of it stays under it")
    return Verdict(True)


def _of_creative_commons(name: str, terms: str, version: str, asked: str) -> Verdict:
    if terms.endswith("-SA"):
        other = _CREATIVE_COMMONS.fullmatch(asked)
        # From 2.0 on, an adaptation may be under a later version; BY-SA 4.0 names the GPL 3.0 as compatible.
        later = other is not None and other["terms"] == terms and version != "1.0" and other["version"] >= version
        same = other is not None and other["terms"] == terms and other["version"] == version
        if later or same or (name == "CC-BY-SA-4.0" and asked.startswith("GPL-3.0")):
            return Verdict(True)
        return Verdict(False, f"{name} asks that what is made of it stays under it")
    if "-NC" in terms and "-NC" not in asked:
        return Verdict(False, f"{name} is for non-commercial use, and {asked} allows commercial use")
    return Verdict(True)


def _of_gnu(name: str, found: re.Match[str], asked: str) -> Verdict:
    other = _GNU.fullmatch(asked)
    version, later = found["version"], found["later"] in ("-or-later", "+")
    if other is not None:
        kept = other["version"] == version or (later and other["version"] > version)
        # GPL 3.0 and AGPL 3.0 may be joined; the LGPL may always become the GPL of the same version or a later one.
        related = {"GPL": ("GPL", "AGPL"), "LGPL": ("LGPL", "GPL"), "AGPL": ("AGPL",)}[found["family"]]
        joined = other["family"] != "AGPL" or other["version"] == "3.0"
        if kept and other["family"] in related and joined:
            return Verdict(True)
    return Verdict(False, f"{name} asks that what is made of it stays under it")
