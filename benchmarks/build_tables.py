"""The tables of docs/building.md and docs/prompts.md, from the code that they are about.

Settings come from the signatures and docstrings of what takes them, corpora and checks from their registers, costs
from the prompts, the presets' prices and the assumptions stated in `ROWS_WANTED` and below.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from decimal import Decimal
from importlib import import_module
from typing import Any

import numpy as np
from worked_example import PURPOSES, SECONDS, requests

from dataset_builder.build_settings import BuildSettings
from dataset_builder.checks.check import CHECKS
from dataset_builder.clip import encode_flac
from dataset_builder.contamination.benchmark_items import READERS as BENCHMARKS
from dataset_builder.sources.corpus_description import describe_corpus, described_corpora
from dataset_builder.sources.source import READERS, known_corpora
from dataset_builder.sources.tables import TableSource
from dataset_builder.stages.annotate import Annotate
from dataset_builder.stages.arrange import BYTES_PER_SAMPLE, COPIES, Arrange
from dataset_builder.stages.decontaminate import Decontaminate
from dataset_builder.stages.measure import Measure
from dataset_builder.stages.question import AskQuestions
from dataset_builder.stages.question_from_annotations import PlanQuestions
from dataset_builder.stages.reason import Reason
from dataset_builder.stages.review import Review
from dataset_builder.stages.unique import UniqueAudio, UniqueText
from dataset_builder.teachers.call import FIRST_OUTPUT_TOKENS, make_call
from dataset_builder.teachers.prices import cost
from dataset_builder.teachers.settings import TeacherSettings, load_presets
from dataset_builder.teachers.usage import Usage


ROWS_WANTED, PER_RECORDING = 1_200_000, 2
WRITER = "gpt-text"
"""The preset that writes questions and guesses, beside one that hears."""
STAGES: Mapping[str, tuple[Any, ...]] = {
    "measure": (Measure,),
    "measure: unique": (UniqueAudio,),
    "annotate": (Annotate,),
    "question": (AskQuestions,),
    "question, teacher `annotations`": (PlanQuestions,),
    "reason": (Reason,),
    "review": (Review,),
    "review: unique": (UniqueText,),
    "decontaminate": (Decontaminate,),
    "publish": (Arrange,),
}
OURS = {"seed", "base", "work", "max_seconds"}
"""Arguments of stages that the build sets from its own settings."""
AS_WRITTEN = {
    "asking": ("teacher", "a name from `teachers:`"),
    "blind": ("blind", "`{teacher: …, answers: 1}`"),
    "text_only": ("text_only", "`{teacher: …, answers: 3}`"),
}
"""What build files call an argument that code makes of something shorter."""


def described(item: Any) -> dict[str, str]:
    """The arguments that a docstring lists, with what it says of them."""
    doc = inspect.cleandoc(item.__doc__ or "")
    _, _, section = doc.partition("Args:\n")
    section = re.split(r"\n\S", section)[0]
    found: dict[str, str] = {}
    for name, text in re.findall(r"^    ([\w, ]+): (.*(?:\n        .*)*)", section, flags=re.MULTILINE):
        for single in name.split(","):
            found[single.strip()] = _for_build_files(" ".join(text.split()))
    return found


def _for_build_files(text: str) -> str:
    """A docstring's sentence in the words of YAML."""
    for code, yaml in (("None for", "left out for"), ("None where", "left out where"), ("True if", "`true` if")):
        text = text.replace(code, yaml)
    return text[0].upper() + text[1:]


