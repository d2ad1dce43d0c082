"""Render a model folder's card (README.md) from the template `model_card.md` and from what was measured."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.card_adapters import adapters_record, is_adapters
from evaluation.card_facts import (
    data_record,
    encoder_words,
    evaluation_record,
    language_model_words,
    parameter_count,
    recipe_text,
    results_record,
    sampling_rate,
    training_record,
)
from evaluation.card_training import run_sentences
from evaluation.cota import read_json
from evaluation.curves import FIGURE, curves_record, write_curves
from evaluation.manifest import model_sha256
from evaluation.training_log import trainer_state


# The Hub's tag of models that take audio and text and write text (Qwen2-Audio's); `any-to-any` is the pipeline of
# transformers that runs them.
PIPELINE_TAG = "audio-text-to-text"
TAGS = ["audio-reasoner", "audio", "chain-of-thought", "trl", "custom_code", "arxiv:2503.02318"]
LICENSE = "apache-2.0"
"""Of the code, and of weights unless another one is asked for."""
PLACES = (Path(__file__).parents[1] / "model_card.md", Path(__file__).with_name("model_card.md"))
QUESTION = "Is this sound, speech or music?\\nChoose one: sound; speech; music."


@dataclass(frozen=True)
class CardSettings:
    """What a card is written from, besides the model folder.

    Args:
        evaluation: folders that `audio-reasoner evaluate` wrote, of one benchmark each; without any the card says "not
            evaluated".
        data: the CoTA folder, for tasks, sources, licences, confounds and the audio-blind floor.
        repo_id: the model's name on the Hub, for the code in the card; the folder's path without it.
        revision: of the repository, for the code in the card.
        dataset: the data set's name on the Hub, where it has one.
        base_model: the Hub's name of the model that training began with, where it did with one; of adapters, of the
            model that they go into, in place of the one that they name.
        license: of the weights, by the Hub's name of it.
        recipe: the YAML file that the model was trained with, to be quoted.
        run: the folder with the training's log, where that is not the model folder, as of adapters that were merged.
        source: "source_name" and "source_url" of the results, for the Hub's metadata.
    """

    evaluation: Sequence[Path] = ()
    data: Path | None = None
    repo_id: str | None = None
    revision: str = "main"
    dataset: str | None = None
    base_model: str | None = None
    license: str = LICENSE
    recipe: Path | None = None
    run: Path | None = None
    source: Mapping[str, str | None] | None = None

    def __post_init__(self) -> None:
        if self.source and self.source.get("source_name") and not self.source.get("source_url"):
            raise ValueError(
                "the name of a source is for the Hub, which takes none without its address (--source-url)."
            )


@dataclass(frozen=True)
class Card:
    """A card, and what its picture of the training's curves is drawn from; None where no log was left."""

    text: str
    curves: Mapping[str, Any] | None


def write_card(model: Path, settings: CardSettings | None = None, overwrite: bool = False) -> Path:
    """Write MODEL/README.md, and MODEL/curves.png where training left its log; return the card's path.

    Args:
        model: the model folder.
        settings: what the card is written from.
        overwrite: replace a card that is there. The draft that TRL writes into each run's folder always is.

    Raises:
        ValueError: as `rendered_card`, or a card is there.
    """
    path = model / "README.md"
    if path.is_file() and not overwrite and not is_draft(path):
        raise ValueError(
            f"{path}: a card is there that is not the draft of TRL's trainer; pass --overwrite to lose it."
        )
    card = rendered_card(model, settings or CardSettings())
    if card.curves is not None:
        write_curves(card.curves, model / FIGURE)
    partial = path.with_name("README.md.partial")
    partial.write_text(card.text, encoding="utf-8")
    os.replace(partial, path)
    return path


def rendered_card(model: Path, settings: CardSettings) -> Card:
    """The card of a model folder, or of one that holds adapters; nothing is written.

    Raises:
        ValueError: when the model folder is not whole, an evaluation is not whole or of another model, two are of
            one benchmark, or the recipe holds a secret.
    """
    adapters = adapters_record(model, settings.base_model) if is_adapters(model) else None
    if adapters is not None and settings.evaluation:
        raise ValueError(
            f"{model} holds adapters, and an evaluation is of a whole model: write the card of the folder that "
            f"`audio-reasoner merge {model} FOLDER` makes, with --run {model}."
        )
    model_hash = "" if adapters is not None else model_sha256(model)
    evaluated, runs = evaluation_records(settings.evaluation, model_hash, settings.source)
    run, recipe = settings.run, settings.recipe
    title = (settings.repo_id or model.resolve().name).rpartition("/")[2]
    training = training_record(run or model)
    if run is not None and training is None:
        raise ValueError(f"{run}: no trainer_state.json in this folder or a checkpoint-… below it.")
    if training is not None:
        training["recipe"] = None if recipe is None else recipe_text(recipe)
        training["run"] = run_sentences(trainer_state(run or model) or {}, recipe)
    elif recipe is not None:
        raise ValueError(
            f"{model}: no training log lies here that the recipe would belong to; name its folder by --run."
        )
    measured = [*runs, *([] if evaluated is None else [evaluated])]
    page = {
        "title": title,
        "repo_id": settings.repo_id or str(model),
        "revision": settings.revision,
        "base_model": settings.base_model,
        "adapters": adapters,
        "license": None if settings.license == LICENSE else settings.license,
        "data": None if settings.data is None else data_record(settings.data),
        "training": training,
        "evaluation": evaluated,
        "runs": runs,
    }
    text = render_card(model, _metadata(measured, title, settings, training, adapters), page)
    return Card(text, None if training is None else curves_record(run or model, settings.data, model))


