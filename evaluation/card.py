"""Render a model folder's card (README.md) from the template `model_card.md` and from what was measured."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evaluation.card_facts import (
    data_record,
    encoder_words,
    evaluation_record,
    language_model_words,
    parameter_count,
    recipe_text,
    sampling_rate,
    training_record,
)
from evaluation.cota import hash_files, read_json
from evaluation.curves import FIGURE, curves_record, write_curves
from evaluation.manifest import model_files


# The Hub's tag of models that take audio and text and write text (Qwen2-Audio's); `any-to-any` is the pipeline of
# transformers that runs them.
PIPELINE_TAG = "audio-text-to-text"
TAGS = ["audio-reasoner", "audio", "chain-of-thought", "trl", "custom_code", "arxiv:2503.02318"]
PLACES = (Path(__file__).parents[1] / "model_card.md", Path(__file__).with_name("model_card.md"))
QUESTION = "Is this sound, speech or music?\\nChoose one: sound; speech; music."


def write_card(
    model: Path,
    evaluation: Path | None = None,
    data: Path | None = None,
    repo_id: str | None = None,
    revision: str = "main",
    dataset: str | None = None,
    *,
    recipe: Path | None = None,
    run: Path | None = None,
    overwrite: bool = False,
) -> Path:
    """Write MODEL/README.md, and MODEL/curves.png where training left its log; return the card's path.

    Args:
        model: the model folder.
        evaluation: the folder that `audio-reasoner evaluate` wrote; without it the card says "not evaluated".
        data: the CoTA folder, for tasks, sources, licences, confounds and the audio-blind floor.
        repo_id: the model's name on the Hub, for the code in the card; the folder's path without it.
        revision: of the repository, for the code in the card.
        dataset: the data set's name on the Hub, where it has one.
        recipe: the YAML file that the model was trained with, to be quoted.
        run: the folder with the training's log, where that is not the model folder, as of adapters that were merged.
        overwrite: replace a card that is there. The draft that TRL writes into each run's folder always is.

    Raises:
        ValueError: when the model folder is not whole, the evaluation is not whole or of another model, the recipe
            holds a secret, or a card is there.
    """
    path = model / "README.md"
    if path.is_file() and not overwrite and not is_draft(path):
        raise ValueError(
            f"{path}: a card is there that is not the draft of TRL's trainer; pass --overwrite to lose it."
        )
    model_hash = hash_files(model_files(model), model)
    evaluated = None if evaluation is None else evaluation_record(evaluation, model_hash)
    title = (repo_id or model.resolve().name).rpartition("/")[2]
    training = training_record(run or model)
    if run is not None and training is None:
        raise ValueError(f"{run}: no trainer_state.json in this folder or a checkpoint-… below it.")
    if training is not None:
        training["recipe"] = None if recipe is None else recipe_text(recipe)
    elif recipe is not None:
        raise ValueError(
            f"{model}: no training log lies here that the recipe would belong to; name its folder by --run."
        )
    card = render_card(model, title, evaluated, data, repo_id or str(model), revision, dataset, training)
    if training is not None:
        write_curves(curves_record(run or model, data, model), model / FIGURE)
    partial = path.with_name("README.md.partial")
    partial.write_text(card, encoding="utf-8")
    os.replace(partial, path)
    return path


def is_draft(card: Path) -> bool:
    """Whether a README.md is what TRL's trainer writes on its own: its metadata has the trainer's tag."""
    parts = card.read_text(encoding="utf-8").split("---\n")
    return len(parts) > 2 and "generated_from_trainer" in parts[1]


def render_card(
    model: Path,
    title: str,
    evaluated: Mapping[str, Any] | None,
    data: Path | None,
    name: str,
    revision: str,
    dataset: str | None,
    training: Mapping[str, Any] | None,
) -> str:
    """The card's text: YAML metadata for the Hub and the page below it."""
    from huggingface_hub import EvalResult, ModelCard, ModelCardData

    results = [EvalResult(**result) for result in (evaluated or {}).get("model_index", [])]
    metadata = ModelCardData(
        language="en",
        license="apache-2.0",
        library_name="transformers",
        pipeline_tag=PIPELINE_TAG,
        tags=TAGS + ([] if training is None else [training["method"]]),
        datasets=[dataset] if dataset else None,
        metrics=["accuracy"] if results else None,
        model_name=title if results else None,
        eval_results=results or None,
    )
    config = read_json(model / "config.json")
    generation = read_json(model / "generation_config.json") or {}
    template = next((place for place in PLACES if place.is_file()), None)
    if template is None:
        raise ValueError(f"{PLACES[0]}: the template of the card is missing; install the project whole.")
    card = ModelCard.from_template(
        metadata,
        template_path=str(template),
        title=title,
        size=parameter_count(model),
        encoder=encoder_words(config.get("audio_config", {})),
        language_model=language_model_words(config.get("text_config", {})),
        sampling_rate=sampling_rate(model),
        repo_id=name,
        revision=revision,
        question=QUESTION,
        max_new_tokens=min(generation.get("max_new_tokens") or 2048, 2048),
        data=None if data is None else data_record(data),
        training=training,
        curves=FIGURE,
        evaluation=evaluated,
    )
    return str(card)
