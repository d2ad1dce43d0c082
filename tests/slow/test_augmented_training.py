"""The literal `trl sft` with variants of recordings and with SpecAugment: trained on others, evaluated on the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from .trainings import TRL, losses, run, write_composed, write_recipe


SETTINGS = {
    "max_steps": 8,
    "per_device_train_batch_size": 4,
    "per_device_eval_batch_size": 4,
    "eval_strategy": "steps",
    "eval_steps": 8,
    "eval_on_start": True,
    "save_strategy": "steps",
    "save_steps": 8,
    "dataset_test_split": "validation",
    "num_cpu_threads_per_process": 1,
}
SPEC_AUGMENT = {"audio_config": {"apply_spec_augment": True, "mask_time_prob": 0.5}}
RUNS = {
    "plain": {},
    "varied": {"dataset_name": "varied"},
    "varied-again": {"dataset_name": "varied"},
    "workers": {"dataset_name": "varied", "dataloader_num_workers": 2},
    "masked": {"model_init_kwargs": SPEC_AUGMENT},
}


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """Tones of 16 rows that are seen twice, and the same tones with speeds, gains and noise to be drawn."""
    from synthetic_cota import write_cota

    import augmented_rows

    place = tmp_path_factory.mktemp("augmented")
    write_composed(place)
    write_cota(place / "cota", train=16, validation=8)
    options = ["--speed", "0.1", "--gain-db", "6", "--noise-probability", "0.5"]
    assert augmented_rows.main(["--dataset", str(place / "cota"), "--output", str(place / "varied"), *options]) == 0
    for name, changes in RUNS.items():
        run([TRL, "sft", "--config", str(write_recipe(place, name, **{**SETTINGS, **changes}))], place)
    return place


@pytest.mark.parametrize("name", RUNS)
def test_it_trains_and_is_evaluated_before_a_step_as_ever(place, name):
    """Not a bit of what is held out is varied or masked: the same weights have the same loss."""
    assert losses(place / name, "eval_loss")[0] == losses(place / "plain", "eval_loss")[0]
    trained = losses(place / name)
    assert len(trained) == 8 and trained[-1] < 0.8 * trained[0]


def test_what_is_trained_on_is_varied_and_by_the_seed(place):
    plain, varied, workers, masked = (losses(place / name) for name in ("plain", "varied", "workers", "masked"))
    assert losses(place / "varied-again") == varied
    for one, other in ((plain, varied), (plain, masked), (varied, workers), (varied, masked)):
        assert not set(one) & set(other)
