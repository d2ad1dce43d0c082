"""Whether the sections make a well-formed answer and hold nothing of the form they were written in.

The grammar is `modeling_audio_reasoner`'s; what the sections say is the business of other checks.
"""

from __future__ import annotations

import re

from modeling_audio_reasoner import SECTIONS, Reasoning, parse_reasoning

from .row_text import Row, sections


_NAMES = "|".join(("think", *SECTIONS))
_REMAINS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "a placeholder token",
        re.compile(r"<\|[^|<>\s]{1,40}\|>|</?s>|\[/?INST\]|<\s*(?:audio|sound|speech)\s*/?>", re.I),
    ),
    ("a tag", re.compile(rf"<\s*/?\s*(?:{_NAMES}|answer|thinking|output)\s*/?>", re.I)),
    ("a markdown fence", re.compile(r"```|~~~")),
    ("a markdown heading", re.compile(r"^\s{0,3}#{1,6}\s+\S|^(?:={3,}|-{3,})\s*$", re.M)),
    ("a list of markdown", re.compile(r"^\s*(?:[-*+•]\s+\S|1[.)]\s+\S[^\n]*(?:\n\s*)+2[.)]\s+\S)[^\n]{0,40}", re.M)),
    ("a table of markdown", re.compile(r"^\s*\|?\s*:?-{3,}:?\s*\|", re.M)),
    (
        "JSON",
        re.compile(rf"[\"'](?:{_NAMES}|answer|choices|question)[\"']\s*:|^\s*[{{\[]\s*[\"']|[\"']\s*[}}\]]\s*,?\s*$"),
    ),
    ("an escape of JSON", re.compile(r"\\[nt\"]|\\u[0-9a-fA-F]{4}")),
    (
        "a blank of a template",
        re.compile(r"\{\{?\s*[a-z_]+\s*\}?\}|\[(?:insert|your|answer|todo|tbd)\b[^\]]*\]|\bTODO\b", re.I),
    ),
    ("the name of a section as a heading", re.compile(rf"^\W{{0,4}}(?:{_NAMES})\W{{0,4}}(?::|：|\n)", re.I)),
    # Underscores alone may be a blank that is spoken of; a name such as snake_case has single ones.
    ("bold type of markdown", re.compile(r"\*\*(?=\S)[^*\n]{1,200}(?<=\S)\*\*|(?<!\w)__(?=\w)[^_\n]{1,200}__(?!\w)")),
)
# "I cannot hear a dog" is an observation, so hearing is not among what a refusal says it cannot do.
_REFUSALS = re.compile(
    r"\bas an? (?:ai|artificial intelligence|(?:large )?language model|text[- ]based)\b"
    r"|\bi(?:['’]m| am) (?:an ai|just an ai|a (?:large )?language model)\b"
    r"|\bi(?: (?:can(?:no|['’])t|can not|could not|couldn['’]t|am (?:unable|not able) to)|['’]m (?:unable|"
    r"not able) to) "
    r"(?:directly |actually |physically )?(?:listen|play|access|process|analy[sz]e|assist|help with|comply|provide)\b"
    r"|\bi (?:do not|don['’]t) have (?:direct )?(?:access|the (?:ability|capability)) to\b"
    r"|\bi(?:['’]m| am) sorry,? (?:but )?i\b"
    r"|\bno audio (?:file )?(?:was|has been|is) (?:provided|attached|uploaded|given)\b"
    r"|\bplease (?:provide|upload|share|attach) (?:the|an|your) (?:audio|recording|clip|file)\b"
    r"|\ben tant qu['’]?(?:ia|intelligence artificielle|e? ?modèle de langage)\b|\bals (?:ki|sprachmodell)\b"
    r"|\bcomo (?:una? )?(?:ia|modelo de lenguaje|modelo de linguagem)\b"
    r"|作为一个?(?:人工智能|AI|语言模型)|我无法(?:听|访问|处理|播放)",
    re.I,
)


def check_structure(row: Row) -> str | None:
    """All five sections are there, and what they render to parses back into them."""
    for name, text in sections(row):
        if not text.strip():
            return f"The section '{name}' is empty."
    written = Reasoning(**dict(sections(row)))
    try:
        parsed = parse_reasoning(written.render())
    except ValueError as error:
        return str(error)
    if not parsed.complete:
        return f"The rendered answer is malformed: {'; '.join(parsed.problems)}."
    for name in SECTIONS:
        if getattr(parsed, name) != getattr(written, name):
            return f"The section '{name}' does not come back as it was rendered."
    return None


def check_remains(row: Row) -> str | None:
    """No section holds a placeholder token, a tag, markdown or JSON of the form it came in, a blank, or a refusal."""
    for name, text in sections(row):
        for what, pattern in _REMAINS:
            if found := pattern.search(text):
                return f"The section '{name}' holds {what}: {found.group().strip()!r}."
        if found := _REFUSALS.search(text):
            return f"The section '{name}' refuses: {found.group()!r}."
    return None