def table(header: Iterable[str], lines: Iterable[Iterable[object]]) -> str:
    """A Markdown table."""
    head = list(header)
    rows = [head, ["---"] * len(head), *([str(cell).replace("|", "\\|") for cell in line] for line in lines)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def _default(parameter: inspect.Parameter) -> str:
    if parameter.default is inspect.Parameter.empty:
        return "needed"
    return "" if parameter.default is None else f"`{parameter.default}`"


def settings() -> str:
    """The keys of a build file that are not stages."""
    meant, signature = described(BuildSettings), inspect.signature(BuildSettings).parameters
    names = [item.name for item in fields(BuildSettings) if item.name not in ("base", "stages", "text")]
    lines = []
    for name in names:
        default = _default(signature[name])
        if name in ("splits", "teachers", "ray", "slurm", "work"):
            default = {"splits": "90/5/5%"}.get(name, "")
        lines.append([f"`{name}`", meant[name], default])
    return table(["key", "meaning", "default"], lines)


def stages() -> str:
    """The keys of each stage."""
    lines = []
    for stage, (made,) in STAGES.items():
        meant = described(made)
        for name, parameter in inspect.signature(made).parameters.items():
            if name in OURS or (stage == "review" and name == "answers"):
                continue
            key, value = AS_WRITTEN.get(name, (name, ""))
            text = meant[name] if not value else f"{meant[name].rstrip('.')}: {value}."
            lines.append([stage, f"`{key}`", text, _default(parameter)])
            if name == "asking":
                lines.append([stage, "`prompt`", "A file of your own in place of the package's prompt.", ""])
    return table(["stage", "key", "meaning", "default"], lines)


def teachers() -> str:
    """The keys of a teacher."""
    meant, signature = described(TeacherSettings), inspect.signature(TeacherSettings).parameters
    names = [item.name for item in fields(TeacherSettings)]
    lines = []
    for name in names:
        default = "" if name == "parameters" else _default(signature[name])
        lines.append([f"`{name}`", meant[name], "the preset's, or needed" if default == "needed" else default])
    return table(["key", "meaning", "default"], lines)


def presets() -> str:
    """The presets with their models and prices."""
    lines = []
    for name, found in load_presets().items():
        price = found.get("price")
        money = "yours to state" if not price else f"{price['input']} / {price['output']}"
        if price and price.get("audio_input"):
            money += f", audio {price['audio_input']}"
        money += f" {price['currency']} ({price['read_on']})" if price else ""
        given = TeacherSettings.from_mapping({"preset": name})
        flags = [word for word, has in (("hears", given.hears), ("batch API", given.batch)) if has]
        lines.append([f"`{name}`", found["model"], ", ".join(flags), given.api_key_env or "none", money])
    return table(["preset", "model", "", "key", "a million tokens in / out"], lines)


def corpora() -> str:
    """Every corpus: where it is had, its splits, its settings."""
    lines = []
    for name in known_corpora():
        if name in READERS:
            module = import_module(f"dataset_builder.sources.{READERS[name][0]}")
            reader = getattr(module, READERS[name][1])
            home = getattr(module, "HOME", "`audio-reasoner fetch`")
            where = f"`dataset_builder/sources/{READERS[name][0]}.py`"
        else:
            reader, home = TableSource, describe_corpus(name).home
            where = f"`dataset_builder/sources/corpora/{name}.yaml`"
        keys = [key for key in inspect.signature(reader).parameters if key != "corpus"]
        lines.append([f"`{name}`", home, ", ".join(f"`{key}`" for key in keys), where])
    assert len(lines) == len(READERS) + len(described_corpora())
    return table(["corpus", "from", "settings", "layout and licence"], lines)


def checks() -> str:
    """Every check: what it holds a row to."""
    lines = []
    for name, check in CHECKS.items():
        first = inspect.cleandoc(check.__doc__ or "").split("\n\n")[0]
        lines.append([f"`{name}`", " ".join(first.split())])
    return table(["check", "a row passes where, as far as the check can see"], lines)


def benchmarks() -> str:
    """The benchmarks that rows are held against."""
    return table(["benchmark", "from"], [[f"`{name}`", home] for name, (_, home) in BENCHMARKS.items()])


def prompts() -> str:
    """Each prompt with one worked example."""
    parts = []
    for purpose in PURPOSES:
        asked, good = requests(purpose)
        prompt = asked[0].prompt()
        heard = "The recording is sent with it." if asked[0].hears else "No recording is sent."
        parts.append(
            f"## {purpose}\n\n[`dataset_builder/prompts/{purpose}.md`](../dataset_builder/prompts/{purpose}.md), "
            f"version `{prompt.version}`. {heard}\n\nSystem:\n\n{_quoted(prompt.system)}\n\nRequest:\n\n"
            f"{_quoted(prompt.text)}\n\nAn answer:\n\n```json\n{good.model_dump_json(indent=2)}\n```\n"
        )
    return "\n" + "\n".join(parts) + "\n"


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() + ("  " if line.strip() else "") for line in text.splitlines())


