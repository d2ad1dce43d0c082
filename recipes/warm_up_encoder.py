"""Teaches the audio encoder to hear before it learns to speak, by naming CoTA's labels in a language model's words.

    python recipes/warm_up_encoder.py --config recipes/audio-reasoner-mini/encoder/config_demo.yaml

Writes a folder with the encoder's weights, its configuration, the feature extractor's, and a projector into the
language model's space, whole or not at all, and prints the accuracy on held-out clips. The folder is what
`audio-reasoner compose --audio` takes.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict

import numpy as np
import torch
from safetensors.torch import save_file

from clip_batches import ClipBatch, held_out_batches, training_batches
from encoder_recipe import EncoderRecipe
from heard_labels import PAUSE
from label_heads import LabelHeads, LabelVocabularies, label_embeddings
from labelled_clips import LabelledClip, read_labelled_clips
from modeling_audio_reasoner import AudioReasonerEncoder, AudioReasonerEncoderConfig, AudioReasonerFeatureExtractor
from modeling_audio_reasoner.compose_audio_reasoner import PROJECTOR_FILE
from modeling_audio_reasoner.whole_folder import whole_folder
from recipe_config import run_recipe
from warm_up_optimizers import WarmUpOptimizers


FRAMES_PER_TOKEN = 4  # the second convolution halves the frames, the pooling the positions


def main(recipe: EncoderRecipe) -> None:
    """Warm up the audio encoder on the labels of CoTA."""
    started = time.perf_counter()
    if recipe.num_threads:
        torch.set_num_threads(recipe.num_threads)
    torch.manual_seed(recipe.seed)
    extractor = AudioReasonerFeatureExtractor(**recipe.feature_extractor)
    encoder = AudioReasonerEncoder(AudioReasonerEncoderConfig(**recipe.encoder))
    rate = extractor.sampling_rate
    clips, held_out = (
        read_labelled_clips(recipe.dataset_name, split, rate, recipe.vocabulary_of)
        for split in (recipe.dataset_train_split, recipe.dataset_test_split)
    )
    vocabularies = LabelVocabularies([item for clip in clips for item in clip.labels])
    token_seconds = FRAMES_PER_TOKEN * extractor.hop_length / rate
    words = label_embeddings(vocabularies, recipe.text_model)
    heads = LabelHeads(encoder.config.d_model, words, vocabularies.owners, token_seconds, recipe.head_dropout)
    print(
        f"{len(clips)} clips to learn from and {len(held_out)} to score on, "
        f"{len(vocabularies)} labels in {len(vocabularies.names)} vocabularies",
        flush=True,
    )
    with whole_folder(recipe.output_dir) as folder:
        train(encoder, heads, vocabularies, clips, extractor, recipe)
        accuracy = report(score(encoder, heads, vocabularies, held_out, extractor), vocabularies)
        encoder.save_pretrained(folder)
        extractor.save_pretrained(folder)
        save_file(heads.projector.state_dict(), folder / PROJECTOR_FILE)
        log = {"seconds": round(time.perf_counter() - started, 1), "accuracy": accuracy}
        (folder / "training.json").write_text(json.dumps(log, indent=2) + "\n", encoding="utf-8")
    print(f"The encoder is in {recipe.output_dir}.")


def train(
    encoder: AudioReasonerEncoder,
    heads: LabelHeads,
    vocabularies: LabelVocabularies,
    clips: list[LabelledClip],
    extractor: AudioReasonerFeatureExtractor,
    recipe: EncoderRecipe,
) -> None:
    """Train encoder and heads in place for `recipe.max_steps` steps with a cosine schedule."""
    optimizers = WarmUpOptimizers(encoder.layers, (encoder, heads), recipe)
    encoder.train()
    heads.train()
    started, losses, hits = time.perf_counter(), [], []
    batches = training_batches(clips, vocabularies, extractor, recipe)
    for step in range(1, recipe.max_steps + 1):
        batch = next(batches)
        projected, lengths = _projected(encoder, heads, batch)
        scores = heads(projected, lengths, batch.targets)
        loss = _smoothed_loss(scores, batch.targets.index, recipe.label_smoothing_factor)
        loss = loss + recipe.excess_weight * heads.excess(projected)
        optimizers.step(loss)
        losses.append(loss.item())
        hits.append((scores.argmax(-1) == batch.targets.index).float().mean().item())
        if step % recipe.logging_steps == 0 or step == recipe.max_steps:
            seconds = time.perf_counter() - started
            print(
                f"step {step}/{recipe.max_steps}  loss {np.mean(losses):.3f}  accuracy {np.mean(hits):.3f}  "
                f"{step / seconds:.2f} steps/s",
                flush=True,
            )
            losses, hits = [], []


@torch.no_grad()
def score(
    encoder: AudioReasonerEncoder,
    heads: LabelHeads,
    vocabularies: LabelVocabularies,
    clips: list[LabelledClip],
    extractor: AudioReasonerFeatureExtractor,
    batch_size: int = 32,
) -> dict[str, list[bool]]:
    """Whether each held-out label but pauses is named, by vocabulary. A label that training lacks counts as missed."""
    encoder.eval()
    heads.eval()
    named: dict[str, list[bool]] = defaultdict(list)
    for clip in clips:
        for item in clip.labels:
            if not vocabularies.knows(item) and item.label != PAUSE:
                named[item.vocabulary].append(False)
    for batch in held_out_batches(clips, vocabularies, extractor, batch_size):
        scores = heads(*_projected(encoder, heads, batch), batch.targets)
        hits = (scores.argmax(-1) == batch.targets.index).tolist()
        for item, hit in zip([item for labels in batch.labels for item in labels], hits, strict=True):
            if item.label != PAUSE:
                named[item.vocabulary].append(hit)
    return dict(named)


def report(named: dict[str, list[bool]], vocabularies: LabelVocabularies) -> dict[str, float]:
    """Print and return the held-out accuracy by vocabulary."""
    print(f"{'held-out accuracy':<24} named  labels  heard")
    for name, hits in sorted(named.items()):
        print(f"  {name:<22} {np.mean(hits):.3f}  {vocabularies.size(name):6}  {len(hits):5}")
    every = [hit for hits in named.values() for hit in hits]
    print(f"  {'all':<22} {np.mean(every):.3f}  {len(vocabularies):6}  {len(every):5}")
    return {name: round(float(np.mean(hits)), 4) for name, hits in sorted(named.items())}


def _projected(
    encoder: AudioReasonerEncoder, heads: LabelHeads, batch: ClipBatch
) -> tuple[torch.Tensor, torch.Tensor]:
    """Audio tokens of a batch in the language model's space, packed, and the tokens of each clip."""
    output = encoder(batch.features["input_features"], batch.features["feature_attention_mask"])
    return heads.project(output.last_hidden_state), output.lengths


def _smoothed_loss(scores: torch.Tensor, index: torch.Tensor, smoothing: float) -> torch.Tensor:
    """Cross-entropy; the smoothed share is spread over the labels of the target's own vocabulary."""
    logs = torch.log_softmax(scores, dim=-1)
    loss = -logs.gather(1, index[:, None]).mean()
    if smoothing == 0:
        return loss
    own = torch.isfinite(scores)
    spread = -(logs.masked_fill(~own, 0.0).sum(-1) / own.sum(-1)).mean()
    return (1 - smoothing) * loss + smoothing * spread


if __name__ == "__main__":
    sys.exit(run_recipe(main, EncoderRecipe))
