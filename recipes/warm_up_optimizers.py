"""The optimizers of both warm-ups: Muon for the matrices of the layers, AdamW for everything else, one schedule.

Muon (torch.optim.Muon) needs about half the steps of AdamW here; `trl sft` has no name for it. Knows nothing of data.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import nn

from recipe_config import check_number


@dataclass
class OptimizerRecipe:
    """The keys that both warm-up recipes share.

    Args:
        max_steps, per_device_train_batch_size: length of the run.
        muon_learning_rate, weight_decay: of Muon, for the matrices of the layers.
        learning_rate, adam_beta1, adam_beta2: of AdamW, for all other parameters.
        warmup_steps, max_grad_norm: of both; the schedule is a linear rise and then a cosine to zero.
        logging_steps, seed: as in `transformers.TrainingArguments`.
        num_threads: threads of torch; 0 leaves its default.
    """

    max_steps: int = 850
    per_device_train_batch_size: int = 16
    muon_learning_rate: float = 0.02
    learning_rate: float = 1e-3
    warmup_steps: int = 50
    weight_decay: float = 0.05
    adam_beta1: float = 0.9
    adam_beta2: float = 0.98
    max_grad_norm: float = 1.0
    logging_steps: int = 50
    seed: int = 0
    num_threads: int = 0

    def __post_init__(self) -> None:
        for name in ("max_steps", "per_device_train_batch_size", "logging_steps"):
            check_number(name, getattr(self, name), 1, whole=True)
        for name in ("warmup_steps", "seed", "num_threads"):
            check_number(name, getattr(self, name), 0, whole=True)
        for name in ("muon_learning_rate", "learning_rate", "weight_decay", "max_grad_norm"):
            check_number(name, getattr(self, name), 0.0)
        for name in ("adam_beta1", "adam_beta2"):
            check_number(name, getattr(self, name), 0.0, 1.0)


class WarmUpOptimizers:
    """Muon, AdamW and their schedule as one.

    Args:
        layers: the transformer layers, whose matrices Muon takes.
        modules: everything that is trained, the layers included.
        recipe: learning rates and lengths.
    """

    def __init__(self, layers: nn.Module, modules: Iterable[nn.Module], recipe: OptimizerRecipe) -> None:
        matrices = [item for item in layers.parameters() if item.ndim == 2 and item.requires_grad]
        taken = {id(item) for item in matrices}
        trained = {id(item): item for module in modules for item in module.parameters() if item.requires_grad}
        others = [item for key, item in trained.items() if key not in taken]
        betas = (recipe.adam_beta1, recipe.adam_beta2)
        self.parameters = list(trained.values())
        self.max_grad_norm = recipe.max_grad_norm
        self.optimizers: list[torch.optim.Optimizer] = [
            torch.optim.Muon(matrices, lr=recipe.muon_learning_rate, weight_decay=recipe.weight_decay, momentum=0.95),
            torch.optim.AdamW(others, lr=recipe.learning_rate, betas=betas, weight_decay=0.0),
        ]
        self.schedules = [
            torch.optim.lr_scheduler.LambdaLR(item, lambda step: cosine(step, recipe)) for item in self.optimizers
        ]

    def step(self, loss: torch.Tensor) -> None:
        """Back-propagate, clip, and update every parameter."""
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, self.max_grad_norm)
        for optimizer, schedule in zip(self.optimizers, self.schedules, strict=True):
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()


def cosine(step: int, recipe: OptimizerRecipe) -> float:
    """Factor of the learning rate at a step: a linear rise over `warmup_steps`, then a cosine to zero."""
    if step < recipe.warmup_steps:
        return (step + 1) / recipe.warmup_steps
    progress = (step - recipe.warmup_steps) / max(1, recipe.max_steps - recipe.warmup_steps)
    return 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
