"""A model folder of random weights, which the command line and the page ask."""

from __future__ import annotations

import pytest
import torch

from modeling_audio_reasoner import AudioReasonerConfig, AudioReasonerForConditionalGeneration


@pytest.fixture(scope="session")
def model_folder(processor, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    config = AudioReasonerConfig(
        audio_config={"d_model": 32, "encoder_layers": 1, "encoder_attention_heads": 2, "encoder_ffn_dim": 32},
        text_config={
            "model_type": "qwen2",
            "hidden_size": 32,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "num_key_value_heads": 2,
            "intermediate_size": 32,
            "vocab_size": len(processor.tokenizer),
        },
        audio_token_id=processor.audio_token_id,
    )
    torch.manual_seed(0)
    AudioReasonerForConditionalGeneration(config).save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder
