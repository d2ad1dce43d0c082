"""The smallest models and data that the recipes can be tried on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest


ROOT = Path(__file__).parent.parent.parent
# The recipes are scripts that import their neighbours, as Python lets them when they are run; the tests do the same.
sys.path[:0] = [str(ROOT / "recipes"), str(Path(__file__).parent)]


@pytest.fixture(scope="session")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CoTA folder of tones with whole answers."""
    from synthetic_cota import write_cota

    return write_cota(tmp_path_factory.mktemp("tones") / "cota")


@pytest.fixture(scope="session")
def encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An encoder of random weights with its feature extractor."""
    import torch
    from tiny_models import ENCODER, EXTRACTOR

    from modeling_audio_reasoner import AudioReasonerEncoder, AudioReasonerEncoderConfig, AudioReasonerFeatureExtractor

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("encoder")
    AudioReasonerEncoder(AudioReasonerEncoderConfig(**ENCODER)).save_pretrained(folder)
    AudioReasonerFeatureExtractor(**EXTRACTOR).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def text_folder(tmp_path_factory: pytest.TempPathFactory, tones: Path) -> Path:
    """A language model of random weights with a tokenizer trained on the tones' text."""
    from tiny_models import TEXT_MODEL

    from init_text_model import TextModelRecipe, main

    folder = tmp_path_factory.mktemp("text") / "model"
    main(TextModelRecipe(dataset_name=str(tones), output_dir=str(folder), vocab_size=600, model=TEXT_MODEL))
    return folder


@pytest.fixture(scope="session")
def composed(tmp_path_factory: pytest.TempPathFactory, encoder_folder: Path, text_folder: Path) -> Path:
    """The two put together."""
    from modeling_audio_reasoner.compose_audio_reasoner import compose_audio_reasoner

    folder = tmp_path_factory.mktemp("composed") / "model"
    compose_audio_reasoner(encoder_folder, text_folder, folder)
    return folder
