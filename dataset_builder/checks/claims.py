"""What the text says of time, held to the duration that was measured: how long the clip is, and points within it.

English only; a text without such a claim holds. What is quoted, and what a speaker is reported to say, is no claim
about the clip. The other modules `claims_…` hold the text to the other facts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .row_text import Row, sections, sentences, without_quotes
from .spoken_numbers import NUMBER, number_value


SLACK = 1.0
"""Seconds by which any statement of time may be off."""
EXACT, ABOUT = 0.10, 0.25
"""Share of the stated time by which an exact and an "about" statement of a duration may be off."""

_SECONDS = {"s": 1, "sec": 1, "second": 1, "min": 60, "minute": 60, "hour": 3600}
_HEDGE = (
    r"(?P<hedge>about|around|approximately|approx\.?|roughly|nearly|almost|close to|just over|just under|just|"
    r"a (?:little|bit) "
    r"(?:over|under)|slightly (?:over|under|more than|less than|longer than)|over|more than|at least|longer than|"
    r"under|"
    r"less than|at most|up to|shorter than|only|some)"
)
_UNIT = r"(?P<unit>s|secs?|seconds?|mins?|minutes?|hours?)\b"
_SPAN = (
    rf"(?:{_HEDGE}\s+)?(?:(?P<m>\d{{1,2}}):(?P<s>\d{{2}})(?:\s*(?:min(?:ute)?s?))?"
    rf"|(?P<share>half|quarter)[\s-]+(?P<of>minute|hour)\b|(?P<whole>minute|hour)(?=[\s-]long\b)"
    rf"|(?P<low>{NUMBER})(?:[\s-]*(?:-|–|to|or)\s*(?P<high>{NUMBER}))?[\s-]*{_UNIT}(?P<half>\s+and\s+a\s+half)?"
    rf"(?:,?\s*(?:and\s+)?(?P<rest>{NUMBER})[\s-]*s(?:ec(?:ond)?s?)?\b)?)"
)
_CLIP = r"(?:clip|recording|audio|excerpt|sample|file|track|snippet)"
_KIND = r"(?:(?:audio|sound|short|brief|entire|whole|full|complete|music|musical|speech|stereo|mono|given)\s+){0,2}"
_LASTS = (
    r"(?:only\s+|just\s+)?(?:lasts?|runs?|spans?|goes\s+on|has\s+an?\s+(?:total\s+|overall\s+)?(?:duration|length|"
    r"running\s+time)\s+of)"
)
_DURATION = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        # "the clip lasts about two minutes", "this recording, lasting 12 s,", "the audio has a length of 5 seconds"
        # A note of the clip, or the rain in it, may last for less.
        rf"(?<!\bof\s)(?<!\bin\s)\b(?:the|this|an?)\s+{_KIND}{_CLIP}\s+(?:itself\s+)?{_LASTS}\s+(?:for\s+)?{_SPAN}",
        rf"\b(?:the|this|an?|entire|whole|full)\s+{_KIND}{_CLIP}(?:,?\s+(?:which|that)\s+{_LASTS}|,?\s+(?:lasting|"
        rf"running|spanning))\s+(?:for\s+)?{_SPAN}",
        # "the clip is 10 seconds long"; not "the clip is 5 seconds into the song".
        rf"\b(?:the|this|entire|whole|full)\s+{_KIND}{_CLIP}\s+(?:is|was)\s+{_SPAN}(?=\s*(?:long\b|in\s+(?:length|"
        rf"duration)\b|[.,;)]|$))",
        # "a 45-second clip", "this roughly ten-second recording"; not "10-second clips", "the first 10-second clip".
        rf"\b(?:an?|the|this)\s+{_SPAN}(?:[\s-]long)?,?\s+{_KIND}(?:clip|recording|excerpt|sample|snippet|audio|file|"
        rf"track)\b(?!s|\s+delay)",
        rf"\b(?:total|overall|entire|full|clip['’]s|recording['’]s|audio['’]s)\s+(?:duration|length|"
        rf"running\s+time)(?:\s+of\s+(?:the|this)\s+"
        rf"{_KIND}{_CLIP})?\s*(?:is|was|of|:|=)\s*{_SPAN}",
        rf"\b(?:duration|length|running\s+time)\s+of\s+(?:the|this)\s+{_KIND}{_CLIP}\s*(?:is|was|at|:|=)\s*{_SPAN}",
        # "in this clip of 30 seconds", "the audio, 30 seconds in length,", "throughout its 30 seconds".
        rf"\b(?:the|this|an?)\s+{_KIND}{_CLIP}(?:\s+of\s+(?:just\s+)?|(?P<comma>,)\s+(?:which\s+is\s+)?){_SPAN}(?(comma)(?!\s+of\b))"
        rf"(?!\s+(?:into|in(?=\s*(?:[,.;:)]|$))|later|before|after|from|of\s+(?:the|this)|earlier)\b)",
        rf"\b(?:throughout|during|over|across|for|in)\s+(?:all\s+of\s+)?its\s+(?:entire\s+|full\s+|whole\s+)?{_SPAN}",
        rf"\b(?:throughout|during|over|across)\s+(?:all\s+of\s+)?the\s+(?:entire|full|whole)\s+{_SPAN}",
        # "With a duration of 12 s", "At just over a minute long", "Duration: 30 seconds".
        rf"\bwith\s+an?\s+(?:total\s+|overall\s+)?(?:duration|length|running\s+time)\s+of\s+{_SPAN}",
        rf"^at\s+{_SPAN}\s*(?:long|in\s+(?:length|duration))\b",
        rf"^(?:the\s+)?(?:duration|length|running\s+time)\s*(?:[:=]|is)\s*{_SPAN}",
        # "all 25 seconds of the clip", "the 25 seconds of the recording", "the clip's 25 seconds"; not "the first 5
        # seconds of the clip", nor "all five seconds of the pause".
        rf"\b(?:all|every(?:\s+one)?|each)\s+(?:of\s+)?(?:the\s+|its\s+)?{_SPAN}\s+of\s+(?:the|this)\s+{_KIND}"
        rf"{_CLIP}\b",
        rf"^(?:all|every\s+one)\s+(?:of\s+)?(?:the\s+|its\s+)?{_SPAN}\s+(?:are|is|holds?|contains?|consists?|ha(?:s|ve))\b",
        rf"\b(?:the|these)\s+{_SPAN}\s+of\s+(?:the|this)\s+{_KIND}{_CLIP}\b(?!\s+(?:that|which|in|where|when|before|"
        rf"after)\b)",
        rf"\b(?:the|this)\s+{_KIND}{_CLIP}['’]s\s+(?:entire\s+|full\s+|whole\s+)?{_SPAN}",
        rf"\b(?:the|this)\s+{_KIND}{_CLIP}\s+(?:comes\s+to|amounts\s+to|takes)\s+(?:up\s+)?{_SPAN}(?!\s+to\b)",
    )
)
# What goes on for so long, if nothing outside the recording is spoken of, goes on within it.
_WITHIN = re.compile(
    rf"(?:\b(?:clip|recording|audio|excerpt)\s+(?:holds|contains|has|offers|gives|(?:ends|stops)\s+after)"
    rf"|\bfor\s+(?:all\s+(?:of\s+)?)?the\s+(?:full|whole|entire)|\bfor\s+(?:a\s+full|all(?:\s+of\s+the|\s+the)?)"
    rf"|\b(?:through|throughout)\s+(?:all\s+of\s+)?the\s+(?:full|whole|entire)"
    rf"|\b(?:is|are)\s+(?:heard|audible)\s+for"
    rf"|^its\s+(?:length|duration|running\s+time)\s+(?:is|was)"
    rf"|\b(?:over\s+the\s+course\s+of|(?:in|during|for|over|within)\s+(?:the|its)\s+(?:first|last|final|opening)))"
    rf"\s+{_SPAN}",
    re.I,
)
_CLOCK = r"\d{1,2}:\d{2}(?:\.\d+)?"
_AT = r"(?:at|around|by|until|from|near|to|till|about|approximately|roughly)"
# Forms that mean a place in the recording whatever stands around them.
_SURE_POINTS = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"\b(?P<low>{NUMBER})[\s-]*(?P<unit>s|secs?|seconds?|mins?|minutes?)[\s-]+mark\b",
        rf"\b(?P<low>{NUMBER})\s*(?P<unit>s|secs?|seconds?|mins?|minutes?)\s+(?:into\s+(?:the|"
        rf"this)\s+{_KIND}(?:{_CLIP}|piece|song)|"
        rf"in(?=\s*(?:[.,;:)]|$)))",
        rf"[\[(]\s*(?P<clock>{_CLOCK})(?:\s*(?:-|–|to)\s*(?P<until>{_CLOCK}))?\s*[\])]",
        r"(?<![\d:])(?P<clock>0\d?:[0-5]\d(?:\.\d+)?)(?![\d:])",
        rf"\b(?P<clock>{_CLOCK})\s+mark\b|\btime-?\s?stamp(?:\s+of)?\s+(?P<until>{_CLOCK})",
        r"\btime-?\s?stamp(?:\s+of)?\s+(?P<low>\d+(?:\.\d+)?)\s*(?P<unit>s|secs?|seconds?)\b",
    )
)
# Forms that may also be a time of day, or a span within what is said.
_LIKELY_POINTS = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"\b{_AT}\s+(?:about\s+|around\s+|approximately\s+|roughly\s+)?(?P<clock>{_CLOCK})(?:\s*(?:-|–|to|"
        rf"and)\s*(?P<until>{_CLOCK}))?(?!\d)",
        rf"\b(?:at|around|from|until|till|after|by)\s+(?:about\s+|around\s+|approximately\s+|roughly\s+|just\s+over\s+|"
        rf"nearly\s+)?(?P<low>{NUMBER})(?:\s*(?:s|secs?|seconds?)?\s*(?:-|–|to)\s*(?P<high>{NUMBER}))?[\s-]*"
        rf"(?P<unit>s|secs?|seconds?)\b(?!\s+(?:each|apart|per|intervals?))",
        # "at second 20", "between seconds 40 and 50"
        r"\b(?:at|around|from|until|till|after|by|to|near|between)\s+(?:the\s+)?(?P<unit>s(?:ec)?onds?)\s+(?P<low>\d+(?:\.\d+)?)"
        r"(?:\s*(?:-|–|to|and)\s*(?:second\s+)?(?P<high>\d+(?:\.\d+)?))?",
        rf"\bbetween\s+(?:about\s+)?(?P<low>{NUMBER})\s*(?:s|secs?|seconds?)?\s+and\s+(?P<high>{NUMBER})\s*"
        rf"(?P<unit>s|secs?|seconds?)\b",
    )
)
_REPORTED = re.compile(
    r"\b(?:says?|said|saying|states?|stating|mentions?|mentioned|announc\w+|explain\w*|tells?|told|asks?|instruct\w*|"
    r"discuss\w*|"
    r"talk\w*|refers?|recipes?|reads?|a\.?m\b|p\.?m\b|o'clock|train|flight|meeting|appointment|schedul\w+|clock|"
    r"morning|evening|noon|"
    r"midnight|today|tomorrow|verse|chapter|score|ratio|odds|signature|interval)\b",
    re.I,
)


def duration_of(row: Row) -> float | None:
    """The measured duration in seconds, else the row's own, else None."""
    found = (row.get("measured") or {}).get("duration", row.get("duration"))
    return float(found) if found is not None else None


