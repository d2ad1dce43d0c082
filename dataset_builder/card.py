"""The dataset's README: the configs that `load_dataset` reads, and the card for people."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .card_front_matter import LICENSES_OF_ROWS, render_front_matter
from .card_origins import origins
from .card_tables import (
    baselines_text,
    composition_table,
    decontamination_text,
    hours_table,
    length_text,
    lengths_table,
    manifest_table,
    reasons_table,
    table,
)
from .recording import DOMAINS
from .schema import SPLITS
from .teacher_annotations import TEACHER


CARD = """\
# CoTA

{size}: questions about recordings of {domains}, each with an answer that plans,
captions, reasons, summarises and responds. Built with `audio-reasoner build`, after [Audio-Reasoner](https://arxiv.org/abs/2503.02318).

![Rows by task, lengths, places of the answers, and what was left out]({figure})

```python
from datasets import load_dataset

{loading}
```

`trl sft` trains on it as it is: `messages` holds the system prompt, the clip with the question, and the structured
answer; `images` is always empty and makes TRL take its multimodal path.

## How it was made

{making}

Splits are drawn by group of recordings, or are those of the corpus: no recording and no group is in two splits.

### Teachers and prompts

{teachers}

### What was left out

Recordings, and from `question` on rows, that came into each stage, went on, were rejected by a check, or met an
error:

{stages}

{reasons}

### Benchmarks

{decontamination}

## Composition

{composition}

{hours}

Lengths of the clips, in seconds:

{lengths}

Words by section, on average: {words}.{needs_audio}

{baselines}

Answer positions: {positions}.{giveaways}

## Columns

`id`, `audio` (16 kHz FLAC), `duration` (seconds), `domain`, `task`, `language` (of the speech), `source`,
`source_id` and `license` (joined by `+` and ` AND ` where several recordings are heard), `annotations` (what the
corpus says, the recordings that are heard with start and end, and what was measured and noted down, where it was),
`question`, `choices` (none for open questions), `answer`, `planning`, `caption`, `reasoning`, `summary`, `response`,
`messages`, `images`, `length` (grows with the row's tokens, for `group_by_length`), `teacher`, `review`.

The clip is in a row twice, in `audio` and in the audio part of `messages`, as the same bytes, because TRL reads
nothing but `messages`. Parquet stores both: the shards take {megabytes:.0f} MB, about twice the size of the clips.

## Sources and licences

{sources}

{licenses_of_rows}; `license` has the expression for each row.{origins}

## Known confounds and limits

{limits}

## Manifest

`manifest.json` lists {shards} with rows, bytes and SHA-256; `audio-reasoner check` compares. Seed {seed}.
`build.yaml` describes the build, `versions.json` says with what it ran, `statistics.json` holds the figures above.
{manifest}"""

ANNOTATED = "The recordings have the annotations of their corpora, which `annotations` holds for each row."
ANNOTATED_DEBIAN = """\
The recordings have annotations by humans (labels, transcripts, translations) or are rendered from a score, whose
facts are exact."""

MIXED = """\
{annotated} Each row draws its own crops, levels and places, so that two rows with one recording are two clips.
Every clip is 16 kHz mono FLAC; lengths are drawn without regard to the answer, edges are faded, levels are alike
within 3 dB either way, and a noise floor at -72 dBFS lies under all of them.{narrow}

**The teacher is `annotations`**: a set of templates in code, no model. The question, the choices, the answer and the
four sections are written from the recordings' annotations. They are true as far as the annotations are, and they
describe nothing else; the wording is uniform."""

NARROW = """ Clips of {tasks} have nothing above 4 kHz
(`bandwidth_hz` in `annotations`): such tasks mix corpora of different bandwidth."""

TAUGHT = """\
Recordings were measured (length, level, silence, speech, and tempo, key or pitch where they apply), and teachers,
listed below, labelled them, made questions of them and wrote the chains of thought. Choices were put in order by a
seeded draw. Clips are 16 kHz mono FLAC and otherwise as their corpora have them."""

DEBIAN = ("asterisk", "fillets", "wesnoth", "sonic", "hydrogen", "mma")
"""The first words of the demo's sources, whose limits are written down."""

REVIEWED = """\
Every row passed the checks that its `review` names; what did not pass is counted below."""


FIGURE = "figure.png"


def write_card(folder: Path, manifest: Mapping[str, Any], statistics: Mapping[str, Any], name: str = "cota") -> None:
    """Write `README.md`, and the figure beside it, into a folder of written shards.

    Args:
        name: of the folder, by which `load_dataset` will know it.
    """
    from .figure import write_figure

    write_figure(statistics, folder / FIGURE)
    text = render_front_matter(manifest["shards"], statistics) + render_text(manifest, statistics, name)
    (folder / "README.md").write_text(text, encoding="utf-8")


def render_text(manifest: Mapping[str, Any], statistics: Mapping[str, Any], name: str = "cota") -> str:
    """The card below the front matter."""
    shards = manifest["shards"]
    stages = statistics["stages"]
    mixed = stages["question"]["version"].get("teacher") == TEACHER
    return CARD.format(
        size=_size(statistics),
        domains=_and([domain for domain in DOMAINS if domain in statistics["composition"]]),
        figure=FIGURE,
        loading=_loading(name, shards),
        making=f"{_making(statistics, mixed)}\n\n{REVIEWED}",
        teachers=table(
            ["stage", "teacher", "prompt and its version", "rows"],
            [[*line.split(" | "), f"{count:,}"] for line, count in statistics["teachers"].items()],
        ),
        stages=table(
            ["stage", "in", "out", "rejected", "error"],
            [
                [stage, *(f"{found[key]:,}" for key in ("in", "out", "rejected", "error"))]
                for stage, found in stages.items()
            ],
        ),
        reasons=reasons_table(stages),
        decontamination=decontamination_text(statistics.get("decontamination", [])),
        composition=composition_table(statistics),
        hours=hours_table(statistics["hours_by"]),
        lengths=lengths_table(statistics["lengths"]),
        words=", ".join(f"{name} {mean:.0f}" for name, mean in statistics["words"].items()),
        needs_audio=_needs_audio(statistics["needs_audio"]),
        baselines=baselines_text(statistics),
        positions="; ".join(
            f"{', '.join(map(str, found['counts']))} of {choices} choices (p = {found['p']:.2f})"
            for choices, found in statistics["answer_positions"].items()
        )
        or "there are no choices",
        giveaways=_giveaways(statistics["giveaways"]),
        megabytes=sum(shard["bytes"] for shard in shards) / 1e6,
        sources=table(
            ["source", "licence", "recordings heard"],
            [[line["source"], line["license"], line["recordings"]] for line in statistics["sources"]],
        ),
        licenses_of_rows=LICENSES_OF_ROWS,
        origins=origins(
            (line["source"] for line in statistics["sources"]), any(map(_of_debian, statistics["sources"]))
        ),
        limits=_limits(statistics, mixed),
        shards="its only shard" if len(shards) == 1 else f"all {len(shards):,} shards",
        seed=manifest["seed"],
        manifest=manifest_table(shards),
    )


def _making(statistics: Mapping[str, Any], mixed: bool) -> str:
    if not mixed:
        return TAUGHT
    tasks = [f"`{task}`" for task in statistics["narrow_tasks"]]
    return MIXED.format(
        annotated=ANNOTATED_DEBIAN if _only_debian(statistics) else ANNOTATED,
        narrow=NARROW.format(tasks=_and(tasks)) if tasks else "",
    )


def _of_debian(line: Mapping[str, Any]) -> bool:
    return line["source"].split("-")[0] in DEBIAN


def _only_debian(statistics: Mapping[str, Any]) -> bool:
    return bool(statistics["sources"]) and all(map(_of_debian, statistics["sources"]))


def _size(statistics: Mapping[str, Any]) -> str:
    rows, hours = sum(statistics["rows"].values()), sum(statistics["hours"].values())
    return f"{rows:,} rows with {length_text(hours)} of clips"


def _and(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _loading(name: str, shards: Sequence[Mapping[str, Any]]) -> str:
    """Calls of `load_dataset`, each with what it is for; all of them work."""
    tasks = sorted({shard["task"] for shard in shards})
    task = "lead_instrument" if "lead_instrument" in tasks else tasks[0]
    domain = next(domain for domain in reversed(DOMAINS) if any(shard["domain"] == domain for shard in shards))
    split = next(found for found in reversed(SPLITS) if any(shard["split"] == found for shard in shards))
    calls = [
        (f'load_dataset("{name}")', f"where this folder is ./{name}"),
        (f'load_dataset("{name}", "{domain}")', "a domain"),
        (f'load_dataset("{name}", "{task}")', "a task"),
        (f'load_dataset("{name}", split="{split}", streaming=True)', "row by row"),
    ]
    width = max(len(call) for call, _ in calls)
    return "\n".join(f"{call:<{width}}  # {meaning}" for call, meaning in calls)


def card_of_repository(card: str, repository: str) -> str:
    """The card of a folder with calls of `load_dataset` that read `repository`, `ORG/NAME` of the Hub."""
    card = re.sub(r'load_dataset\("[^"]+"', f'load_dataset("{repository}"', card)
    return re.sub(r"# where this folder is \./.+", "# all of it", card)


def _needs_audio(found: Mapping[str, int]) -> str:
    if not found:
        return ""
    no, unjudged = found.get("no", 0), found.get("not judged", 0)
    return (
        f" A teacher that heard nothing was asked {found.get('yes', 0) + no} of the questions, and {no} of them "
        "turned out not to need the recording (`needs_audio` in `review`)."
    ) + (
        f" {unjudged} questions were not judged: all its answers to them could be right by chance." if unjudged else ""
    )


def _giveaways(found: Mapping[str, float]) -> str:
    if not found:
        return ""
    return (
        f" The answer is the longest choice in {found['answer_is_longest']:.1%} of the questions, and shares words "
        f"with the question that no other choice shares in {found['answer_echoes_question']:.1%}."
    )


def _limits(statistics: Mapping[str, Any], mixed: bool) -> str:
    """What is known to be wrong with the corpora that are heard, and with their teachers."""
    parts = []
    if mixed and any(map(_of_debian, statistics["sources"])):
        parts.append((Path(__file__).parent / "sources" / "debian" / "limits.md").read_text(encoding="utf-8").strip())
    if not mixed:
        parts.append(
            "- Labels, questions and chains of thought are by the models listed above and share their errors; the "
            "checks find what can be measured or contradicted, not every false claim.\n"
            "- Words for what is heard are the teachers' choice, and so are the tasks that a recording is used for."
        )
    parts.append("- The corpora's own limits apply: what their annotators missed, and whom and what they recorded.")
    return "\n".join(parts)
