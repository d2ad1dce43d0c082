"""The keys of the language model's warm-up recipe, checked when they are read."""

from __future__ import annotations

from dataclasses import dataclass

from warm_up_optimizers import OptimizerRecipe


@dataclass(kw_only=True)
class TextRecipe(OptimizerRecipe):
    """What `recipes/warm_up_text.py` needs to know.

    Where `transformers.TrainingArguments` has the same thing, the name is the same.

    Args:
        model_name_or_path: the folder of the language model and its tokenizer (`recipes/init_text_model.py`).
        dataset_name: rows of tokens with labels on the answers (`recipes/text_warmup_data.py`).
        output_dir: the folder that will hold the trained model and its tokenizer.
        dataset_train_split, dataset_test_split: splits to learn from and to score on.

    The keys of the optimizers are those of `OptimizerRecipe`.
    """

    model_name_or_path: str
    dataset_name: str
    output_dir: str
    dataset_train_split: str = "train"
    dataset_test_split: str = "validation"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("model_name_or_path", "dataset_name", "output_dir", "dataset_train_split", "dataset_test_split"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name):
                raise ValueError(f"{name} is {getattr(self, name)!r}: give a name.")
