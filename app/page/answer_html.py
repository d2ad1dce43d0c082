"""An answer as HTML, in which whatever a model or a reader wrote is text and never markup.

Knows an `Answer`; page.css says how it looks, and page.js reads each finished section out to screen readers.
"""

from __future__ import annotations

from html import escape

from app.page.answer_state import TITLES, Answer, Part, Votes


PURPOSES = {
    "planning": "how it goes about the question",
    "caption": "what it hears",
    "reasoning": "what follows from that",
    "summary": "the thought in short",
    "response": "the answer itself",
}
STATES = {
    "waiting": "Listening",
    "writing": "Writing",
    "complete": "Complete",
    "incomplete": "Not well-formed",
    "stopped": "Stopped",
    "refused": "No answer",
}


def answer_html(answer: Answer) -> str:
    """The answer for the page, from before its first word to its end."""
    busy = "true" if answer.state in ("waiting", "writing") else "false"
    parts = "".join(_part(part, answer, last=part is answer.parts[-1]) for part in answer.parts)
    begun = answer.state in ("complete", "incomplete", "stopped", "refused") or bool(answer.parts)
    expected = "" if answer.state == "refused" else "".join(_not_there(name, begun, answer) for name in answer.missing)
    return (
        f'<div class="answer {answer.state}" data-state="{answer.state}" aria-busy="{busy}">{_verdict(answer)}'
        f"{parts}{expected}{_votes(answer.votes) if answer.votes else ''}</div>"
    )


def _verdict(answer: Answer) -> str:
    """The line above the sections: what has become of the answer, and what it lacks."""
    if answer.state == "empty":
        return '<p class="verdict">The answer comes in five sections, which open here one after the other.</p>'
    said = answer.note or ("All five sections are there, in order." if answer.state == "complete" else "")
    alert = ' role="alert"' if answer.state == "refused" else ""
    lacks = "".join(f"<li>{escape(_as_sentence(problem))}</li>" for problem in answer.problems)
    listed = f"<p>What its structure lacks:</p><ul>{lacks}</ul>" if lacks else ""
    return (
        f'<div class="verdict"{alert}><p><strong class="state">{STATES[answer.state]}</strong> {escape(said)}</p>'
        f"{listed}</div>"
    )


def _part(part: Part, answer: Answer, last: bool) -> str:
    writing = last and not part.closed and answer.state == "writing"
    if part.section is None:
        return (
            '<section class="part outside"><h3>Outside every section</h3>'
            f'<p class="text">{escape(part.text.strip())}</p></section>'
        )
    # Behind a section that was left open stands the next one, so that only its end tells.
    mark = "writing" if writing else "" if part.closed else "not closed"
    note = f' <span class="mark">{mark}</span>' if mark else ""
    closed = ' data-closed="true"' if part.closed else ""
    return (
        f'<section class="part {part.section}{" open" if writing else ""}" data-section="{part.section}"{closed}>'
        f'<h3>{TITLES[part.section]}{note}</h3><p class="text">{escape(part.text.strip())}</p></section>'
    )


def _not_there(section: str, begun: bool, answer: Answer) -> str:
    """A section that has no text: still to come, or missing from an answer that has ended."""
    if answer.state in ("incomplete", "stopped", "complete"):
        return (
            f'<section class="part missing" data-missing="{section}"><h3>{TITLES[section]} '
            '<span class="mark">missing</span></h3></section>'
        )
    hint = "" if begun else f' <span class="purpose">{PURPOSES[section]}</span>'
    return f'<div class="part to-come" data-to-come="{section}"><p>{TITLES[section]}{hint}</p></div>'


def _votes(votes: Votes) -> str:
    rows = [(response, count, "") for response, count in votes.counts.items()]
    if votes.silent:
        rows.append(("No vote: the response names none of the choices, or more than one", votes.silent, "none"))
    if votes.unfinished:
        rows.append(("Not waited for, or cut at the token limit", votes.unfinished, "none"))
    whole = sum(count for _, count, _ in rows)
    cells = "".join(
        f'<tr class="{kind}"><th scope="row">{escape(response)}</th><td>{count}</td>'
        f'<td aria-hidden="true"><span class="bar" style="width:{100 * count / whole:.0f}%"></span></td></tr>'
        for response, count, kind in rows
    )
    return (
        f'<table class="votes"><caption>Votes of {whole} sampled answers</caption><thead><tr><th scope="col">Response'
        f'</th><th scope="col">Votes</th><td></td></tr></thead><tbody>{cells}</tbody></table>'
    )


def _as_sentence(problem: str) -> str:
    """One of a `Reasoning`'s problems, with a capital and a stop."""
    return f"{problem[:1].upper()}{problem[1:]}."
