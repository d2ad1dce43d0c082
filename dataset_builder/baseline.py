"""How well the text alone answers: two baselines that hear nothing, trained on train and scored on test.

A dataset whose questions can be answered without listening measures nothing, so a build prints these next to chance.
Rows are mappings with `question`, `choices`, `answer`, `domain` and `task`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from .score_table import grouped_mean


Row = Mapping[str, Any]


def text_baselines(train: Sequence[Row], test: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """`{"majority" | "bag_of_words": {"overall", "by_domain", "by_task"}}`, accuracies on `test`."""
    found = {"majority": majority(train, test), "bag_of_words": bag_of_words(train, test)}
    scores = {}
    for name, answers in found.items():
        right = iter([float(row["answer"] == answer) for row, answer in zip(test, answers, strict=True)])
        scores[name] = grouped_mean(test, lambda _, right=right: next(right))  # type: ignore[misc]
    return scores


def majority(train: Sequence[Row], test: Sequence[Row]) -> list[str]:
    """For each test row the choice that was most often the answer to the same wording in train, the first if equal."""
    answers: dict[str, Counter[str]] = defaultdict(Counter)
    for row in train:
        answers[row["question"]][row["answer"]] += 1
    return [max(row["choices"], key=lambda choice: answers[row["question"]][choice]) for row in test]


def bag_of_words(train: Sequence[Row], test: Sequence[Row]) -> list[str]:
    """For each test row the choice that a logistic regression over words scores highest.

    A choice's features are its words and its whole text, each also crossed with the task, its place, its words'
    pairings with the question's wording, and how it relates to the other choices (words shared, length rank).
    """
    if not train or not test:
        return [row["choices"][0] for row in test]
    from sklearn.feature_extraction import FeatureHasher
    from sklearn.linear_model import LogisticRegression

    hasher = FeatureHasher(n_features=2**16, input_type="string", alternate_sign=False)
    samples = [(row, place) for row in train for place in range(len(row["choices"]))]
    targets = [row["choices"][place] == row["answer"] for row, place in samples]
    if len(set(targets)) < 2:
        return [row["choices"][0] for row in test]
    classifier = LogisticRegression(C=0.3, solver="liblinear", dual=True, max_iter=1_000, random_state=0)
    classifier.fit(hasher.transform(choice_features(row, place) for row, place in samples), targets)

    asked = [(row, place) for row in test for place in range(len(row["choices"]))]
    scores = iter(classifier.decision_function(hasher.transform(choice_features(row, place) for row, place in asked)))
    answers = []
    for row in test:
        scored = [(float(next(scores)), choice) for choice in row["choices"]]
        answers.append(max(scored, key=lambda pair: pair[0])[1])
    return answers


def choice_features(row: Row, place: int) -> list[str]:
    """The features, as strings, of the choice at `place`."""
    choice, others = row["choices"][place], [text for index, text in enumerate(row["choices"]) if index != place]
    words = set(_words(choice))
    shared = sum(len(words & set(_words(other))) for other in others)
    rank = sum(len(other) < len(choice) for other in others)
    features = [f"place={place}", f"shared={shared}", f"rank={rank}", f"text={choice}"]
    features += [f"word={word}" for word in words]
    features += [f"{row['task']}|{feature}" for feature in features]
    features += [f"question={row['question']}|text={choice}"]
    features += [f"pair={asked}|{word}" for asked in set(_words(row["question"])) for word in words]
    return features


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
