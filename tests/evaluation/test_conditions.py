"""The shuffled pairing is a derangement within tasks, and does not look at labels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.conditions import shuffled_clips


def rows_of(sizes: dict[tuple[str, str], int]) -> list[dict[str, str]]:
    return [
        {
            "id": f"{domain}/{task}/{n}",
            "domain": domain,
            "task": task,
            "source_id": f"{domain}{task}{n // 2}",
        }
        for (domain, task), size in sizes.items()
        for n in range(size)
    ]


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["sound", "speech"]), st.sampled_from(["a", "b", "c"])),
        st.integers(2, 12),
        min_size=1,
    ),
    st.integers(0, 5),
)
def test_each_row_hears_another_row_of_its_task_and_each_clip_is_heard_once(
    sizes: dict[tuple[str, str], int], seed: int
) -> None:
    rows = rows_of(sizes)
    pairs = shuffled_clips(rows, seed)
    assert sorted(pairs) == sorted(row["id"] for row in rows) == sorted(pairs.values())
    assert all(row != clip for row, clip in pairs.items())
    assert all(row.split("/")[1] == clip.split("/")[1] for row, clip in pairs.items())


def test_a_task_that_asks_for_the_domain_is_shuffled_across_domains() -> None:
    """Else each row would hear another clip with its own answer."""
    rows = rows_of({("sound", "type"): 30, ("speech", "type"): 30, ("music", "type"): 30})
    pairs = shuffled_clips(rows, 0)
    kept = sum(row.split("/")[0] == clip.split("/")[0] for row, clip in pairs.items())
    assert 15 < kept < 45


def test_no_row_hears_its_own_recording_where_that_can_be() -> None:
    rows = rows_of({("sound", "a"): 40})
    source = {row["id"]: row["source_id"] for row in rows}
    pairs = shuffled_clips(rows, 0)
    same = sum(source[row] == source[clip] for row, clip in pairs.items())
    assert same == 0


def test_it_depends_on_the_seed_and_not_on_the_order_of_the_rows() -> None:
    rows = rows_of({("sound", "a"): 9, ("speech", "b"): 7})
    assert shuffled_clips(rows, 1) == shuffled_clips(rows[::-1], 1)
    assert shuffled_clips(rows, 1) != shuffled_clips(rows, 2)


def test_a_lone_row_borrows_from_its_domain() -> None:
    rows = rows_of({("sound", "a"): 1, ("sound", "b"): 3})
    assert shuffled_clips(rows, 0)["sound/a/0"].startswith("sound/b/")
    with pytest.raises(ValueError, match="finds no other clip for sound/a/0"):
        shuffled_clips(rows[:1], 0)
