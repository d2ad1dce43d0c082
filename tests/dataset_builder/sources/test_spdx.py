"""Licences as corpora write them."""

from __future__ import annotations

import pytest

from dataset_builder.sources.spdx import licensed, spdx


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://creativecommons.org/licenses/by/3.0/", "CC-BY-3.0"),
        ("https://creativecommons.org/licenses/by-nc-sa/4.0/legalcode", "CC-BY-NC-SA-4.0"),
        ("http://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("http://creativecommons.org/licenses/sampling+/1.0/", "LicenseRef-CC-SAMPLING-Plus-1.0"),
        ("http://creativecommons.org/licenses/by-nd-nc/1.0/", "CC-BY-NC-ND-1.0"),
        ("http://creativecommons.org/licenses/by/3.0/us/", "CC-BY-3.0-US"),
        ("http://creativecommons.org/licenses/by-nc/2.5/es/", "LicenseRef-CC-BY-NC-2.5-ES"),
        ("Available under a licence: http://creativecommons.org/licenses/by-sa/2.0/", "CC-BY-SA-2.0"),
        ("http://creativecommons.org/publicdomain/mark/1.0/", "LicenseRef-CC-Public-Domain"),
        ("cc0", "CC0-1.0"),
        ("CC0 1.0", "CC0-1.0"),
        ("cc-by-4.0", "CC-BY-4.0"),
        ("CC BY-NC-SA 3.0", "CC-BY-NC-SA-3.0"),
        ("cc-by", "cc-by"),
        ("MIT", "MIT"),
        ("", "NOASSERTION"),
        (None, "NOASSERTION"),
        ("ask the author", "NOASSERTION"),
    ],
)
def test_spdx(text, expected):
    assert spdx(text) == expected


def test_two_licences_are_both_kept():
    assert licensed("CC0-1.0", "CC-BY-4.0") == "CC0-1.0 AND CC-BY-4.0"
    assert licensed("CC-BY-4.0", "CC-BY-4.0") == "CC-BY-4.0"
    assert licensed("CC-BY-4.0", None) == "CC-BY-4.0"
