"""The literal `trl sft` ends before its first step where it would train deaf, and says what to change."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from .trainings import ROOT, TRL, write_composed, write_recipe


SETTINGS = {
    "max_steps": 2,
    "per_device_train_batch_size": 2,
    "gradient_checkpointing": False,
    "num_cpu_threads_per_process": 1,
}


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A model of random weights and the tones, under the names that the recipe gives them; and each spoilt."""
    from datasets import load_dataset
    from synthetic_cota import write_cota

    place = tmp_path_factory.mktemp("deaf")
    write_cota(place / "cota", train=8, validation=2)
    write_composed(place)
    (place / "blind" / "data").mkdir(parents=True)
    rows = load_dataset(str(place / "cota"), split="train").remove_columns("images")
    rows.to_parquet(place / "blind" / "data" / "train.parquet")
    shutil.copytree(place / "composed", place / "short")
    settings = place / "short" / "processor_config.json"
    fields = json.loads(settings.read_text(encoding="utf-8"))
    fields["feature_extractor"]["max_duration"] = 0.4
    settings.write_text(json.dumps(fields), encoding="utf-8")
    template = (place / "composed" / "chat_template.jinja").read_text(encoding="utf-8")
    unmarked = template.replace("{%- generation -%}", "").replace("{%- endgeneration -%}", "")
    (place / "unmarked.jinja").write_text(unmarked, encoding="utf-8")
    return place


def train(place: Path, **changes: object) -> subprocess.CompletedProcess[str]:
    recipe = write_recipe(place, "model", **{**SETTINGS, **changes})
    return subprocess.run(
        [TRL, "sft", "--config", str(recipe)],
        capture_output=True,
        text=True,
        cwd=place,
        timeout=180,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_a_sound_recipe_trains(place):
    """The control; with workers, from which batches come as copies."""
    done = train(place, dataloader_num_workers=2, max_length=4096)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("'loss':") == 2


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"dataset_name": "blind"}, "give the data set a column `images`"),
        ({"assistant_only_loss": False}, "Set assistant_only_loss: true in the recipe"),
        ({"chat_template_path": "unmarked.jinja"}, "`{% generation %}` markers"),
        ({"max_length": 400}, "max_length is 400, and 2 of the 2 rows of this batch are longer"),
        ({"max_length": 240}, "max_length is 240, and 2 of the 2 rows of this batch are longer"),
        ({"model_name_or_path": "short"}, "more than the maximum of 0.4 s"),
    ],
    ids=["no images", "labels on everything", "unmarked template", "cut answers", "cut recordings", "long clip"],
)
def test_a_run_that_would_be_deaf_ends_before_its_first_step(place, changes, said):
    done = train(place, **changes)
    assert done.returncode != 0 and said in done.stderr, done.stderr[-3000:]
    assert "'loss':" not in done.stdout
