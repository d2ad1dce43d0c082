"""The keys of the encoder's warm-up recipe, checked when they are read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from recipe_config import check_number
from warm_up_optimizers import OptimizerRecipe


@dataclass(kw_only=True)
class EncoderRecipe(OptimizerRecipe):
    """What `recipes/warm_up_encoder.py` needs to know. Where `transformers.TrainingArguments` has the same thing, the
    name is the same.

    Args:
        dataset_name: CoTA, as `datasets.load_dataset` takes it.
        output_dir: the folder that will hold the encoder and the projector.
        text_model: the language model that will read the encoder (`recipes/warm_up_text.py`); labels are learnt as its
            words.
        encoder: fields of `AudioReasonerEncoderConfig`. SpecAugment is set here.
        feature_extractor: fields of `AudioReasonerFeatureExtractor`.
        dataset_train_split, dataset_test_split: splits to learn from and to score on.
        vocabulary_of: other names for some vocabularies of labels (see `heard_labels`), so that those with one name
            share a head; null leaves their labels out.
        label_smoothing_factor, head_dropout: regularisation of the heads.
        excess_weight: weight in the loss of projected tokens that grow longer than the words' embeddings.
        speed: largest relative change of speed; `fixed_speed_tasks` are spared, whose label it would make false.
        shift_seconds, gain_db, noise_probability, noise_snr_db: see `clip_augmentation.augment_clip`.

    The keys of the optimizers are those of `OptimizerRecipe`.
    """

    dataset_name: str
    output_dir: str
    text_model: str
    encoder: dict[str, Any]
    feature_extractor: dict[str, Any]
    dataset_train_split: str = "train"
    dataset_test_split: str = "validation"
    vocabulary_of: dict[str, str | None] = field(default_factory=dict)
    label_smoothing_factor: float = 0.0
    head_dropout: float = 0.1
    excess_weight: float = 0.05
    speed: float = 0.08
    fixed_speed_tasks: list[str] = field(default_factory=list)
    shift_seconds: float = 0.2
    gain_db: float = 12.0
    noise_probability: float = 0.5
    noise_snr_db: list[float] = field(default_factory=lambda: [10.0, 40.0])

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("dataset_name", "output_dir", "text_model", "dataset_train_split", "dataset_test_split"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name):
                raise ValueError(f"{name} is {getattr(self, name)!r}: give a name.")
        for name in ("encoder", "feature_extractor"):
            if not isinstance(getattr(self, name), dict):
                raise ValueError(f"{name} is {getattr(self, name)!r}: give its fields, one key a line below it.")
        if not isinstance(self.vocabulary_of, dict):
            raise ValueError(f"vocabulary_of is {self.vocabulary_of!r}: give one name a line below it, as in a: b.")
        if not isinstance(self.fixed_speed_tasks, list):
            raise ValueError(f"fixed_speed_tasks is {self.fixed_speed_tasks!r}: give a list, as in [tempo_class].")
        for name in ("shift_seconds", "gain_db", "excess_weight"):
            check_number(name, getattr(self, name), 0.0)
        for name in ("label_smoothing_factor", "head_dropout", "noise_probability"):
            check_number(name, getattr(self, name), 0.0, 1.0)
        check_number("speed", self.speed, 0.0, 0.5)
        if not isinstance(self.noise_snr_db, list) or len(self.noise_snr_db) != 2:
            raise ValueError(f"noise_snr_db is {self.noise_snr_db!r}: give two, as in [10.0, 40.0].")
        for value in self.noise_snr_db:
            check_number("noise_snr_db", value, -100.0, 100.0)
        if self.noise_snr_db[0] > self.noise_snr_db[1]:
            raise ValueError(f"noise_snr_db is {self.noise_snr_db!r}: give the lower value first.")
