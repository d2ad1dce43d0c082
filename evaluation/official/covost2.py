"""The score of translation on CoVoST 2 (Wang and others, arXiv 2007.10310): corpus BLEU.

As in Qwen2-Audio's evaluation (`eval_audio/evaluate_st.py` of github.com/QwenLM/Qwen2-Audio): sacrebleu, whose
tokenizer goes by the target language. Chinese and Japanese have their own; every other language has `13a`.
"""

from __future__ import annotations

from collections.abc import Sequence


def covost2_target(source: str) -> str:
    """The target language of a row's `source`: the second to last of its parts between underscores.

    So "covost2_en_zh_test" is into Chinese, and "en_zh" counts as into English.

    Raises:
        ValueError: there is no underscore in it.
    """
    parts = source.split("_")
    if len(parts) < 2:
        raise ValueError(f"source {source!r} names no target language: it has to read like 'covost2_en_zh_test'.")
    return parts[-2]


def covost2_tokenizer(target: str) -> str:
    """sacrebleu's tokenizer for a target language: `zh`, `ja-mecab`, or `13a` for any other than zh and ja."""
    return {"zh": "zh", "ja": "ja-mecab"}.get(target, "13a")


def covost2_bleu(hypotheses: Sequence[str], references: Sequence[str], target: str) -> float:
    """Corpus BLEU between 0 and 100, with one reference a hypothesis.

    Args:
        hypotheses: translations, a row each.
        references: what they should be.
        target: language of the translations, as `covost2_target` reads it.

    Raises:
        ValueError: the lengths differ or there are none; or the target is Japanese and MeCab is not installed.
        ModuleNotFoundError: sacrebleu is not installed.
    """
    if len(hypotheses) != len(references) or not hypotheses:
        raise ValueError(
            f"hypotheses and references need one text a row each, found {len(hypotheses)} and {len(references)}."
        )
    return float(bleu_metric(target).corpus_score(hypotheses, [references]).score)


def bleu_metric(target: str):
    """sacrebleu's BLEU with the tokenizer of `target`; raises as `covost2_bleu` does."""
    from sacrebleu.metrics import BLEU

    try:
        return BLEU(tokenize=covost2_tokenizer(target))
    except RuntimeError:
        raise ValueError("Japanese needs MeCab: pip install 'sacrebleu[ja]'.") from None
