"""The planned questions: places and labels are uniform, and nothing but the sound tells the answer."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest
from scipy.stats import chisquare, ks_2samp

from dataset_builder.planning import apportion, plan_rows
from dataset_builder.pool import make_pools
from dataset_builder.split import assign_splits
from dataset_builder.tasks import TASKS
from dataset_builder.tasks.sound import SoundCount
from dataset_builder.tasks.word import lacks, words_of


ROWS = 9_000


@pytest.fixture(scope="module")
def pools(measured, recordings):
    return make_pools(measured, assign_splits(recordings, seed=0))


@pytest.fixture(scope="module")
def plans(pools):
    found = defaultdict(list)
    for plan in plan_rows(pools, ROWS, seed=0)[0]:
        found[plan.task].append(plan)
    return found


def test_every_task_is_planned_at_its_share(plans):
    assert set(plans) == {task.name for task in TASKS}
    for task in TASKS:
        assert len(plans[task.name]) / ROWS == pytest.approx(task.share / 100, abs=0.02)


@pytest.mark.parametrize("task", [task.name for task in TASKS])
def test_the_answer_is_at_every_place_alike(plans, task):
    counts = Counter(plan.choices.index(plan.answer) for plan in plans[task])
    assert len(counts) == len(plans[task][0].choices)
    assert chisquare(list(counts.values())).pvalue > 0.5


@pytest.mark.parametrize(
    "task", ["sound_event", "spoken_language", "lead_instrument", "genre", "spoken_word", "speech_translation"]
)
def test_a_label_is_the_answer_as_often_as_any_other_wherever_it_is_offered(plans, task):
    offered, answered = Counter(), Counter()
    for plan in plans[task]:
        offered.update(plan.choices)
        answered[plan.answer] += 1
    for label, count in offered.items():
        assert answered[label] / count == pytest.approx(0.25, abs=0.06)


def test_in_order_tasks_the_choices_are_drawn_alike(plans):
    """The answer shares no more of its members with the other choices than any of them does."""
    for task in ("sound_order", "instrument_order", "speaker_order"):
        shared = defaultdict(list)
        for plan in plans[task]:
            for choice in plan.choices:
                words = choice.replace(",", "").split()
                others = " ".join(other for other in plan.choices if other != choice).replace(",", "").split()
                alike = sum(word == other for word in words for other in others)
                shared[choice == plan.answer].append(alike)
        assert np.mean(shared[True]) == pytest.approx(np.mean(shared[False]), rel=0.04)


@pytest.mark.parametrize("task", [task.name for task in TASKS])
def test_clip_length_does_not_depend_on_the_label(plans, task):
    by_answer = defaultdict(list)
    for plan in plans[task]:
        by_answer[plan.draft.label].append(plan.draft.seconds)
    large = [lengths for label, lengths in by_answer.items() if label is not None and len(lengths) >= 40]
    everything = [plan.draft.seconds for plan in plans[task]]
    for lengths in large:
        assert ks_2samp(lengths, everything).pvalue > 1e-4


def test_splits_use_their_own_recordings(plans):
    used = defaultdict(set)
    for found in plans.values():
        for plan in found:
            used[plan.split].update(segment.recording for segment in plan.draft.segments)
    assert used["train"] and used["test"] and used["validation"]
    assert not used["train"] & used["test"]
    assert not used["train"] & used["validation"]
    assert not used["test"] & used["validation"]


def test_classes_of_train_and_test_are_the_same(plans):
    for task in ("sound_event", "spoken_language", "lead_instrument", "genre", "tempo_class"):
        labels = defaultdict(set)
        for plan in plans[task]:
            labels[plan.split].add(plan.draft.label)
        assert labels["train"] == labels["test"] >= labels["validation"]


def test_a_repeated_sound_is_one_recording_and_turns_are_different_ones(plans):
    for plan in plans["sound_count"]:
        assert len(plan.draft.segments) == plan.draft.facts["count"]
        assert len(set(plan.draft.segments)) == 1
        assert plan.draft.gap_seconds == SoundCount.gap_seconds
    for task in ("speaker_count", "speaker_order"):
        for plan in plans[task]:
            assert len({segment.recording for segment in plan.draft.segments}) == 3


def test_of_four_words_the_answer_alone_is_in_the_text(plans):
    for task, fact in (("spoken_word", "transcript"), ("speech_translation", "translation_en")):
        vocabularies = defaultdict(set)
        for plan in plans[task]:
            text = plan.draft.facts[fact].split()
            assert [word for word in plan.choices if word in text] == [plan.answer]
            vocabularies[plan.split].update(plan.choices)
        assert vocabularies["train"] == vocabularies["test"] >= vocabularies["validation"]


def test_a_form_of_a_word_counts_as_the_word():
    text = words_of("Appuyez sur la touche d'appel, numéro deux ; messages.")
    assert text == {"appuyez", "touche", "appel", "numéro", "deux", "messages"}
    asked = ("appel", "numero", "message", "messageries", "conference")
    assert [word for word in asked if lacks(text, word)] == ["messageries", "conference"]


def test_number_of_voices_is_that_of_the_answer(plans):
    for plan in plans["speaker_count"]:
        assert len(set(plan.draft.facts["turns"])) == ("one", "two", "three").index(plan.answer) + 1


def test_question_wordings_are_used_alike(plans):
    counts = Counter(plan.question for plan in plans["sound_event"])
    assert len(counts) == 5
    assert max(counts.values()) - min(counts.values()) <= 3


def test_a_task_without_recordings_is_left_out_and_named(measured):
    some = [item for item in measured if item.recording.domain == "sound"]
    splits = assign_splits([item.recording for item in some], seed=0)
    found, notes = plan_rows(make_pools(some, splits), 100, seed=0)
    assert {plan.task for plan in found} == {"sound_event", "sound_order", "sound_count"}
    assert any("speech or music" in note and "left out" in note for note in notes)
    assert any("'audio_type'" in note and "left out" in note for note in notes)  # its answer would always be the same


def test_no_recordings_at_all_is_an_error():
    with pytest.raises(ValueError, match="enough for no task"):
        plan_rows(make_pools([], {}), 10, seed=0)


def test_apportion_adds_up():
    assert apportion(10, [1, 1, 1]) == [4, 3, 3]
    assert apportion(0, [1, 2]) == [0, 0]
    assert sum(apportion(7_000, [0.85, 0.0425, 0.1075])) == 7_000