def check_duration(row: Row) -> str | None:
    """What the sections state as the length of the clip is its length.

    Off by no more than 1 s or 10% of what is stated, 25% after "about"; "over" and "under" bound it from one side.
    What goes on "over the course of" a time goes on within the clip, where nobody is reported to speak of it.
    """
    duration = duration_of(row)
    if duration is None:
        return None
    for name, sentence in claiming(row):
        for pattern in _DURATION:
            for match in pattern.finditer(sentence):
                low, high = _stated(match)
                if not _is_length(duration, low, high, (match["hedge"] or "").casefold()):
                    return f"The section '{name}' says {match.group().strip()!r}, and the clip lasts {duration:.1f} s."
        within = _WITHIN.search(sentence)
        if within and not _REPORTED.search(sentence) and _stated(within)[0] > duration + max(SLACK, EXACT * duration):
            return f"The section '{name}' says {within.group().strip()!r}, and the clip lasts {duration:.1f} s."
    return None


def check_time_points(row: Row) -> str | None:
    """No point of time that the sections name lies after the end of the clip, by more than 1 s or 2%.

    A time such as 9:45 counts only where nobody is reported to say it and the sentence is not about clocks.
    """
    duration = duration_of(row)
    if duration is None:
        return None
    end = duration + max(SLACK, 0.02 * duration)
    for name, sentence in claiming(row):
        patterns = _SURE_POINTS if _REPORTED.search(sentence) else (*_SURE_POINTS, *_LIKELY_POINTS)
        for pattern in patterns:
            for match in pattern.finditer(sentence):
                if max(_points(match)) > end:
                    return (
                        f"The section '{name}' names {match.group().strip()!r}, and the clip lasts {duration:.1f} s."
                    )
    return None


