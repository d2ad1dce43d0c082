"""What may be published under what: each line as the licence's own text says it."""

from __future__ import annotations

import pytest

from app.publishing.licences import (
    HUB_LICENCES,
    PER_ROW,
    hub_licence,
    is_contradiction,
    verdict,
    verdict_for_weights,
)
from app.publishing.row_licences import check_licences, contradictions


@pytest.mark.parametrize(
    ("expression", "asked", "allowed"),
    [
        ("CC0-1.0", "CC-BY-4.0", True),
        ("CC0-1.0", "CC0-1.0", True),
        ("CC-BY-4.0", "CC0-1.0", False),
        ("MIT", "CC0-1.0", False),
        ("MIT", "CC-BY-4.0", True),
        ("CC-BY-3.0", "CC-BY-SA-4.0", True),
        ("CC-BY-SA-3.0", "CC-BY-4.0", False),
        ("CC-BY-SA-3.0", "CC-BY-SA-4.0", True),  # section 4(b): a later version with the same elements
        ("CC-BY-SA-3.0-US", "CC-BY-SA-3.0", True),
        ("CC-BY-SA-4.0", "CC-BY-SA-3.0", False),
        ("CC-BY-SA-1.0", "CC-BY-SA-4.0", False),  # 1.0 knows no later versions
        ("CC-BY-SA-4.0", "GPL-3.0-only", True),  # named as compatible by Creative Commons
        ("CC-BY-SA-3.0", "GPL-3.0-only", False),
        ("CC-BY-NC-4.0", "CC-BY-4.0", False),
        ("CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", True),
        ("CC-BY-NC-SA-4.0", "CC-BY-NC-4.0", False),
        ("CC-BY-NC-SA-3.0", "CC-BY-NC-SA-4.0", True),
        ("CC-BY-ND-4.0", "CC-BY-ND-4.0", False),
        ("CC-BY-NC-ND-4.0", PER_ROW, False),
        ("GPL-2.0-only", "GPL-2.0-only", True),
        ("GPL-2.0-only", "GPL-3.0-only", False),
        ("GPL-2.0-or-later", "GPL-3.0-only", True),
        ("GPL-3.0-or-later", "AGPL-3.0-only", True),
        ("GPL-2.0-only", "AGPL-3.0-only", False),
        ("LGPL-2.1-or-later", "GPL-3.0-only", True),
        ("AGPL-3.0-only", "GPL-3.0-only", False),
        ("GPL-2.0-only", "Apache-2.0", False),
        ("GPL-2.0-only", PER_ROW, True),
        ("ODbL-1.0", "CC-BY-4.0", False),
        ("NOASSERTION", PER_ROW, False),
        ("LicenseRef-YouTube AND CC-BY-4.0", PER_ROW, False),
        ("LicenseRef-Clotho", PER_ROW, None),
        ("LicenseRef-Clotho", "CC-BY-4.0", None),
        ("CC0-1.0 AND CC-BY-SA-3.0", "CC-BY-4.0", False),
        ("CC0-1.0 AND CC-BY-4.0", "CC-BY-4.0", True),
        ("GPL-2.0-only OR MIT", "Apache-2.0", True),
        ("(MIT)", "Apache-2.0", None),
    ],
)
def test_a_licence_under_another(expression, asked, allowed):
    assert verdict(expression, asked).allowed is allowed


def test_weights_keep_non_commercial_use_alone():
    assert verdict_for_weights("CC-BY-SA-3.0 AND GPL-2.0-only", "Apache-2.0").allowed
    assert verdict_for_weights("CC-BY-4.0 AND CC-BY-NC-4.0", "Apache-2.0").allowed is False
    assert verdict_for_weights("CC-BY-NC-4.0", "CC-BY-NC-4.0").allowed


def test_parts_that_each_ask_for_the_whole():
    assert is_contradiction("CC-BY-SA-3.0 AND GPL-2.0-only")
    assert not is_contradiction("GPL-2.0-only AND GPL-2.0-or-later")
    assert not is_contradiction("CC-BY-3.0 AND CC-BY-SA-3.0 AND CC0-1.0")
    rows = {("a+b", "CC-BY-SA-3.0 AND GPL-2.0-only"): 3, ("a", "GPL-2.0-only"): 5}
    (said,) = contradictions(rows)
    assert said.startswith("3 rows join recordings whose licences each ask")
    assert contradictions({("a", "GPL-2.0-only"): 5}) == []


def test_sources_rows_and_reasons_are_listed():
    rows = {(f"bells-{number}", "CC-BY-SA-3.0"): number for number in range(1, 7)}
    rows |= {("talk", "NOASSERTION"): 2_000, ("free", "CC0-1.0"): 9}
    with pytest.raises(ValueError) as caught:
        check_licences(rows, "CC-BY-4.0")
    said = str(caught.value)
    assert (
        "may be published under CC-BY-4.0: CC-BY-SA-3.0 asks that what is made of it stays under it: 21 rows, of "
        in said
    )
    assert "of bells-6 (6), bells-5 (5), bells-4 (4), bells-3 (3) and 2 more sources" in said
    assert "NOASSERTION: nobody stated a licence: 2,000 rows, of talk (2,000)" in said
    assert "free" not in said
    assert check_licences(rows, "CC-BY-4.0", ["CC-BY-SA-3.0", "NOASSERTION"]) == []


def test_a_licence_that_is_not_known_is_said_and_under_one_for_all_refused():
    rows = {("clotho", "LicenseRef-Clotho AND CC-BY-4.0"): 4}
    assert check_licences(rows, PER_ROW) == [
        "LicenseRef-Clotho AND CC-BY-4.0 (4 rows) is not known here: see that it lets you publish."
    ]
    with pytest.raises(ValueError, match="LicenseRef-Clotho is not known here: 4 rows"):
        check_licences(rows, "CC-BY-4.0")
    assert check_licences(rows, "CC-BY-4.0", ["LicenseRef-Clotho"]) == []


def test_the_hubs_names_are_known_ones():
    assert hub_licence("CC-BY-4.0") == "CC-BY-4.0" and hub_licence("apache-2.0") == "Apache-2.0"
    with pytest.raises(ValueError, match="--license mine is not known here: give one of agpl-3.0, apache-2.0"):
        hub_licence("mine")
    for name in HUB_LICENCES.values():
        assert verdict(name, name).allowed