def costs() -> str:
    """What a large build would take, by the teacher that hears; questions and guesses are the writer's."""
    waveform = 0.1 * np.random.default_rng(0).standard_normal(round(16_000 * SECONDS)).astype(np.float32)
    clip = encode_flac(waveform)
    writer = TeacherSettings.from_mapping({"preset": WRITER})
    lines = []
    for name in load_presets():
        given = TeacherSettings.from_mapping({"preset": name})
        if not given.hears:
            continue
        whole, direct, batched = Usage(), Decimal(0), Decimal(0)
        known, calls = True, 0
        for purpose in PURPOSES:
            asked_of = given if purpose in ("annotate", "reason", "blind") else writer
            usage, count = _usage(purpose, asked_of, clip)
            calls, whole = calls + count, whole + usage
            price = cost(usage, asked_of.price)
            known &= price is not None
            direct += price or Decimal(0)
            batched += cost(usage, asked_of.price, asked_of.batch) or Decimal(0)
        money = (
            [f"{direct:,.0f} {given.price.currency}", f"{batched:,.0f} {given.price.currency}"]
            if known and given.price
            else [f"{direct:,.0f} USD and your machine", f"{batched:,.0f} USD and your machine"]
        )
        tokens = [f"{count / 1e6:,.0f} M" for count in (whole.input_tokens, whole.audio_tokens, whole.output_tokens)]
        lines.append([f"`{name}`", f"{calls / 1e6:.1f} M", *tokens, *money])
    head = ["teacher that hears", "calls", "tokens in", "of them audio", "tokens out", "cost", "with `--batch`"]
    recordings = ROWS_WANTED // PER_RECORDING
    heard = recordings + 2 * ROWS_WANTED
    gigabytes = ROWS_WANTED * COPIES * BYTES_PER_SAMPLE * 16_000 * SECONDS / 1e9
    return (
        f"For {ROWS_WANTED:,} rows: {recordings:,} recordings of {SECONDS:g} s, {PER_RECORDING} questions each, the "
        f"prompts of the worked example, {FIRST_OUTPUT_TOKENS} tokens an answer (what models think before they answer "
        "is billed too, so that short answers are not cheap), one blind answer and three guesses a question by "
        f"`{WRITER}`, every row through all stages. The folder takes about {gigabytes:,.0f} GB ({BYTES_PER_SAMPLE} "
        f"bytes a sample of FLAC, {COPIES} copies a row). At 500 requests a minute, the {heard / 1e6:.1f} million "
        f"calls of the teacher that hears take {heard / 500 / 60 / 24:.1f} days; at 10,000, "
        f"{heard / 10_000 / 60:.1f} hours.\n\n{table(head, lines)}"
    )


def _usage(purpose: str, asked_of: TeacherSettings, clip: bytes) -> tuple[Usage, int]:
    """Tokens and calls of one purpose over the whole build."""
    many = ROWS_WANTED // PER_RECORDING if purpose in ("annotate", "question") else ROWS_WANTED
    asked, _ = requests(purpose, asked_of)
    usage = Usage()
    for request in asked:
        audio = clip if request.hears else None
        call = make_call(asked_of, request.prompt(), request.form, audio, request.key, "")
        usage += call.input_usage(asked_of.tokens_per_audio_second)
    calls = many * len(asked)
    return Usage(usage.input_tokens * many, calls * FIRST_OUTPUT_TOKENS, usage.audio_tokens * many, True), calls


TABLES: dict[str, Callable[[], str]] = {
    "build_settings": settings,
    "build_stages": stages,
    "build_teachers": teachers,
    "build_presets": presets,
    "build_corpora": corpora,
    "build_checks": checks,
    "build_benchmarks": benchmarks,
    "build_prompts": prompts,
    "build_costs": costs,
}
