"""Claims about time against the duration that was measured: a clip of 45.0 s unless a case says otherwise."""

from __future__ import annotations

import pytest

from dataset_builder.checks.claims import check_duration, check_time_points


@pytest.mark.parametrize(
    "duration, text",
    [
        (10.0, "A 45-second clip of rain."),
        (10.0, "This is a forty-five-second recording of rain."),
        (10.0, "The clip lasts about two minutes."),
        (45.0, "The recording lasts 10 seconds."),
        (45.0, "The recording is ten seconds long."),
        (45.0, "The audio is 3 s in length."),
        (45.0, "The clip has a total duration of 1 minute and 30 seconds."),
        (45.0, "The duration of the clip is 2:30."),
        (45.0, "The total length is 12 seconds."),
        (45.0, "The excerpt runs for half an hour."),
        (45.0, "The recording lasts over a minute."),
        (45.0, "The recording lasts less than half a minute."),
        (45.0, "The track lasts two and a half minutes."),
        (45.0, "The recording lasts 10 to 15 seconds."),
        (45.0, "The whole audio clip lasts a hundred and twenty seconds."),
        (45.0, "It is an approximately 10-second audio clip."),
        (12.0, "The clip lasts a minute and a half."),
        (6.0, "In this clip of 30 seconds a hiss starts at once."),
        (6.0, "A recording of about 30 seconds in which a hiss stays even."),
        (6.0, "Throughout its 30 seconds the recording holds a hiss."),
        (6.0, "Over the course of thirty seconds a hiss is heard."),
        (6.0, "The hiss grows over the first twenty seconds."),
        (6.0, "The audio, 30 seconds in length, holds a hiss."),
        (6.0, "A clip lasting half a minute."),
        (6.0, "The recording runs for 1:05."),
        (6.0, "This is a 65-second recording."),
        (6.0, "At just over a minute long, it is calm."),
        (40.0, "The recording lasts just over a minute."),
        (90.0, "The recording lasts just over a minute."),
        (6.0, "With a total length of half a minute, it is calm."),
        (6.0, "Duration: 30 seconds."),
        (6.0, "The recording, which is thirty seconds long, is calm."),
        (6.0, "This clip of 20 to 30 seconds is calm."),
        (45.0, "The rain goes on for the entire two minutes, over the whole two minutes of it."),
    ],
)
def test_wrong_durations_fail(make_row, duration, text):
    found = check_duration(make_row(caption=text, measured={"duration": duration}))
    assert found is not None and found.endswith(f"the clip lasts {duration:.1f} s.")


@pytest.mark.parametrize(
    "duration, text",
    [
        (45.0, "A 45-second clip of rain."),
        (45.0, "A roughly 50-second clip of rain."),
        (45.4, "The clip lasts 45 seconds."),
        (45.0, "The recording lasts under a minute."),
        (45.0, "The recording lasts less than fifty seconds."),
        (90.0, "The clip has a total duration of 1 minute and 30 seconds."),
        (90.0, "The clip lasts a minute and a half."),
        (120.0, "The clip lasts about two minutes."),
        (10.0, "The recording lasts 9 to 12 seconds."),
        (45.0, "The clip is five seconds into the song when it rains."),
        (45.0, "The first 10-second clip of rain is loud."),
        (45.0, "It is cut into 10-second clips."),
        (45.0, "A dog barks for three seconds."),
        (45.0, "The man says 'the recording lasts a few seconds'."),
        (45.0, 'The man says, "this is a ten-minute recording".'),
        (45.0, "A ten-minute walk is described."),
        (45.0, "The clip lasts a while."),
        (65.0, "This 65-second recording runs for 1:05, just over a minute."),
        (66.0, "At just over a minute long, it is calm; throughout its 66 seconds it rains."),
        (30.0, "In this clip of half a minute it rains; the clip is 30 seconds in length."),
        (45.0, "The recording, 5 seconds in, turns loud."),
        (45.0, "The audio, 20 seconds later, turns loud."),
        (45.0, "The host says that over the course of ninety seconds it was decided."),
        (45.0, "It rains over the course of forty seconds, and in the last five seconds it stops."),
        (45.0, "A sample of 12 voices is heard in its three parts."),
        (45.0, "The recording is one of many."),
        (45.0, "The sample rate is high. The clip is 2 voices speaking."),
    ],
)
def test_right_durations_and_other_spans_hold(make_row, duration, text):
    assert check_duration(make_row(caption=text, measured={"duration": duration})) is None


@pytest.mark.parametrize(
    "text",
    [
        "At 0:57 a dog barks.",
        "At 0:57 the speaker says hello.",
        "A dog barks (0:50).",
        "A dog barks [00:30-01:10].",
        "The music starts at the 50-second mark.",
        "The music starts at the two-minute mark.",
        "The bell rings fifty seconds in.",
        "The bell rings 60 seconds into the recording.",
        "The bell rings at 48 seconds.",
        "The bell rings at around 52.5 s.",
        "Between 40 and 55 seconds the bell rings.",
        "From 30 s to 70 s it rains.",
        "It rains until 1:10.",
        "Rain from 0:12 to 1:05.",
        "The timestamp 1:30 marks the bell.",
        "The bell rings at 9:45.",
        "At 00:59.5 the bell rings.",
        "After 60 seconds the hiss breaks off.",
        "At around sixty seconds the hiss breaks off for good.",
        "After just over fifty seconds the hiss breaks off.",
        "The hiss stops at second 60.",
        "Between seconds 40 and 50 the bell rings.",
        "Between forty and fifty-five seconds the bell rings.",
        "From second 12 to second 58 it rains.",
    ],
)
def test_points_after_the_end_fail(make_row, text):
    found = check_time_points(make_row(reasoning=text, measured={"duration": 45.0}))
    assert found is not None and found.endswith("the clip lasts 45.0 s.")


@pytest.mark.parametrize(
    "text",
    [
        "At 0:44 a dog barks, and at 0:45 it stops.",
        "The music starts at the 12-second mark.",
        "The speaker says that the train leaves at 9:45.",
        "The meeting is announced for 10:30 p.m. in hall 2.",
        "At 9:45 a.m. the flight boards.",
        "The time signature is 6:8, and the ratio 16:9.",
        "The recipe asks to stir at 90 seconds.",
        "Genesis chapter 1:31 is read.",
        "The home team wins the match with a score of 3:2.",
        "He counts the seconds: fifty in all.",
        "The narrator tells of 100 seconds in a row.",
        "A pause of ten seconds follows.",
        "The man says 'meet me at 1:30'.",
        'A voice: "It is 0:57 now."',
        "Between 3 and 5 seconds the bell rings.",
        "Two dogs bark at 3 houses.",
        "After twenty seconds, and again after a second, the bell rings.",
        "The bell rings at second 44, from second 3 to second 5.",
        "The speaker says that after ninety seconds the tea is ready.",
        "At second glance it is a bell, the second 60 years old.",
    ],
)
def test_points_within_and_other_times_hold(make_row, text):
    assert check_time_points(make_row(reasoning=text, measured={"duration": 45.0})) is None


def test_without_a_measured_duration_the_rows_own_is_taken(make_row):
    text = "At 0:57 a dog barks in this 2-minute clip."
    for check in (check_duration, check_time_points):
        assert check(make_row(reasoning=text, measured={})) is None
        assert check(make_row(reasoning=text, measured={}, duration=45.0)) is not None
        assert check(make_row(reasoning=text, measured=None, duration=118.0)) is None
