"""What an answer is taught to be without some of its sections. Knows text alone: nothing of data sets or of models."""

from __future__ import annotations

from modeling_audio_reasoner.reasoning_audio_reasoner import THINK_SECTIONS, Reasoning, parse_reasoning


VARIANTS: dict[str, tuple[str, ...]] = {
    "full": (),
    "response_only": THINK_SECTIONS,
    **{f"without_{name}": (name,) for name in THINK_SECTIONS},
}
"""Of each variant the sections that are left out. The first is what the others are compared to."""


def without_sections(text: str, left_out: tuple[str, ...]) -> str:
    """An answer without some of its sections; without all four there is no THINK either.

    Args:
        text: a whole answer.
        left_out: of `THINK_SECTIONS`.

    Raises:
        ValueError: the answer is not whole, so that what is left out of it would not be known.
    """
    answer = parse_reasoning(text)
    if not answer.complete:
        raise ValueError(f"the answer is not whole ({answer.problems[0]}): check the data with audio-reasoner check.")
    kept = [name for name in THINK_SECTIONS if name not in left_out]
    think = "".join(f"<{name.upper()}>{getattr(answer, name)}</{name.upper()}>" for name in kept)
    return f"{f'<THINK>{think}</THINK>' if kept else ''}<RESPONSE>{answer.response}</RESPONSE>"


def problems_of(variant: str) -> list[str]:
    """What `parse_reasoning` finds to be wrong with an answer that is as the variant teaches it.

    Args:
        variant: of `VARIANTS`.
    """
    whole = Reasoning("text", "text", "text", "text", "text").render()
    return list(parse_reasoning(without_sections(whole, VARIANTS[variant])).problems)
