"""Makes a saved folder self-contained: copies this folder's code beside the weights."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING


if TYPE_CHECKING:
    # Never executed. transformers finds the files that belong to a class by its relative imports, read as text: naming
    # all of them here brings all of them along, whichever class is loaded first, so that any class can save all.
    from .arguments_audio_reasoner import recordings_of  # noqa: F401
    from .audio_fetching import fetch  # noqa: F401
    from .audio_loading import load_audio  # noqa: F401
    from .audio_resampling import resample  # noqa: F401
    from .augmentation_audio_reasoner import Augmentation  # noqa: F401
    from .cache_names_audio_reasoner import one_cache  # noqa: F401
    from .checkpoint_names_audio_reasoner import name_in_memory  # noqa: F401
    from .choices_audio_reasoner import resolve_choice  # noqa: F401
    from .configuration_audio_reasoner import AudioReasonerConfig  # noqa: F401
    from .encoder_audio_reasoner import AudioReasonerEncoder  # noqa: F401
    from .feature_extraction_audio_reasoner import AudioReasonerFeatureExtractor  # noqa: F401
    from .generation_audio_reasoner import AudioGenerationMixin  # noqa: F401
    from .grammar_audio_reasoner import ReasoningGrammar  # noqa: F401
    from .images_audio_reasoner import pixels_of_recordings  # noqa: F401
    from .linear_audio_reasoner import AudioReasonerLinear  # noqa: F401
    from .messages_audio_reasoner import prepared_message  # noqa: F401
    from .modeling_audio_reasoner import AudioReasonerForConditionalGeneration  # noqa: F401
    from .packing_audio_reasoner import Packing  # noqa: F401
    from .processes_audio_reasoner import others_run  # noqa: F401
    from .processing_audio_reasoner import AudioReasonerProcessor  # noqa: F401
    from .quantization_audio_reasoner import keep_audio_exact  # noqa: F401
    from .reasoning_audio_reasoner import Reasoning  # noqa: F401
    from .recomputation_audio_reasoner import computed_again  # noqa: F401
    from .streaming_audio_reasoner import ReasoningStreamer  # noqa: F401
    from .token_masks_audio_reasoner import masks_of  # noqa: F401
    from .training_audio_reasoner import TrainingBatch  # noqa: F401
    from .training_session_audio_reasoner import session  # noqa: F401
    from .training_speed_audio_reasoner import Throughput  # noqa: F401
    from .unpadding_audio_reasoner import without_padding  # noqa: F401
    from .voting_audio_reasoner import vote  # noqa: F401

CODE_FILES = (
    "arguments_audio_reasoner.py",
    "audio_fetching.py",
    "audio_loading.py",
    "audio_resampling.py",
    "augmentation_audio_reasoner.py",
    "cache_names_audio_reasoner.py",
    "checkpoint_names_audio_reasoner.py",
    "choices_audio_reasoner.py",
    "configuration_audio_reasoner.py",
    "encoder_audio_reasoner.py",
    "feature_extraction_audio_reasoner.py",
    "generation_audio_reasoner.py",
    "grammar_audio_reasoner.py",
    "images_audio_reasoner.py",
    "linear_audio_reasoner.py",
    "messages_audio_reasoner.py",
    "modeling_audio_reasoner.py",
    "packing_audio_reasoner.py",
    "processes_audio_reasoner.py",
    "processing_audio_reasoner.py",
    "quantization_audio_reasoner.py",
    "reasoning_audio_reasoner.py",
    "recomputation_audio_reasoner.py",
    "saving_audio_reasoner.py",
    "streaming_audio_reasoner.py",
    "token_masks_audio_reasoner.py",
    "training_audio_reasoner.py",
    "training_session_audio_reasoner.py",
    "training_speed_audio_reasoner.py",
    "unpadding_audio_reasoner.py",
    "voting_audio_reasoner.py",
)


class PushesCode:
    """For a class that saves code beside what it is: `save_pretrained(..., push_to_hub=True)` uploads that code too.

    transformers uploads the files that are newer than its look at the folder, and the code is written before it.
    """

    def _get_files_timestamps(self, working_dir: str | os.PathLike) -> dict[str, float]:
        known = super()._get_files_timestamps(working_dir)  # type: ignore[misc]
        return {name: time for name, time in known.items() if name not in CODE_FILES}


def save_code(folder: str | os.PathLike) -> None:
    """Copy the code that `trust_remote_code=True` runs into `folder`, which is made if need be.

    Raises:
        OSError: a file cannot be read or written.
    """
    here = Path(__file__).parent
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for name in CODE_FILES:
        if (here / name).resolve() != (target / name).resolve():
            shutil.copyfile(here / name, target / name)
