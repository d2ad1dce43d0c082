"""The scorers of published benchmarks, reimplemented so that they agree item by item, oddities included.

Pure functions; each imports the standard library alone, and `covost2_bleu` sacrebleu.
"""

from evaluation.official.air_bench import air_chat_prompt, air_chat_scores, air_foundation
from evaluation.official.covost2 import covost2_bleu, covost2_target, covost2_tokenizer
from evaluation.official.meld import meld, meld_match
from evaluation.official.mmar import mmar_match
from evaluation.official.mmar_rubric import mmar_rubric_mean, mmar_rubric_prompt, mmar_rubric_score
from evaluation.official.mmau import mmau_match


__all__ = [
    "air_chat_prompt",
    "air_chat_scores",
    "air_foundation",
    "covost2_bleu",
    "covost2_target",
    "covost2_tokenizer",
    "meld",
    "meld_match",
    "mmar_match",
    "mmar_rubric_mean",
    "mmar_rubric_prompt",
    "mmar_rubric_score",
    "mmau_match",
]
