"""How fast a model trains: tokens, padding and seconds of audio, in each line that its trainer logs; and its start.

A trainer that is started by a command, as by `trl sft`, takes no callback from outside; what it takes are names of
places to report to. `report_to: [audio_reasoner, trackio]` puts these figures into the line above the progress bar,
and into what trackio is told and trainer_state.json. Knows the trainer's events, and the names of a model's inputs.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any

from transformers.utils import logging

from .training_session_audio_reasoner import hold_steps, record_session, session


logger = logging.get_logger(__name__)
NAME = "audio_reasoner"
"""What stands in `report_to`."""


class Throughput:
    """What went through a model since the last line of the log.

    Counts are taken where the batches lie and read when a line is due, so that no step waits for a GPU.

    Args:
        frames_per_second: of the log-mels; None where the trainer has no processor that says so, and audio is not
            counted.
    """

    def __init__(self, frames_per_second: float | None) -> None:
        self.frames_per_second = frames_per_second
        self.tokens: Any = 0
        self.held = 0
        self.frames: Any = 0
        self.seconds = 0.0
        self.since = time.perf_counter()

    def count(self, inputs: Mapping[str, Any]) -> None:
        """Count a batch: `attention_mask` (rows, length) and `feature_attention_mask` (windows, frames)."""
        if (mask := inputs.get("attention_mask")) is not None:
            self.tokens = self.tokens + (mask != 0).sum()
            self.held += mask.numel()
        if (mask := inputs.get("feature_attention_mask")) is not None:
            self.frames = self.frames + mask.sum()

    def pause(self) -> None:
        """Leave out the time since the last call: evaluation and saving are no training."""
        self.since = time.perf_counter()

    def go_on(self) -> None:
        """Add the time since the last call, a step's with waiting for its batch."""
        now = time.perf_counter()
        self.seconds += now - self.since
        self.since = now

    def figures(self, processes: int) -> dict[str, float]:
        """Of all processes, which are taken to be as fast as this one; begins to count anew.

        Returns:
            `tokens_per_second` without padding, `padding_share` of what the batches held, `audio_seconds_per_second`.
        """
        if not self.held or self.seconds <= 0:
            return {}
        tokens = float(self.tokens)
        found = {"tokens_per_second": processes * tokens / self.seconds, "padding_share": 1 - tokens / self.held}
        if self.frames_per_second:
            audio = float(self.frames) / self.frames_per_second
            found["audio_seconds_per_second"] = processes * audio / self.seconds
        self.tokens, self.held, self.frames, self.seconds = 0, 0, 0, 0.0
        return found


def register_training_speed() -> None:
    """Let transformers' trainer know the name, where a trainer is in use; each model that is made does so.

    A script of your own imports the trainer before it makes a model: to import it here would take longer than all else
    of loading a small one.
    """
    integrations = sys.modules.get("transformers.integrations.integration_utils")
    if integrations is None or NAME in integrations.INTEGRATION_TO_CALLBACK:
        return
    import torch
    from transformers import TrainerCallback

    class TrainingSpeedCallback(TrainerCallback):
        """Counts what the model is given in training, and adds the figures to each line of the log with a loss.

        It also keeps what the run was started with, and lets one that goes on keep to the steps that it was told.
        """

        def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
            record_session(state, session(sys.argv, state.global_step, args.world_size))
            changed = hold_steps(args, state)
            if changed and state.is_world_process_zero:
                logger.warning(f"From step {state.global_step} on, as this run was told: {', '.join(changed)}.")
            extractor = getattr(kwargs.get("processing_class"), "feature_extractor", None)
            throughput = Throughput(extractor.sampling_rate / extractor.hop_length if extractor else None)

            @torch.compiler.disable  # a count that grows would compile each step anew
            def count(module: torch.nn.Module, _: tuple, inputs: dict[str, Any]) -> None:
                if module.training and torch.is_grad_enabled():
                    throughput.count(inputs)

            self.throughput = throughput
            self.handle = model.register_forward_pre_hook(count, with_kwargs=True)

        def on_step_end(self, *args: Any, **kwargs: Any) -> None:
            self.throughput.go_on()

        def on_evaluate(self, *args: Any, **kwargs: Any) -> None:
            self.throughput.pause()

        def on_save(self, *args: Any, **kwargs: Any) -> None:
            self.throughput.pause()

        def on_log(self, args: Any, state: Any, control: Any, logs: dict | None = None, **kwargs: Any) -> None:
            if logs is None or "loss" not in logs:
                return
            figures = self.throughput.figures(args.world_size)
            logs |= figures
            state.log_history[-1] |= figures

        def on_train_end(self, *args: Any, **kwargs: Any) -> None:
            self.handle.remove()

    integrations.INTEGRATION_TO_CALLBACK[NAME] = TrainingSpeedCallback


__all__ = ["NAME", "Throughput", "register_training_speed"]
