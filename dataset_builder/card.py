"""The dataset's README: the configs that `load_dataset` reads, and the card for people."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .recording import DOMAINS
from .schema import SPLITS


CARD = """\
# CoTA

Questions about short clips of sound, speech and music, each with an answer that plans, captions, reasons, summarises
and responds. Built by [audio-reasoner](https://arxiv.org/abs/2503.02318) with `audio-reasoner build`.

```python
from datasets import load_dataset

load_dataset("cota")                              # where this folder is ./cota
load_dataset("cota", "music", split="test")       # a domain
load_dataset("cota", "{example}")        # a task
load_dataset("cota", split="train", streaming=True)
```

`trl sft` trains on it as it is: `messages` holds the system prompt, the clip with the question, and the structured
answer; `images` is always empty and makes TRL take its multimodal path.

## How it was made

The recordings have annotations by humans (labels, transcripts, translations) or are rendered from a score, whose
facts are exact. Each row draws its own crops, levels and places, so that two rows with one recording are two clips.
Every clip is 16 kHz mono FLAC; lengths are drawn without regard to the answer, edges are faded, levels are alike
within 3 dB either way, and a noise floor at -72 dBFS lies under all of them. Clips of tasks that mix corpora of
different bandwidth have nothing above 4 kHz (`bandwidth_hz` in `annotations`).

**The teacher is `annotations`**: a set of templates in code, no model. The question, the choices, the answer and the
four sections are written from the recordings' annotations. They are true as far as the annotations are, and they
describe nothing else; the wording is uniform. Every row passed the checks in `review`: the structure parses and
renders back, the response is the answer, the answer is a choice, the clip is audible and of the stated length.

Splits are drawn by group of recordings (takes of one sound, one sentence in all its languages, one groove): no
recording and no group is in two splits.

## Composition

{composition}

Chance and two baselines that read the text and hear nothing, trained on train and scored on test:

{baselines}

Answer positions: {positions}.

## Columns

`id`, `audio` (16 kHz FLAC), `duration` (seconds), `domain`, `task`, `language` (of the speech), `source`,
`source_id` and `license` (joined by `+` and ` AND ` where several recordings are heard), `annotations` (the `label`
where the vocabulary is closed, the recordings with start, end, level and what their corpus says of
them, further facts), `question`, `choices`,
`answer`, `planning`, `caption`, `reasoning`, `summary`, `response`, `messages`, `images`, `length` (grows with the
row's tokens, for `group_by_length`), `teacher`, `review`.

The clip is in a row twice, in `audio` and in the audio part of `messages`, as the same bytes, because TRL reads
nothing but `messages`. Parquet stores both: the shards take {megabytes:.0f} MB, about twice the size of the clips.

## Sources and licences

{sources}

The licences are those of the recordings; `license` has the expression for each row.

## Known confounds and limits

- `spoken_language`: language goes with speaker and channel. Each language of the telephone prompts has one voice and
  each language of the acted dialogue has few, in a recording style of its own; only the English and the Spanish
  prompts share a voice. Bandwidth and level are made alike;
  voice, room and style are not. A high accuracy does not show that a model knows the languages.
- `speaker_count`: voices are drawn from all corpora, so two voices often differ in language and channel too.
- `speaker_order` and `speaker_count`: the voices of test are those of train, in other recordings.
- Music is rendered from scores with one soundfont and one program: timbres, timing and mixing are uniform, and
  `lead_instrument`, `instrument_order`, `tempo_class` and `genre` say little of recorded music. Genres are groove
  families of the accompaniment program, and each has an instrumentation of its own.
- `audio_type`: speech comes from telephone prompts and game dialogue, sound from game and sample libraries, music
  from renders, so each type has a recording style besides its content.
- `sound_event`: labels are those of the sample libraries, and a class may come from a single library.
- `sound_count` repeats one cut of one recording of at most 0.6 s, with pauses of at least 0.4 s.
- `spoken_word` and `speech_translation` ask for at most 16 frequent words a language. The prompts' transcripts are not
  all word for word, some lack accents, and the dialogue is acted and subtitled; translations can be free.
- Questions are in English, and so are choices except the words of `spoken_word`.

## Manifest

`manifest.json` lists all {shards} shards with rows, bytes and SHA-256; `audio-reasoner check` compares. Seed {seed}.

{manifest}
"""


def write_card(folder: Path, manifest: Mapping[str, Any], statistics: Mapping[str, Any]) -> None:
    """Write `README.md` into a folder whose shards are written."""
    text = render_front_matter(manifest["shards"], statistics) + render_text(manifest, statistics)
    (folder / "README.md").write_text(text, encoding="utf-8")


def dataset_configs(shards: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """`default`, each domain and each task, all over the same files; a split without files is not listed.

    Files are named one by one, so that a missing one is an error: of a pattern `datasets` takes what is there, and
    keeps that in its cache. Each config names the content of its files: the cache goes by these lines alone, and would
    hand out the rows of an earlier build.
    """
    wanted: dict[str, tuple[str, str]] = {"default": ("*", "*")}
    wanted |= {domain: (domain, "*") for domain in DOMAINS if any(shard["domain"] == domain for shard in shards)}
    wanted |= {task: ("*", task) for task in sorted({shard["task"] for shard in shards})}
    configs = []
    for name, (domain, task) in wanted.items():
        found = [s for s in shards if domain in ("*", s["domain"]) and task in ("*", s["task"])]
        files = [
            {"split": split, "path": paths}
            for split in SPLITS
            if (paths := [shard["path"] for shard in found if shard["split"] == split])
        ]
        content = hashlib.sha256("".join(shard["sha256"] for shard in found).encode()).hexdigest()[:16]
        config = {"config_name": name, "description": f"content {content}", "data_files": files}
        configs.append(config | ({"default": True} if name == "default" else {}))
    return configs


def render_front_matter(shards: Sequence[Mapping[str, Any]], statistics: Mapping[str, Any]) -> str:
    """The YAML between the two lines `---`."""
    import yaml

    rows = sum(statistics["rows"].values())
    size = next((name for limit, name in ((1_000, "n<1K"), (10_000, "1K<n<10K")) if rows < limit), "10K<n<100K")
    metadata = {
        "pretty_name": "CoTA",
        "license": "other",
        "license_name": "per-row",
        "license_link": "README.md",
        "language": ["en"],
        "task_categories": ["audio-text-to-text", "question-answering"],
        "tags": ["audio", "audio-reasoning", "chain-of-thought"],
        "size_categories": [size],
        "configs": dataset_configs(shards),
    }
    return f"---\n{yaml.safe_dump(metadata, sort_keys=False, allow_unicode=True)}---\n\n"


def render_text(manifest: Mapping[str, Any], statistics: Mapping[str, Any]) -> str:
    """The card below the front matter."""
    shards = manifest["shards"]
    tasks = sorted({shard["task"] for shard in shards})
    return CARD.format(
        example="lead_instrument" if "lead_instrument" in tasks else tasks[0],
        composition=_composition(statistics),
        baselines=_baselines(statistics),
        positions="; ".join(
            f"{', '.join(map(str, found['counts']))} of {choices} choices (p = {found['p']:.2f})"
            for choices, found in statistics["answer_positions"].items()
        ),
        megabytes=sum(shard["bytes"] for shard in shards) / 1e6,
        sources=table(
            ["source", "licence", "recordings heard"],
            [[line["source"], line["license"], line["recordings"]] for line in statistics["sources"]],
        ),
        shards=len(shards),
        seed=manifest["seed"],
        manifest=table(
            ["shard", "rows", "SHA-256"],
            [[f"`{shard['path']}`", shard["rows"], f"`{shard['sha256'][:16]}…`"] for shard in shards],
        ),
    )


def _composition(statistics: Mapping[str, Any]) -> str:
    lines = [
        [domain, task, *(counts.get(split, 0) for split in SPLITS)]
        for domain, tasks in statistics["composition"].items()
        for task, counts in tasks.items()
    ]
    lines.append(["all", "rows", *(statistics["rows"][split] for split in SPLITS)])
    lines.append(["all", "hours of clips", *(f"{statistics['hours'][split]:.2f}" for split in SPLITS)])
    lines.append(["all", "recordings", *(statistics["recordings"][split] for split in SPLITS)])
    return table(["domain", "task", *SPLITS], lines)


def _baselines(statistics: Mapping[str, Any]) -> str:
    scores = {"chance": statistics["chance"], **statistics["baselines"]}
    lines = [["overall", *(f"{score['overall']:.1%}" for score in scores.values())]]
    for group in ("by_domain", "by_task"):
        for name in statistics["chance"][group]:
            lines.append([name, *(f"{score[group][name]:.1%}" for score in scores.values())])
    return table(["test rows", *(name.replace("_", " ") for name in scores)], lines)


def table(header: Sequence[object], lines: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""
    rows = [header, ["---"] * len(header), *lines]
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in rows)
