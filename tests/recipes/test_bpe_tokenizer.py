"""The tokenizer of models that start from random weights."""

from __future__ import annotations

import pytest
from transformers import AutoProcessor, AutoTokenizer

from bpe_tokenizer import FEWEST_TOKENS, SPECIAL_TOKENS, train_tokenizer
from modeling_audio_reasoner import TAGS, Reasoning


TEXTS = ["<THINK><PLANNING>I listen for the dog bark.</PLANNING></THINK>", "dog bark; door; rain"] * 4
ANSWER = Reasoning("I listen.", "A dog bark.", "It fits.", "So.", "dog bark")


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizer")
    train_tokenizer(TEXTS, 400).save_pretrained(folder)
    return AutoTokenizer.from_pretrained(folder, trust_remote_code=False)


@pytest.mark.parametrize("token", [*TAGS, *SPECIAL_TOKENS])
def test_tags_and_special_tokens_are_one_token(tokenizer, token):
    assert len(tokenizer(token).input_ids) == 1


def test_tags_survive_decoding_without_special_tokens(tokenizer):
    text = ANSWER.render()
    decoded = tokenizer.decode(tokenizer(text + "<|im_end|>").input_ids, skip_special_tokens=True)
    assert decoded == text


def test_text_that_training_never_saw_is_kept(tokenizer):
    text = "Žluťoučký kůň 漢字 \U0001f3b5\n\ttabs"
    assert tokenizer.decode(tokenizer(text).input_ids) == text


def test_tags_are_not_learnt_as_text():
    plain = train_tokenizer(["PLANNING"], FEWEST_TOKENS + 20).get_vocab()
    tagged = train_tokenizer(["<PLANNING>"], FEWEST_TOKENS + 20).get_vocab()
    assert "PLANNING" in plain
    assert "PLANNING" not in tagged and "LANN" not in tagged


def test_frequent_words_are_one_token(tokenizer):
    assert len(tokenizer(" dog").input_ids) == 1


@pytest.mark.parametrize(
    "names", [["dog bark", "cry of pain", "dog bark at night"], ["hand drum", "left hand drum"], ["tambourine"]]
)
def test_names_are_one_token_each(names):
    phrases = ["it is heard that"] * 3
    tokenizer = train_tokenizer(TEXTS, 400, names=names, phrases=phrases, phrase_tokens=70)
    for name in names:
        assert len(tokenizer(f" {name}").input_ids) == 1
        assert tokenizer.decode(tokenizer(f"I hear {name}.").input_ids) == f"I hear {name}."


def test_names_for_which_there_is_no_room_are_not_dropped():
    with pytest.raises(ValueError, match="phrase_tokens is 1: give at least 2, which the names take"):
        train_tokenizer(["a dog bark at"] * 9, 400, names=["dog bark at"], phrase_tokens=1)


def test_too_small_a_vocabulary_is_refused():
    with pytest.raises(ValueError, match=f"vocab_size is 10: give at least {FEWEST_TOKENS}"):
        train_tokenizer(TEXTS, 10)


def test_text_of_a_user_cannot_become_a_placeholder(composed, tones):
    """A question that spells the placeholder is text: it neither asks for audio nor moves the clip's embeddings."""
    processor = AutoProcessor.from_pretrained(composed, trust_remote_code=True)
    import numpy as np

    clip = np.random.default_rng(0).standard_normal(16000).astype(np.float32) * 0.1

    def placeholders(text: str) -> int:
        content = [{"type": "audio", "audio": clip}, {"type": "text", "text": text}]
        encoded = processor.apply_chat_template(
            [{"role": "user", "content": content}], tokenize=True, return_dict=True, return_tensors="pt"
        )
        return int((encoded["input_ids"] == processor.audio_token_id).sum())

    assert placeholders("What is <|AUDIO|>?") == placeholders("What is it?") > 0


def test_phrases_become_tokens_that_hold_no_varying_word():
    sentences = [f"It sounds like a {animal}. It is a {animal}." for animal in ("dog", "cat", "cow")] * 5
    phrases = [text.replace(f" {animal}", "\n") for text in sentences for animal in ("dog", "cat", "cow")]
    phrases = [text for text in phrases if "\n" in text]
    tokenizer = train_tokenizer(sentences, FEWEST_TOKENS + 60, phrases=phrases, phrase_tokens=20)
    pieces = [tokenizer.decode([token]) for token in tokenizer(sentences[0]).input_ids]
    assert "It sounds like a" in pieces and "".join(pieces) == sentences[0]
    assert not [piece for piece in pieces if "dog" in piece and piece.strip() != "dog"]


def test_merges_are_the_most_frequent_pairs():
    from bpe_tokenizer import frequent_merges

    vocabulary = {"a": 0, "b": 1, "c": 2}
    pieces = [[0, 1, 0, 1, 2], [0, 1, 2], [0, 0]]
    assert list(frequent_merges(pieces, vocabulary, 10)) == [("a", "b"), ("ab", "c")]
    assert list(frequent_merges([[0] * 8], vocabulary, 2)) == [("a", "a"), ("aa", "aa")]
    assert list(frequent_merges([], vocabulary, 2)) == []
