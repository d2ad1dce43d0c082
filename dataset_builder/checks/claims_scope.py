"""Whether a sentence claims something of the whole clip, or of a part of it, or only supposes it.

English only. A claim is judged by the words around it: those that it is made of ("most of", "does not contain any")
say what is claimed, and no more whether it is.
"""

from __future__ import annotations

import re


CLIP = r"(?:clip|recording|audio|track|excerpt|file|sample|snippet)"
_PART = re.compile(
    r"\b(?:first|last|after\w*|before|until|till|during|between|beginning|start|starts|end|ends|ending|then|when|"
    r"while|most|mostly|"
    r"part|portion|half|seconds?|minutes?|except|besides|apart|other|otherwise|further|additional|more|brief\w*|"
    r"moments?|at times|"
    r"background|intro|outro|once|finally|initially|later|earlier|nearly|almost|but|follow\w*|momentary|section)\b",
    re.I,
)
_SUPPOSED = re.compile(
    r"\b(?:if|whether|would|could|might|may|should|unless|suppose|imagine|likely|possibly|perhaps|seems?|listen for|"
    r"check|determine|decide|"
    r"rather than|instead of|unlike|as opposed to|ruled out|rules out|rule out|ruling out|not|nor|isn't|doesn't|"
    r"don't|does|do|"
    r"choices?|options?|alternatives?|question|asks|compare\w*|typical\w*|usually|often|suggests?|impl\w+|like|"
    r"as though)\b|\?",
    re.I,
)


def is_supposed(sentence: str, claim: re.Match[str]) -> bool:
    """Whether the sentence denies, supposes or weighs what it claims, by the words around the claim."""
    return bool(_SUPPOSED.search(_around(sentence, claim)))


def is_of_a_part(sentence: str, claim: re.Match[str]) -> bool:
    """Whether the sentence speaks of a part of the clip, or of other things beside, by the words around the claim."""
    return bool(_PART.search(_around(sentence, claim)))


def _around(sentence: str, claim: re.Match[str]) -> str:
    return f"{sentence[: claim.start()]} … {sentence[claim.end() :]}".replace("’", "'")
