"""MELD from its table and its clips, in the places where the archive and the repository have them."""

from __future__ import annotations

import subprocess

import pytest

from evaluation.benchmarks.meld import read
from evaluation.benchmarks.prompts import asked
from evaluation.benchmarks.question import Question, reordered
from evaluation.benchmarks.registry import read_questions


HEADER = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime"
ROWS = (
    '1,"Why, how?",Mark,surprise,positive,0,0,3,19,"00:14:38,127","00:14:40,378"',
    '2,Oh no!,Joey,anger,negative,0,1,3,19,"00:14:40,400","00:14:41,378"',
)
CLIPS = "output_repeated_splits_test"


@pytest.fixture
def official(tree):
    tree.text("test_sent_emo.csv", HEADER, *ROWS)
    for number in range(2):
        tree.sound(f"{CLIPS}/dia0_utt{number}.mp4")
    return tree


def test_questions(official, scored) -> None:
    first, second = questions = read(official.folder)
    row = dict(
        zip(
            HEADER.split(","),
            ["1", "Why, how?", "Mark", "surprise", "positive", "0", "0", "3", "19", "00:14:38,127", "00:14:40,378"],
            strict=True,
        )
    )
    assert first == Question(
        id="0/0",
        entry={**row, "source": "meld_test", "audio_path": "output_repeated_splits_test/dia0_utt0.mp4"},
        text="Recognize the emotion with keywords in English.",
        answer="surprise",
        choices=("neutral", "surprise", "fear", "sadness", "joy", "disgust", "anger"),
        recordings=first.recordings,
        kind="emotion",
        origin="meld/test/dia0_utt0",
        choice_fields=(),
    )
    assert first.recordings[0].path == str(official.path(f"{CLIPS}/dia0_utt0.mp4"))
    assert asked(first) == (
        "Recognize the emotion with keywords in English.\n"
        "Choose one: neutral; surprise; fear; sadness; joy; disgust; anger."
    )
    found = scored("meld", questions, ["surprise", "Anger."])
    assert (found.figures["official"], found.figures["strict"], found.figures["statements"]) == (0.5, 1, [])
    assert [verdict.item.id for verdict in found.verdicts] == ["0/0", "0/1"]


def test_in_another_order_the_entry_stays(official) -> None:
    first, _ = read(official.folder)
    other = reordered(first, 1)
    assert other.choices != first.choices and sorted(other.choices) == sorted(first.choices)
    assert other.entry == first.entry


@pytest.mark.parametrize("clips", [CLIPS, f"test/{CLIPS}"])
@pytest.mark.parametrize("table", ["MELD.Raw", "data/MELD", "test"])
def test_the_table_may_lie_elsewhere(official, table, clips) -> None:
    official.path("test_sent_emo.csv").rename(official.path(f"{table}/test_sent_emo.csv"))
    if clips != CLIPS:
        official.path(CLIPS).rename(official.path(f"{table}/{clips}"))
    assert len(read(official.folder)) == 2


def test_a_clip_is_video_whose_sound_is_heard(official) -> None:
    clip = official.path(f"{CLIPS}/dia0_utt0.mp4")
    source = ["-f", "lavfi", "-i", "color=size=16x16:duration=1", "-f", "lavfi", "-i", "sine=duration=1"]
    subprocess.run(["ffmpeg", "-v", "error", "-y", *source, "-c:a", "aac", "-shortest", clip], check=True)
    first, _ = read(official.folder)
    waveform, rate = first.recordings[0].waveform()
    assert len(waveform) / rate == pytest.approx(1, abs=0.1)
    assert abs(waveform).max() > 0.05


def test_what_is_missing_is_named_with_where_to_get_it(official) -> None:
    official.path(f"{CLIPS}/dia0_utt1.mp4").unlink()
    site = "https://github.com/declare-lab/MELD"
    with pytest.raises(FileNotFoundError, match=f"lacks the recording {CLIPS}/dia0_utt1.mp4: .*{site}"):
        read_questions("meld", str(official.folder))
    official.path("test_sent_emo.csv").unlink()
    with pytest.raises(FileNotFoundError, match=f"none of test_sent_emo.csv, .*{site}"):
        read(official.folder)


@pytest.mark.parametrize(
    ("row", "error"),
    [
        (ROWS[1].replace("anger", "rage"), "has the Emotion 'rage', which is none of neutral, surprise"),
        (ROWS[1].replace("anger", ""), "has no 'Emotion'"),
        (ROWS[1].replace(",0,1,", ",0,one,"), "has the Utterance_ID 'one': a whole number"),
        (ROWS[1].replace(",0,1,", ",,1,"), "has no 'Dialogue_ID'"),
    ],
)
def test_a_row_outside_the_layout(official, row, error) -> None:
    official.text("test_sent_emo.csv", HEADER, ROWS[0], row)
    with pytest.raises(ValueError, match=f"test_sent_emo.csv, entry 2, {error}"):
        read(official.folder)


def test_an_id_that_is_there_twice(official) -> None:
    official.text("test_sent_emo.csv", HEADER, ROWS[0], ROWS[0])
    with pytest.raises(ValueError, match="the id '0/0' is there twice"):
        read_questions("meld", str(official.folder))
