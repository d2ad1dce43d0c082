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
    sampling_rate,
    training_record,
)
from evaluation.cota import hash_files, read_json
from evaluation.manifest import model_files


# The Hub's tag of models that take audio and text and write text (Qwen2-Audio's); `any-to-any` is the pipeline of
# transformers that runs them.
PIPELINE_TAG = "audio-text-to-text"
TAGS = ["audio-reasoner", "audio", "chain-of-thought", "trl", "sft", "custom_code", "arxiv:2503.02318"]
PLACES = (Path(__file__).parents[1] / "model_card.md", Path(__file__).with_name("model_card.md"))
QUESTION = "Is this sound, speech or music?\\nChoose one: sound; speech; music."


def write_card(
    model: Path,
    evaluation: Path | None = None,
    data: Path | None = None,
    repo_id: str | None = None,
    revision: str = "main",
    dataset: str | None = None,
) -> Path:
    """Write MODEL/README.md; return its path.

    Args:
        model: the model folder.
        evaluation: the folder that `audio-reasoner evaluate` wrote; without it the card says "not evaluated".
        data: the CoTA folder, for sources, licences and confounds.
        repo_id: the model's name on the Hub, for the code in the card; the folder's path without it.
        revision: of the repository, for the code in the card.
        dataset: the data set's name on the Hub, where it has one.

    Raises:
        ValueError: when the model folder is not whole, or the evaluation is not whole or of another model.
    """
    model_hash = hash_files(model_files(model), model)
    evaluated = None if evaluation is None else evaluation_record(evaluation, model_hash)
    title = (repo_id or model.resolve().name).rpartition("/")[2]
    card = render_card(model, title, evaluated, data, repo_id or str(model), revision, dataset)
    path = model / "README.md"
    partial = path.with_name("README.md.partial")
    partial.write_text(card, encoding="utf-8")
    os.replace(partial, path)
    return path


def render_card(
    model: Path,
    title: str,
    evaluated: Mapping[str, Any] | None,
    data: Path | None,
    name: str,
    revision: str,
    dataset: str | None,
) -> str:
    """The card's text: YAML metadata for the Hub and the page below it."""
    from huggingface_hub import EvalResult, ModelCard, ModelCardData

    results = [EvalResult(**result) for result in (evaluated or {}).get("model_index", [])]
    metadata = ModelCardData(
        language="en",
        license="apache-2.0",
        library_name="transformers",
        pipeline_tag=PIPELINE_TAG,
        tags=TAGS,
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
        training=training_record(model),
        evaluation=evaluated,
    )
    return str(card)
