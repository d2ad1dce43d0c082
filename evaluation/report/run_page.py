"""The page and the pictures of a run of a benchmark: report.html, with everything inside, and figures/*.png."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from evaluation.cota import read_json
from evaluation.figures.benchmark import groups_figure, trust_figure
from evaluation.figures.style import LOOKS, Look
from evaluation.outputs.table import outputs_sentences
from evaluation.report.page import templates
from evaluation.report.write import data_uri, write_bytes
from evaluation.runs.contamination import WAYS, contamination_sentences, read_contamination
from evaluation.runs.run import read_run
from evaluation.runs.table import choice_counts, number, run_name, run_sentences, trust_sentences
from evaluation.runs.trust import TRUST
from evaluation.strict import without_choice


TEMPLATE = "run.html.jinja"
PAGE = "report.html"
UNITS = {"accuracy": "percent right"}


def write_run_page(output: Path) -> Path:
    """Write OUTPUT/report.html and OUTPUT/figures/*.png; return the page's path.

    Raises:
        ValueError: the folder holds no finished run.
    """
    scores, manifest, items = read_run(output)
    trust = read_json(output / TRUST)
    measure = scores["measure"]
    drawn: dict[str, Callable[[Look, str | None], bytes]] = {"groups": partial(groups_figure, scores)}
    if trust:
        names = {line["name"]: run_name(line["name"]) for line in trust["runs"]}
        drawn["trust"] = partial(trust_figure, trust, measure, names)
    (output / "figures").mkdir(parents=True, exist_ok=True)
    pictures: dict[str, dict[str, str]] = {}
    for name, draw in drawn.items():
        pictures[name] = {look.name: data_uri("image/png", draw(look, None)) for look in LOOKS}
        write_bytes(output / "figures" / f"{name}.png", draw(Look(), "white"))
    contamination = read_contamination(output, manifest["settings"])
    page = output / PAGE
    write_bytes(page, _rendered(scores, manifest, items, trust, contamination, pictures).encode())
    return page


def _rendered(
    scores: Mapping[str, Any],
    manifest: Mapping[str, Any],
    items: list[dict[str, Any]],
    trust: Mapping[str, Any] | None,
    contamination: Mapping[str, Any] | None,
    pictures: Mapping[str, Mapping[str, str]],
) -> str:
    shown = partial(_shown, measure=scores["measure"])
    asked = {item["id"] for item in items}
    # Problems are in the table of the items.
    sentences = [line for line in outputs_sentences({**scores, "problems": []}) if not line.startswith(" ")]
    return (
        templates()
        .get_template(TEMPLATE)
        .render(
            scores=scores,
            manifest=manifest,
            items=[item | {"right": right_answer(item["entry"])} for item in items],
            chosen="named" in scores,
            without_choice=without_choice,
            choice_counts=choice_counts,
            unit=UNITS.get(scores["measure"], scores["measure"]),
            trust=trust,
            sentences=[*run_sentences(scores), *sentences],
            trust_sentences=trust_sentences(trust, scores["measure"]) if trust else [],
            contamination_sentences=contamination_sentences(scores),
            contaminated=[line for line in (contamination or {"items": []})["items"] if line["id"] in asked],
            ways=WAYS,
            pictures=pictures,
            interval=_range(scores["intervals"]["strict"], shown),
            decoding=decoding_words(manifest["settings"]),
            number=shown,
            range_of=partial(_range, shown=shown),
            run_name=run_name,
            verdict=partial(verdict_word, measure=scores["measure"]),
        )
    )


def _shown(value: float | None, signed: bool = False, *, measure: str) -> str:
    return number(value, measure, signed)


def _range(interval: list[float] | None, shown: Callable[[float], str]) -> str:
    return "" if interval is None else "–".join(shown(end) for end in interval)


def right_answer(entry: Mapping[str, Any]) -> str:
    """The answer of an entry of any benchmark's layout; empty where it has none."""
    return next(
        (str(entry[name]) for name in ("answer", "answer_gt", "gt", "Emotion", "translation") if entry.get(name)), ""
    )


def verdict_word(value: float | None, measure: str = "accuracy") -> str:
    """right, wrong, left out, or the value where it is between; of another measure than accuracy the value alone."""
    if value is None:
        return "left out"
    if measure != "accuracy":
        return number(value, measure)
    return {1.0: "right", 0.0: "wrong"}.get(float(value), f"{value:.1f}")


def decoding_words(settings: Mapping[str, Any]) -> str:
    """How the answers were decoded, in words."""
    limit = f"at most {settings['max_tokens']} tokens"
    if not settings["temperature"]:
        return f"greedy, {limit}"
    drawn = {name: settings[name] for name in ("temperature", "top_p", "top_k", "seed") if settings[name] is not None}
    return ", ".join([f"{name} {value}" for name, value in drawn.items()] + [limit])
