"""Language tags as corpora write them -> the code of `Recording.language`."""

from __future__ import annotations


def language_code(tag: str | None) -> str | None:
    """The language of a BCP 47 tag in small letters: `zh-CN` and `zh_CN` are `zh`; empty is None.

    It has two letters where ISO 639-1 gives the language a code, else three (`yue`).

    Raises:
        ValueError: the tag does not begin with a language code.
    """
    if tag is None or not tag.strip():
        return None
    code = tag.strip().replace("_", "-").split("-")[0].lower()
    if not code.isascii() or not code.isalpha() or len(code) not in (2, 3):
        raise ValueError(f"{tag!r} is not a language tag such as 'en' or 'zh-CN'.")
    return code
