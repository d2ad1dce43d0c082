"""SpecAugment by a recipe's own key: `trl sft` builds a model whose features are masked in training alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
import yaml


ROOT = Path(__file__).parent.parent.parent
WANTED = {"audio_config": {"apply_spec_augment": True, "mask_time_prob": 0.4, "mask_time_length": 5}}
SFT = sorted((ROOT / "recipes").glob("*/sft/*.yaml"))


def built(folder: Path, place: Path, **keys: object):
    """The model that `trl sft` would train by a recipe."""
    from trl.scripts.sft import make_parser
    from trl.trainer.utils import create_model_from_path

    recipe = {"model_name_or_path": str(folder), "output_dir": str(place), "use_cpu": True, "bf16": False, **keys}
    (place / "recipe.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
    _, training, model, _ = make_parser().parse_args_and_config(["--config", str(place / "recipe.yaml")])
    given = training.model_init_kwargs or {}
    return create_model_from_path(model.model_name_or_path, trust_remote_code=True, **given)


def heard(model, training: bool) -> torch.Tensor:
    """What its first convolution is given of a second of ones: (mel bands, frames)."""
    encoder = model.model.audio_tower
    given: list[torch.Tensor] = []
    handle = encoder.conv1.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0]))
    encoder.train(training)
    with torch.no_grad():
        encoder(torch.ones(1, 40, 51), torch.ones(1, 51, dtype=torch.long).index_fill(1, torch.tensor([50]), 0))
    handle.remove()
    return given[0][0]


def test_a_recipe_switches_it_on_for_training_alone(composed, tmp_path):
    model = built(composed, tmp_path, model_init_kwargs=WANTED)
    assert torch.equal(heard(model, training=False), torch.ones(40, 51))
    shares = []
    for _ in range(100):
        masked = heard(model, training=True) == 0
        assert torch.equal(masked.all(0), masked.any(0)), "frames are masked whole"
        shares.append(masked[0].float().mean().item())
    # 4.08 spans of 5 of 51 frames on average, which overlap
    assert 0.25 < sum(shares) / len(shares) < 0.4 and min(shares) >= 5 / 51 and max(shares) <= 25 / 51


def test_it_is_off_by_default(composed, tmp_path):
    model = built(composed, tmp_path)
    assert model.config.audio_config.apply_spec_augment is False
    assert torch.equal(heard(model, training=True), torch.ones(40, 51))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"aply_spec_augment": True}, "audio_config names 'aply_spec_augment', which is no field"),
        ({"mask_time_prob": 5}, "mask_time_prob is 5: give a share from 0 to 1"),
        ({"mask_feature_length": 0}, "mask_feature_length is 0: give a whole number from 1 on"),
    ],
)
def test_what_would_not_mask_is_refused(composed, tmp_path, fields, message):
    with pytest.raises(ValueError, match=message):
        built(composed, tmp_path, model_init_kwargs={"audio_config": fields})


def test_the_model_folder_stays_as_it_is_and_the_rest_of_its_encoder_too(composed, tmp_path):
    before = (composed / "config.json").read_text(encoding="utf-8")
    fields = json.loads(built(composed, tmp_path, model_init_kwargs=WANTED).config.audio_config.to_json_string(False))
    assert (composed / "config.json").read_text(encoding="utf-8") == before
    stored = json.loads(before)["audio_config"]
    assert {name: fields[name] for name in stored if name not in WANTED["audio_config"]} == {
        name: value for name, value in stored.items() if name not in WANTED["audio_config"]
    }


@pytest.mark.parametrize("path", SFT, ids=lambda path: "/".join(path.parts[-3:]))
def test_each_recipe_says_how_and_leaves_it_off(path):
    text = path.read_text(encoding="utf-8")
    assert "# SpecAugment: " in text and "audio_config: {apply_spec_augment: true}" in text
    assert "audio_config" not in (yaml.safe_load(text).get("model_init_kwargs") or {})
