"""What gives the reference away, and what only sounds like it."""

from __future__ import annotations

import pytest

from dataset_builder.checks.leaks import check_citations, check_question, check_source_named


@pytest.mark.parametrize(
    "text",
    [
        "According to the label, this is a dog.",
        "According to the provided annotation, a dog barks.",
        "Based on the given transcript, the man is angry.",
        "Based on the metadata the tempo is 120 BPM.",
        "As per the caption, a dog barks.",
        "The annotation indicates that the speaker is sad.",
        "The annotations are clear: a dog barks.",
        "The caption says that a dog barks.",
        "The metadata lists a guitar.",
        "The label confirms a dog.",
        "The transcript reads as a complaint.",
        "The provided description matches a market.",
        "I rely on the reference answer here.",
        "This agrees with the ground truth.",
        "The ground-truth label is dog.",
        "As stated in the annotation, it rains.",
        "As described in the audio caption, it rains.",
        "The emotion, as annotated, is anger.",
        "From the metadata we know the key.",
        "The clip is labelled as a dog.",
        "The emotion has been annotated as joy.",
        "The labeled events are a dog and a car.",
        "The dataset labels name a dog.",
        "The correct answer is given as a dog.",
        "This leads to the given answer.",
        "We are told that the answer is a dog.",
        "I was given the transcript of the talk.",
        "The hint suggests a bird.",
        "Given the hint, a bird is likely.",
        "The file name contains the word dog.",
        "Based on the label of the clip, a dog barks.",
        "Given the description of the recording, it rains.",
        "The recording dog_bark_01.wav holds a bark.",
        "D'après les annotations, un chien aboie.",
        "Selon la transcription fournie, il est fâché.",
        "Laut dem Label bellt ein Hund.",
        "Gemäß der Beschreibung bellt ein Hund.",
        "Según la etiqueta, ladra un perro.",
        "Secondo l'annotazione abbaia un cane.",
        "De acordo com os metadados, um cão ladra.",
        "Volgens het label blaft een hond.",
        "Согласно аннотации, лает собака.",
        "Судя по описанию, лает собака.",
        "根据提供的标注，这是一只狗。",
        "根据标签，这是一只狗。",
        "标注显示这是一只狗。",
        "アノテーションによると、犬が吠えている。",
        "Podle anotace štěká pes.",
    ],
)
def test_citations_fail(make_row, text):
    found = check_citations(make_row(reasoning=text))
    assert found is not None and "'reasoning' cites" in found


@pytest.mark.parametrize(
    "text",
    [
        "The label of the record company signed the band.",
        "A record label and its artists are discussed.",
        "The label signed the band in spring.",
        "A caption artist is interviewed about her work.",
        "The speaker cites the annotation of a poem.",
        "According to the speaker, the train is late.",
        "According to the announcement, the shop closes.",
        "There is a hint of reverb on the voice.",
        "The speaker hints at a quarrel.",
        "The tags of the dog's collar jingle.",
        "The description of the scene by the narrator is long.",
        "The narrator gives a description of a garden.",
        "He reads a transcript of the court hearing aloud.",
        "The man says “according to the label, shake well”.",
        'The woman says, "The annotation says nothing."',
        "She asks whether the correct answer was known to the class of 1990.",
        "The final answer is given by the second speaker of the quiz.",
        "The reference pitch is 440 Hz.",
        "The information desk is announced.",
        "The bottle is labelled with care, she says.",
        "As noted above, the pitch rises.",
        "As described by the speaker, the house is old.",
        "The question gives three choices.",
        "The voice provides directions to the station.",
        "Given the rain and the wind, it is outdoors.",
        "Based on the rhythm, it is a waltz.",
        "The song is tagged onto a longer medley? No.",
        "The tempo mark is allegro.",
        "Given the description of events that he gives, he sounds defensive.",
        "Judging by the tags in the options, it is a bell.",
        "From the metadata of her voice, as it were, she is young.",
        "Le narrateur décrit la scène selon son humeur.",
        "Nach dem Hinweis des Sprechers folgt Musik.",
        "Según el hablante, el tren llega tarde.",
        "根据说话人的语气，他很生气。",
    ],
)
def test_what_only_sounds_like_a_citation_holds(make_row, text):
    assert check_citations(make_row(reasoning=text)) is None


def test_a_question_may_not_cite_either(make_row):
    found = check_citations(make_row(question="Based on the transcript, what does the man want?"))
    assert found is not None and found.startswith("The question cites")


@pytest.mark.parametrize("name", ["AudioSet", "Clotho-AQA", "FSD50K", "MELD", "MUStARD", "Common Voice", "IEMOCAP"])
def test_the_corpus_is_not_named(make_row, name):
    found = check_source_named(make_row(planning=f"As is usual for {name}, I listen closely."))
    assert found == f"The section 'planning' names the corpus {name!r}."


@pytest.mark.parametrize("text", ["123456", "dev/123456", "fsd50k"])
def test_the_recording_is_not_named(make_row, text):
    found = check_source_named(make_row(caption=f"The recording {text} holds a bird."))
    assert found is not None and repr(text.split("/")[-1]) in found or repr(text) in (found or "")
    assert check_source_named(make_row(choices=[text, "other"])) is not None


@pytest.mark.parametrize(
    "fields",
    [
        {"source": "meld", "caption": "The voices meld into one; a common voice, keen as mustard."},
        {"source": "events", "source_id": "bell", "caption": "Two events: a bell, then a bell."},
        {"source_id": "1200", "caption": "He counts 1200 steps."},
        {"source_id": "vm-goodbye", "caption": "She says vm-goodbye."},
        {"source": None, "source_id": None},
    ],
)
def test_ordinary_words_are_no_names(make_row, fields):
    assert check_source_named(make_row(**fields)) is None


@pytest.mark.parametrize(
    "question, choices, answer, holds",
    [
        ("Why is the rooster crowing?", ["rooster crowing", "dog barking"], "rooster crowing", False),
        ("Is it a dog barking or a rooster crowing?", ["dog barking", "rooster crowing"], "dog barking", True),
        ("Which one is heard?", ["one", "two"], "one", True),
        ("Does the man say yes?", ["yes", "no"], "yes", True),
        ("Which town is near Paris?", [], "Paris", False),
        ("Is it a man or a woman?", [], "a man", True),
        ("What is heard?", [], "a man", True),
    ],
)
def test_the_question_holds_no_answer(make_row, question, choices, answer, holds):
    assert (check_question(make_row(question=question, choices=choices, answer=answer)) is None) is holds
