"""Language tags as corpora write them."""

from __future__ import annotations

import pytest

from dataset_builder.sources.language_code import language_code


@pytest.mark.parametrize(
    ("tag", "code"),
    [("zh-CN", "zh"), ("zh_CN", "zh"), ("EN", "en"), ("yue", "yue"), (" ", None), (None, None)]
    + [("iw", "he"), ("iw-IL", "he"), ("in_ID", "id"), ("jw", "jv"), ("ji", "yi")],
)
def test_tags(tag, code):
    assert language_code(tag) == code


@pytest.mark.parametrize("tag", ["English", "xx", "1a"])
def test_what_is_no_tag(tag):
    with pytest.raises(ValueError, match="is not a language tag"):
        language_code(tag)
