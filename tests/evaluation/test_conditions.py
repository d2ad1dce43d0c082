"""The shuffled pairing is a derangement within tasks, and does not look at labels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.conditions import shuffled_clips


def rows_of(sizes: dict[tuple[str, str], int]) -> list[dict[str, str]]:
    return [
        {"id": f"{domain}/{task}/{number}", "domain": domain, "task": task, "source_id": f"{task}{number // 2}"}
        for (domain, task), size in sizes.items()
        for number in range(size)
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
    assert all(row.rpartition("/")[0] == clip.rpartition("/")[0] for row, clip in pairs.items())


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
    with pytest.raises(ValueError, match="needs two rows or more in each domain, found one in 'sound'"):
        shuffled_clips(rows[:1], 0)