def pinned(card: str, revision: str) -> str:
    """The card whose code loads `revision`."""
    return re.sub(r'^revision = ".*"$', f'revision = "{revision}"', card, flags=re.MULTILINE)


def evaluation_records(
    folders: Sequence[Path], model_hash: str, source: Mapping[str, str | None] | None = None
) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """What the card shows of CoTA beside chance and the text alone, where that was measured, and of each run.

    Args:
        folders: that `audio-reasoner evaluate` wrote: of a run, of the conditions of CoTA (`results.json`), or both.
        model_hash: sha256 of the model folder that the card is for.
        source: as `CardSettings` takes it.

    Raises:
        ValueError: a folder holds neither, or is of another model; or two are of one benchmark.
    """
    conditions: dict[Path, dict[str, Any]] = {}
    runs: dict[Path, dict[str, Any]] = {}
    for folder in folders:
        if not is_run(folder):
            conditions[folder] = evaluation_record(folder, model_hash)
            continue
        from evaluation.card_of_runs import run_record

        runs[folder] = run_record(folder, model_hash, source)
        results = read_json(folder / "results.json")
        if results is not None:
            # The run's own figures are those of the Hub's metadata.
            conditions[folder] = results_record(folder, results, model_hash) | {"model_index": []}
    if len(conditions) > 1:
        first, second = list(conditions)[:2]
        raise ValueError(f"{first} and {second} both hold the conditions of CoTA: the card shows one; leave one out.")
    if runs:
        from evaluation.card_of_runs import check_distinct

        check_distinct(runs)
    return next(iter(conditions.values()), None), list(runs.values())


def is_run(folder: Path) -> bool:
    """Whether a folder holds a run of a benchmark: the manifest of one has a format."""
    manifest = read_json(folder / "manifest.json")
    return isinstance(manifest, Mapping) and "format" in manifest


def is_draft(card: Path) -> bool:
    """Whether a README.md is what TRL's trainer writes on its own: its metadata has the trainer's tag."""
    parts = card.read_text(encoding="utf-8").split("---\n")
    return len(parts) > 2 and "generated_from_trainer" in parts[1]


def _metadata(
    measured: Sequence[Mapping[str, Any]],
    title: str,
    settings: CardSettings,
    training: Mapping[str, Any] | None,
    adapters: Mapping[str, Any] | None,
) -> Any:
    """The card's metadata for the Hub, as huggingface_hub's `ModelCardData`."""
    from huggingface_hub import EvalResult, ModelCardData

    results = [EvalResult(**result) for record in measured for result in record["model_index"]]
    return ModelCardData(
        language="en",
        license=settings.license,
        library_name="transformers" if adapters is None else "peft",
        base_model=settings.base_model if adapters is None else adapters["base_on_hub"],
        pipeline_tag=PIPELINE_TAG,
        tags=TAGS + ([] if training is None else [training["method"]]),
        datasets=[settings.dataset] if settings.dataset else None,
        metrics=list(dict.fromkeys(result.metric_type for result in results)) or None,
        model_name=title if results else None,
        eval_results=results or None,
    )


def render_card(model: Path, metadata: Any, page: Mapping[str, Any]) -> str:
    """The card's text: YAML metadata for the Hub and the page below it.

    Args:
        model: the model folder, whose parts are described.
        metadata: huggingface_hub's `ModelCardData`.
        page: what else the template shows.

    Raises:
        ValueError: the template is missing.
    """
    from huggingface_hub import ModelCard

    config = read_json(model / "config.json") or {}
    generation = read_json(model / "generation_config.json") or {}
    template = next((place for place in PLACES if place.is_file()), None)
    if template is None:
        raise ValueError(f"{PLACES[0]}: the template of the card is missing; install the project whole.")
    card = ModelCard.from_template(
        metadata,
        template_path=str(template),
        size=parameter_count(model),
        encoder=encoder_words(config.get("audio_config", {})),
        language_model=language_model_words(config.get("text_config", {})),
        sampling_rate=sampling_rate(model),
        question=QUESTION,
        max_new_tokens=min(generation.get("max_new_tokens") or 2048, 2048),
        curves=FIGURE,
        **page,
    )
    return str(card)
