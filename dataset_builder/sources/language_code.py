"""Language tags as corpora write them -> the code of `Recording.language`."""

from __future__ import annotations


_TWO_LETTERS = """
    aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el
    en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu
    ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na
    nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn
    so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
TWO_LETTERS = frozenset(_TWO_LETTERS.split())
"""ISO 639-1."""
_NOW = {"iw": "he", "in": "id", "jw": "jv", "ji": "yi"}
"""Codes that were withdrawn and that corpora still use, and those that took their place."""


def language_code(tag: str | None) -> str | None:
    """The language of a BCP 47 tag in small letters: `zh-CN` and `zh_CN` are `zh`; empty is None.

    It has two letters where ISO 639-1 gives the language a code, else three (`yue`). A code
    that was withdrawn is given as the one that took its place: `iw` is `he`.

    Raises:
        ValueError: the tag does not begin with a language code; one of three letters is taken as it is.
    """
    if tag is None or not tag.strip():
        return None
    code = tag.strip().replace("_", "-").split("-")[0].lower()
    code = _NOW.get(code, code)
    if code not in TWO_LETTERS and not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise ValueError(f"{tag!r} is not a language tag such as 'en' or 'zh-CN'.")
    return code