def claiming(row: Row, *, planning: bool = True) -> Iterator[tuple[str, str]]:
    """Section and sentence, one by one, without what stands in quotes; `planning` only where it is asked for."""
    for name, text in sections(row):
        if planning or name != "planning":
            yield from ((name, sentence) for sentence in sentences(without_quotes(text)))


def _is_length(duration: float, low: float, high: float, hedge: str) -> bool:
    if hedge.endswith((" over", " more than", " longer than")):
        return low - SLACK <= duration <= high * (1 + ABOUT) + SLACK
    if hedge.startswith(("over", "more", "at least", "longer")):
        return duration >= low - max(SLACK, EXACT * low)
    if hedge.startswith(("under", "less", "at most", "up to", "shorter")):
        return duration <= high + max(SLACK, EXACT * high)
    share = EXACT if hedge in ("", "only", "just") else ABOUT
    slack = SLACK if share == EXACT else 2 * SLACK
    return low - max(slack, share * low) <= duration <= high + max(slack, share * high)


def _stated(match: re.Match[str]) -> tuple[float, float]:
    """The least and the most seconds that a match of `_SPAN` states."""
    if match["m"] is not None:
        seconds = float(60 * int(match["m"]) + int(match["s"]))
        return seconds, seconds
    if part := match["of"] or match["whole"]:
        seconds = _unit_seconds(part) * (number_value(match["share"]) if match["of"] else 1)
        return seconds, seconds
    unit = _unit_seconds(match["unit"])
    more = 0.5 * unit if match["half"] else 0.0
    more += number_value(match["rest"]) if match["rest"] else 0.0
    low = number_value(match["low"])
    return low * unit + more, (number_value(match["high"]) if match["high"] else low) * unit + more


def _points(match: re.Match[str]) -> list[float]:
    """The seconds from the beginning of every point that a match names."""
    groups = match.groupdict()
    clocks = [text for text in (groups.get("clock"), groups.get("until")) if text]
    numbers = [text for text in (groups.get("low"), groups.get("high")) if text]
    unit = _unit_seconds(groups["unit"]) if numbers else 1
    return [60 * int(text.split(":")[0]) + float(text.split(":")[1]) for text in clocks] + [
        number_value(text) * unit for text in numbers
    ]


def _unit_seconds(unit: str) -> int:
    return _SECONDS[unit.casefold().removesuffix("s") or "s"]
