"""A recipe -> TRL's own trainer with its data, processor and collator, and a model without weights.

Knows nothing of what is looked for in the batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Recipe:
    """A recipe as `trl sft` reads it: arguments of the script, of the training, the model and a mixture of data."""

    path: Path
    script: Any
    training: Any
    model: Any
    mixture: Any

    @property
    def max_length(self) -> int | None:
        """Tokens at which rows are cut; TRL's default where the recipe says nothing."""
        return self.training.max_length


def read_recipe(path: Path, options: Sequence[str] = ()) -> Recipe:
    """Read a recipe with TRL's parser, as if on a CPU.

    Args:
        path: the YAML file of `trl sft --config`.
        options: what would stand behind it on the command line, as `["--max_length", "2048"]`.

    Raises:
        OSError: there is no such file.
        ValueError: TRL refuses a value, neither it nor accelerate's launcher knows a key, or the recipe is one of
            `trl grpo`.
    """
    from trl.scripts.sft import make_parser

    if not path.is_file():
        raise FileNotFoundError(f"{path} is not a file: pass a recipe, the YAML file of trl sft --config.")
    # bfloat16 of a GPU would be refused here, and changes nothing of a batch.
    machine = ["--use_cpu", "true", "--bf16", "false", "--fp16", "false"]
    script, training, model, mixture, *left = make_parser().parse_args_and_config(
        ["--config", str(path), *options, *machine], return_remaining_strings=True, separate_remaining_strings=True
    )
    _check_left(path, [word for words in left for word in words])
    if model.model_name_or_path is None:
        raise ValueError(f"{path} names no model: add a line model_name_or_path.")
    return Recipe(path, script, training, model, mixture)


def _check_left(path: Path, words: Sequence[str]) -> None:
    """Refuse what TRL did not take, and accelerate's launcher, which gets it, does not know."""
    from accelerate.commands.launch import launch_command_parser

    named = [word[2:].split("=")[0].replace("-", "_") for word in words if word.startswith("--")]
    if "reward_funcs" in named:
        raise ValueError(f"{path} has rewards, so it is a recipe of trl grpo: labels are those of trl sft alone.")
    options = [option for action in launch_command_parser()._actions for option in action.option_strings]
    known = {"accelerate_config", *(option.lstrip("-").replace("-", "_") for option in options)}
    if unknown := [name for name in named if name not in known]:
        raise ValueError(
            f"{path}, or an option beside it, names {unknown[0]}, which neither trl sft nor accelerate's launcher "
            "knows: mend the key, or take it out."
        )


def load_split(recipe: Recipe, split: str | None = None) -> Any:
    """The rows of a split, by default the one to train on, as TRL's script loads them.

    Raises:
        ValueError: the recipe names no data set, or that has no such split.
    """
    from datasets import load_dataset
    from trl import get_dataset

    if recipe.mixture.datasets:
        found = get_dataset(recipe.mixture)
    elif recipe.script.dataset_name:
        found = load_dataset(
            recipe.script.dataset_name,
            name=recipe.script.dataset_config,
            streaming=recipe.script.dataset_streaming,
        )
    else:
        raise ValueError(f"{recipe.path} names no data set: add a line dataset_name.")
    wanted = split or recipe.script.dataset_train_split
    if wanted not in found:
        raise ValueError(f"The data set of {recipe.path} has no split {wanted!r}: name one of {', '.join(found)}.")
    return found[wanted]


def load_processor(recipe: Recipe) -> Any:
    """The processor that the trainer would take, with the recipe's chat template.

    Raises:
        ValueError, OSError: the model is no Audio-Reasoner, or cannot be read.
    """
    from transformers import AutoProcessor

    processor = AutoProcessor.from_pretrained(
        recipe.model.model_name_or_path,
        revision=recipe.model.model_revision,
        trust_remote_code=recipe.training.trust_remote_code,
    )
    if getattr(processor, "audio_token_id", None) is None or not hasattr(processor, "feature_extractor"):
        raise ValueError(
            f"{recipe.model.model_name_or_path} has no processor of Audio-Reasoner: convert it, or compose."
        )
    template = recipe.training.chat_template_path
    if template is not None and Path(template).is_file():
        processor.chat_template = Path(template).read_text(encoding="utf-8")
    return processor


def trainer_of(recipe: Recipe, rows: Any, processor: Any, folder: Path) -> Any:
    """TRL's trainer of a recipe: its collator, sampler and data loader are those of the run.

    Args:
        recipe: the recipe; what would reach out of this process, as trackers and the Hub, is taken out of it.
        rows: the data set to train on.
        processor: of the model.
        folder: where the trainer may write.

    Raises:
        ValueError: TRL refuses data, template or arguments.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM
    from trl import SFTTrainer

    class WeightlessTrainer(SFTTrainer):
        """The trainer with a model whose tensors have shapes and no values, so there is nothing to move."""

        def _move_model_to_device(self, model: Any, device: Any) -> None:
            return None

    arguments = recipe.training
    arguments.output_dir = str(folder)
    arguments.report_to, arguments.eval_strategy, arguments.push_to_hub = [], "no", False
    arguments.load_best_model_at_end = False
    arguments.dataloader_num_workers, arguments.dataloader_persistent_workers = 0, False
    arguments.dataloader_prefetch_factor = None
    config = AutoConfig.from_pretrained(
        recipe.model.model_name_or_path,
        revision=recipe.model.model_revision,
        trust_remote_code=arguments.trust_remote_code,
    )
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config, trust_remote_code=arguments.trust_remote_code)
    return WeightlessTrainer(model=model, args=arguments, train_dataset=rows, processing_class=processor)


def first_batch(trainer: Any) -> tuple[Any, list[dict[str, Any]]]:
    """The first batch that the trainer's data loader gives, and the rows it was made of.

    Raises:
        ValueError: the batch is refused.
    """
    from transformers import set_seed

    seen: list[list[dict[str, Any]]] = []
    collate = trainer.data_collator

    def watched(rows: list[dict[str, Any]]) -> Any:
        seen.append([dict(row) for row in rows])
        return collate(rows)

    trainer.data_collator = watched
    try:
        set_seed(trainer.args.seed)
        batch = next(iter(trainer.get_train_dataloader()))
    finally:
        trainer.data_collator = collate
    return batch, seen[0]
