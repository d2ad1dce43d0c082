"""Open answers against responses: what agrees, what does not."""

from __future__ import annotations

import pytest

from dataset_builder.checks.open_answer import open_agreement


@pytest.mark.parametrize(
    "answer, response",
    [
        ("A dog barks.", "You can hear that a dog barks."),
        ("three", "There are 3 of them."),
        ("Yes", "Yes, a man speaks throughout."),
        ("no", "There is no such sound."),
        ("red car", "the car, which is red"),
        ("今天天气很好", "今天天气很好。"),
        (
            "A woman speaks calmly while rain falls on a metal roof",
            "Rain falls on a roof of metal while a woman speaks calmly indoors.",
        ),
        ("120 BPM", "It goes at 120 beats per minute."),
        ("440 Hz", "440 hertz"),
        ("5 seconds", "It lasts 5s."),
        ("no", "Not at all; nothing barks."),
        ("yes", "Certainly."),
        ("no", "Certainly not."),
        ("a cat", "It is not a dog but a cat."),
        ("rain", "Rain rather than snow."),
        ("three", "Three dogs or so."),
        ("a dog", "Without doubt a dog."),
        ("the dog barks before the bell", "The bell rings after the dog barks."),
        ("the dog barks before the bell", "After the dog barks, before the bell."),
        ("the dog, then the bell", "The dog barks. After that, the bell rings."),
        ("the dog before the bell", "Before the bell comes the dog."),
        ("a dog or a wolf", "A dog or a wolf."),
        ("a song without drums", "It is a song without drums."),
        ("not a dog", "It is not a dog."),
        ("one dog", "Only one dog, though two or three cats, is heard."),
        ("the dog is louder than the bell", "The dog is louder than the bell."),
        ("the cat is quieter than the dog", "The dog is louder than the cat."),
        ("more dogs than cats", "There are fewer cats than dogs."),
        ("a dog", "It couldn't be clearer that a dog barks."),
        ("a dog", "There is no doubt that it is a dog."),
        ("a dog", "No one speaks while a dog barks."),
        ("rain", "Nothing other than rain is heard."),
        ("rain", "There is no sound but rain."),
        ("a dog", "What is heard is none other than a dog."),
        ("a song with no drums", "It is a song with no drums."),
        ("neither a horn nor a siren", "It is neither a horn nor a siren."),
    ],
)
def test_open_answers_agree(answer, response):
    assert open_agreement(answer, response)


@pytest.mark.parametrize(
    "answer, response",
    [
        ("A dog barks.", "A cat meows."),
        ("three", "There are four of them."),
        ("Yes", "No, nobody speaks."),
        ("no", "Yes, there is no doubt."),
        ("a dog", "It is not a dog but something else."),
        ("red car", "the car"),
        ("今天天气很好", "我们明天去学校"),
        ("A woman speaks calmly while rain falls on a metal roof", "A man sings loudly over a guitar in a hall."),
        ("a dog", ""),
        ("rain", "Snow rather than rain."),
        ("rain", "Snow instead of rain."),
        ("a dog", "Unlike a dog, it purrs."),
        ("two", "Two or three."),
        ("two", "It is two, three or four."),
        ("a dog", "A dog or a wolf."),
        ("the dog barks before the bell", "The bell rings before the dog barks."),
        ("the dog barks before the bell", "The dog barks after the bell."),
        ("the dog, then the bell", "After the bell, the dog."),
        ("rain rather than snow", "Snow rather than rain."),
        ("the dog is louder than the bell", "The bell is louder than the dog."),
        ("the cat is quieter than the dog", "The cat is louder than the dog."),
        ("the cat is quieter than the dog", "The dog is quieter than the cat."),
        ("more dogs than cats", "There are more cats than dogs."),
        ("a siren", "It is neither a horn nor a siren."),
        ("a dog", "The recording has no sound of a dog."),
        ("a dog", "It is something other than a dog."),
        ("thunder", "That couldn't be thunder."),
        ("drums", "A song without drums."),
        ("a dog", "That isn't a dog."),
        ("120 BPM", "120 Hz"),
        ("yes", "Not at all."),
    ],
)
def test_open_answers_disagree(answer, response):
    assert not open_agreement(answer, response)
