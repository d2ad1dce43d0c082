"""A run and its controls as a table and sentences for the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evaluation.strict import without_choice


if TYPE_CHECKING:
    from rich.table import Table

SHOWN = 5
NAMES = {
    "real": "the recordings",
    "silence": "silence",
    "noise": "noise as loud",
    "shuffle": "another's recording",
    "none": "nothing",
}


def trust_table(trust: Mapping[str, Any], measure: str) -> Table:
    """A line a run: what was heard, both figures, and the difference to the first with McNemar's p."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(
        title="What the score rests on: the same questions with something else to hear, and in other orders",
        title_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
    )
    chosen = any("named" in line for line in trust["runs"])
    table.add_column("heard", overflow="fold")
    last = ("wrong\nchoice", "no\nchoice") if chosen else ()
    for heading in ("n", "official", "strict", "95%", "differ-\nence", "p", *last):
        table.add_column(heading, justify="right", no_wrap=True)
    for line in trust["runs"]:
        interval = line["intervals"]["strict"]
        table.add_row(
            run_name(line["name"]),
            str(line["n"]),
            number(line["official"], measure),
            number(line["strict"], measure),
            "" if interval is None else "–".join(number(end, measure) for end in interval),
            "" if line.get("difference") is None else number(line["difference"], measure, signed=True),
            "" if line.get("p") is None else f"{line['p']:.2g}",
            *(choice_counts(line) if chosen else ()),
            style="bold" if line["name"] == "real" else "",
        )
    return table


def choice_counts(line: Mapping[str, Any]) -> tuple[str, str]:
    """Of a run's line, how many answers name a wrong choice, and how many none or more than one."""
    named = line.get("named")
    return ("–", "–") if named is None else (str(named["wrong"]), str(without_choice(named)))


def run_name(name: str) -> str:
    """What was heard in a run, in words."""
    return f"choices in order {name.removeprefix('order-')}" if name.startswith("order-") else NAMES[name]


def number(value: float | None, measure: str, signed: bool = False) -> str:
    """A share in percent with one digit, points with two, another figure as it is with one."""
    if value is None:
        return "–"
    digits = 2 if measure == "points" else 1
    return f"{100 * value if measure == 'accuracy' else value:{'+' if signed else ''}.{digits}f}"


def trust_sentences(trust: Mapping[str, Any], measure: str) -> list[str]:
    """What the table says: how far above the best control, and how steady under other orders."""
    real, *others = trust["runs"]
    said = []
    controls = [line for line in others if not line["name"].startswith("order-") and line["strict"] is not None]
    if controls and real["strict"] is not None:
        best = max(controls, key=lambda line: line["strict"])
        margin = real["strict"] - best["strict"]
        low = real["intervals"]["strict"][0]
        sure = "its interval lies above" if low > best["strict"] else "its interval does not lie above"
        points = f"{number(abs(margin), measure)} {'points ' if measure == 'accuracy' else ''}"
        said.append(
            f"Strict, {points}{'above' if margin >= 0 else 'below'} the best of what does not hear it "
            f"({run_name(best['name'])}); {sure}."
        )
    said += silent_sentences(trust)
    if trust["agreement"] is not None:
        orders = sum(line["name"].startswith("order-") for line in others) + 1
        said.append(f"In {100 * trust['agreement']:.1f}% of the items all {orders} orders give the same choice.")
    return said


def silent_sentences(trust: Mapping[str, Any]) -> list[str]:
    """In which runs how many answers choose nothing: a low score of these does not show that the model guessed."""
    lines = [line for line in trust["runs"] if line.get("named")]
    counts = [(run_name(line["name"]), without_choice(line["named"]), sum(line["named"].values())) for line in lines]
    if not any(count for _, count, _ in counts):
        return []
    each = ", ".join(f"{name} {count} of {n}" for name, count, n in counts)
    said = [f"Without a choice, by what was heard: {each}."]
    never = [name for name, count, n in counts if count == n]
    if never:
        said.append(
            f"No answer names one choice in: {', '.join(never)}. Such a figure says how the model answers, and not "
            "what it would choose."
        )
    return said


def judge_sentences(judging: Mapping[str, Any] | None) -> list[str]:
    """Who judged and how, what a rubric gave, and what the judge was asked in vain."""
    if judging is None:
        return []
    drawn = judging.get("official_randomness")
    how = f"with the official randomness, seed {judging['seed']}" if drawn else "at temperature 0"
    official = judging["official_judge"]
    other = "" if judging["judge"].endswith(official) else f"; officially it is {official}"
    said = [f"Judged by {judging['judge']} {how}{other}."]
    rubric = judging.get("rubric")
    if rubric and rubric["official"] is not None:
        said.append(
            f"Reasoning, by MMAR's rubric: official {100 * rubric['official']:.1f} of 100, over the "
            f"{rubric['evaluated']} of {rubric['n']} that were evaluated; strict {100 * rubric['strict']:.1f}, over "
            "all."
        )
        said += [
            f"  {grouping} {group}: official {number(line['official'], 'accuracy')}, "
            f"strict {number(line['strict'], 'accuracy')}, n {line['n']}"
            for grouping, groups in rubric["by_group"].items()
            for group, line in groups.items()
        ]
    if rubric and judging["unparsed"]:
        said.append(
            f"Not evaluated, as a rater's reply cannot be read: {judging['unparsed']}; judging.json lists them."
        )
    if judging["failed"]:
        reasons = Counter(failure["error"].splitlines()[-1] for failure in judging["failures"])
        said.append(f"Requests to the judge that failed, and are asked by the next run: {judging['failed']}:")
        said += [f"  {count} times: {reason[:200]}" for reason, count in reasons.most_common(SHOWN)]
    return said


def run_sentences(scores: Mapping[str, Any]) -> list[str]:
    """What was counted beside the scores."""
    said = []
    if scores["failed"]:
        reasons = list(scores["failure_counts"].items())
        said.append(f"Not answered, and so not counted as right: {scores['failed']} of {scores['n']}:")
        said += [f"  {count} times: {reason[:200]}" for reason, count in reasons[:SHOWN]]
        said += [f"  and {len(reasons) - SHOWN} other reasons; scores.json lists all."] if len(reasons) > SHOWN else []
    if scores["cut"]:
        said.append(f"Cut at the token limit: {scores['cut']} of {scores['n']} answers; raise --max-tokens.")
    said += judge_sentences(scores.get("judging"))
    reasoning = scores["reasoning"]
    if reasoning["structured"]:
        line = f"Reasoned in sections: {reasoning['structured']} of {scores['n']}, completely {reasoning['complete']}"
        if reasoning["contradicted"] is not None:
            line += (
                f"; the summary names a choice in {reasoning['summary_says']}, the response another one in "
                f"{reasoning['contradicted']} of these; the reasoning has the words of the chosen one in "
                f"{reasoning['reasoning_names']}"
            )
        said.append(f"{line}.")
    return said
