"""Sizes of models that train in seconds."""

from __future__ import annotations


EXTRACTOR = {"feature_size": 40, "n_fft": 640, "hop_length": 320, "chunk_length": 2}
ENCODER = {
    "num_mel_bins": 40,
    "d_model": 32,
    "encoder_layers": 1,
    "encoder_attention_heads": 2,
    "encoder_ffn_dim": 64,
    "max_source_positions": 50,
    "initializer_range": 0.15,  # at 0.02 the sinusoids of the positions drown the sound for longer than a test lasts
}
TEXT_MODEL = {
    "model_type": "llama",
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "tie_word_embeddings": True,
}
