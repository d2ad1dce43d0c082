"""Recordings in the place of images, for trainers that hand nothing else on: TRL's GRPO keeps `pixel_values` alone.

One row a recording, so that a batch of rows can be shuffled and split as one of images. Knows neither files nor text.
"""

from __future__ import annotations

from typing import Any

import torch


def pixels_of_recordings(features: Any, mask: Any, windows: list[int]) -> torch.Tensor:
    """Log-mel windows as `pixel_values`: (recordings, most windows of one, num_mel_bins + 1, frames).

    Args:
        features: (windows, num_mel_bins, frames), of all recordings in order.
        mask: (windows, frames), 1 on recorded frames. It becomes the last band.
        windows: how many each recording has; zeros stand in place of those that it lacks.
    """
    features, mask = torch.as_tensor(features), torch.as_tensor(mask)
    packed = torch.cat([features, mask[:, None].to(features.dtype)], dim=1)
    return torch.nn.utils.rnn.pad_sequence(list(packed.split(windows)), batch_first=True)


def recordings_of_pixels(pixel_values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The inverse: `input_features` (windows, num_mel_bins, frames) and `feature_attention_mask` (windows, frames).

    Raises:
        ValueError: `pixel_values` are an image's, or of another layout.
    """
    masks = pixel_values[:, :, -1] if pixel_values.ndim == 4 else None
    if masks is None or not bool(((masks == 0) | (masks == 1)).all()):
        raise ValueError(
            f"pixel_values of shape {tuple(pixel_values.shape)} hold no recordings: pass what the processor returns "
            "for recordings that stand in place of images."
        )
    held = masks.any(-1)
    return pixel_values[held][:, :-1], masks[held].to(torch.long)


__all__ = ["pixels_of_recordings", "recordings_of_pixels"]
