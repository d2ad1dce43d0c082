"""Names what the encoder hears: one linear head a vocabulary over the pooled audio tokens of a clip or a span of it.

The heads serve the warm-up alone; they are thrown away when the encoder is saved.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import torch
from torch import nn

from heard_labels import HeardLabel


class LabelVocabularies:
    """The labels of all vocabularies in one row of outputs, of which each vocabulary owns a stretch.

    Args:
        labels: the labels of the training clips. They are the ones that can be named.
    """

    def __init__(self, labels: list[HeardLabel]) -> None:
        self.counts = Counter((item.vocabulary, item.label) for item in labels)
        pairs = sorted(self.counts)
        self.index = {pair: index for index, pair in enumerate(pairs)}
        self.names = sorted({name for name, _ in pairs})
        owners = torch.tensor([self.names.index(name) for name, _ in pairs])
        self.mask_of = {name: owners == index for index, name in enumerate(self.names)}

    def __len__(self) -> int:
        return len(self.index)

    def knows(self, item: HeardLabel) -> bool:
        """Whether the label was seen in training."""
        return (item.vocabulary, item.label) in self.index

    def size(self, vocabulary: str) -> int:
        """Labels of one vocabulary."""
        return int(self.mask_of[vocabulary].sum()) if vocabulary in self.mask_of else 0


@dataclass
class Targets:
    """What is to be named in a batch.

    clips: (targets,) the clip of each target.
    starts, ends: (targets,) its span in seconds; 0 and infinity for the whole clip.
    index: (targets,) the output of its label.
    mask: (targets, outputs) true on the outputs of its vocabulary.
    """

    clips: torch.Tensor
    starts: torch.Tensor
    ends: torch.Tensor
    index: torch.Tensor
    mask: torch.Tensor

    @classmethod
    def of(cls, labels: list[list[HeardLabel]], vocabularies: LabelVocabularies) -> Targets:
        """Targets of the labels of each clip. All labels must be known."""
        flat = [(clip, item) for clip, items in enumerate(labels) for item in items]
        return cls(
            clips=torch.tensor([clip for clip, _ in flat]),
            starts=torch.tensor([item.start or 0.0 for _, item in flat]),
            ends=torch.tensor([float("inf") if item.end is None else item.end for _, item in flat]),
            index=torch.tensor([vocabularies.index[item.vocabulary, item.label] for _, item in flat]),
            mask=torch.stack([vocabularies.mask_of[item.vocabulary] for _, item in flat]),
        )


class LabelHeads(nn.Module):
    """Mean and maximum of the audio tokens of a span, then one linear layer that holds all heads.

    Args:
        width: size of an audio token.
        outputs: labels of all vocabularies together.
        token_seconds: seconds of sound that an audio token stands for.
        dropout: probability of dropping a pooled value in training.
    """

    def __init__(self, width: int, outputs: int, token_seconds: float, dropout: float) -> None:
        super().__init__()
        self.token_seconds = token_seconds
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(2 * width, outputs)

    def forward(self, tokens: torch.Tensor, lengths: torch.Tensor, targets: Targets) -> torch.Tensor:
        """Scores of the labels.

        Args:
            tokens: (sum of tokens, width), clip after clip.
            lengths: (clips,) tokens of each clip.
            targets: what is to be named.

        Returns:
            (targets, outputs), minus infinity outside the target's vocabulary.
        """
        clips = tokens.split(lengths.tolist())
        pooled = []
        spans = torch.stack([targets.starts, targets.ends], dim=1).tolist()
        for clip, (start, end) in zip(targets.clips.tolist(), spans, strict=True):
            heard = clips[clip]
            first = min(int(start / self.token_seconds), len(heard) - 1)
            last = len(heard) if end == float("inf") else max(first + 1, round(end / self.token_seconds))
            span = heard[first:last]
            pooled.append(torch.cat([span.mean(0), span.amax(0)]))
        return self.linear(self.dropout(torch.stack(pooled))).masked_fill(~targets.mask, float("-inf"))
