"""Names what the encoder hears over a clip or a span of it, in the words of the language model that will read it."""

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

    @property
    def owners(self) -> torch.Tensor:
        """(labels,) the index of the vocabulary in `names` that owns each label."""
        return torch.tensor([self.names.index(name) for name, _ in self.index])

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
    """A projector into the language model's space, and for each label the words that the language model knows for it.

    A label scores by how much the mean of the projected tokens of its span points along the embeddings of its words,
    so that what is learnt here is what the language model will read. Of this module the projector is kept.

    Args:
        width: size of an audio token.
        embeddings: (labels, hidden size) the words of each label, in the order of `LabelVocabularies`.
        owners: (labels,) the vocabulary that each label belongs to.
        token_seconds: seconds of sound that an audio token stands for.
        dropout: probability of dropping a value of an audio token in training.
        longest: a projected token may be so many times as long as a label's embedding before `excess` counts it.
    """

    def __init__(
        self,
        width: int,
        embeddings: torch.Tensor,
        owners: torch.Tensor,
        token_seconds: float,
        dropout: float,
        longest: float = 1.5,
    ) -> None:
        super().__init__()
        self.token_seconds = token_seconds
        self.longest = longest
        self.dropout = nn.Dropout(dropout)
        self.projector = nn.Linear(width, embeddings.shape[1])
        nn.init.normal_(self.projector.weight, std=0.05)
        nn.init.zeros_(self.projector.bias)
        self.log_scales = nn.Parameter(torch.full((int(owners.max()) + 1,), 2.0))
        self.bias = nn.Parameter(torch.zeros(len(embeddings)))
        self.embeddings = embeddings
        self.owners = owners
        self.length = embeddings.norm(dim=1).mean()

    def project(self, tokens: torch.Tensor) -> torch.Tensor:
        """(tokens, width) -> (tokens, hidden size)."""
        return self.projector(self.dropout(tokens))

    def excess(self, projected: torch.Tensor) -> torch.Tensor:
        """Mean square of how far the projected tokens are longer than `longest` embeddings, a scalar."""
        return (projected.norm(dim=1) / self.length - self.longest).clamp(min=0).square().mean()

    def forward(self, projected: torch.Tensor, lengths: torch.Tensor, targets: Targets) -> torch.Tensor:
        """Scores of the labels.

        Args:
            projected: (sum of tokens, hidden size), clip after clip.
            lengths: (clips,) tokens of each clip.
            targets: what is to be named.

        Returns:
            (targets, labels), minus infinity outside the target's vocabulary.
        """
        # Differences of running sums take the mean of every span at once.
        tokens = lengths[targets.clips]
        first = torch.minimum((targets.starts / self.token_seconds).long(), tokens - 1)
        last = (targets.ends / self.token_seconds).round().clamp(max=float(lengths.max())).long()
        last = torch.minimum(torch.maximum(last, first + 1), tokens)
        offsets = (lengths.cumsum(0) - lengths)[targets.clips]
        sums = nn.functional.pad(projected.cumsum(0), (0, 0, 1, 0))
        pooled = (sums[offsets + last] - sums[offsets + first]) / (last - first)[:, None]
        along = pooled @ self.embeddings.T / self.length**2
        scores = along * self.log_scales.exp()[self.owners] + self.bias
        return scores.masked_fill(~targets.mask, float("-inf"))


def label_embeddings(vocabularies: LabelVocabularies, text_model: str) -> torch.Tensor:
    """For each label the mean of the embeddings of its words in a language model, (labels, hidden size).

    Args:
        vocabularies: the labels.
        text_model: the folder of a causal language model and its tokenizer.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(text_model)
    words = AutoModelForCausalLM.from_pretrained(text_model).get_input_embeddings().weight.detach().float()
    return torch.stack([words[tokenizer(f" {label}").input_ids].mean(0) for _, label in vocabularies.index])
