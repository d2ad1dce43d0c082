"""Whether a row is a test item: by name, by sound, by question."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dataset_builder.audio_reference import AudioReference
from dataset_builder.contamination.benchmark_items import BenchmarkItem
from dataset_builder.contamination.benchmark_sounds import fingerprint_sounds, items_key
from dataset_builder.contamination.index import Compared, ContaminationIndex, Match, recording_names


EMOTION = "What is the emotion of the speaker?"
LONG = (
    "Listening to the whole exchange on the platform, which of the two travellers is the first to notice that the "
    "train left?"
)
TONE = "How often does the tone of pattern 839999601-1 swell?"
ITEMS = [
    BenchmarkItem(
        "mmar", "one", ("https://youtu.be/-0Gj8-vB1q4",), "Which bell rings?", ("the small", "the large", "none")
    ),
    BenchmarkItem("meld", "test/dia0_utt3", ("meld/test/dia0_utt3",)),
    BenchmarkItem("clotho_aqa", "rain#1", ("clotho/rain.wav", "freesound:12345"), "Does it rain?"),
    BenchmarkItem("mmau", "emotion", (), EMOTION, ("joy", "grief", "fear", "calm")),
    BenchmarkItem("mine", "tone", (), TONE),
    BenchmarkItem("mine", "heard", (), "What is heard in the recording?"),
    *(BenchmarkItem("mine", f"kettle{n}", (), "Which kettle whistles beside the copper sink?") for n in range(6)),
    BenchmarkItem("mmau", "long", (), LONG, ("the woman", "the man")),
    *(
        BenchmarkItem(
            "air_bench_foundation", f"gender/{number}", (), "What is the gender of the speaker?", ("male", "female")
        )
        for number in range(20)
    ),
]


class Sounds:
    """An index that compares numbers: two are alike as far as they are near."""

    def __init__(self) -> None:
        self.kept: dict[str, float] = {}

    def __contains__(self, id: str) -> bool:
        return id in self.kept

    def add(self, id: str, items: float) -> None:
        self.kept[id] = items

    def commit(self) -> None:
        pass

    def matches(self, items: float, threshold: float) -> list[tuple[str, float]]:
        found = [(id, 1 - abs(kept - items)) for id, kept in self.kept.items() if 1 - abs(kept - items) >= threshold]
        return sorted(found, key=lambda match: (-match[1], match[0]))


@pytest.fixture(scope="module")
def index() -> ContaminationIndex:
    return ContaminationIndex(ITEMS)


def _row(**fields: Any) -> dict[str, Any]:
    return {"question": "", "choices": [], "source": "mine", "source_id": "a", "annotations": {}, **fields}


@pytest.mark.parametrize(
    "fields, id",
    [
        ({"source": "audioset", "source_id": "-0Gj8-vB1q4_30000"}, "one"),
        ({"source": "mine", "source_id": "x", "group": "youtube/-0Gj8-vB1q4"}, "one"),
        ({"annotations": {"url": "https://www.youtube.com/watch?v=-0Gj8-vB1q4"}}, "one"),
        ({"annotations": {"recordings": [{"id": "a/b"}, {"id": "audiocaps/-0Gj8-vB1q4_30"}]}}, "one"),
        ({"source": "meld", "source_id": "test/dia0_utt3"}, "test/dia0_utt3"),
        ({"source": "meld", "source_id": "dia0_utt3", "split": "test"}, "test/dia0_utt3"),
        ({"source": "fsd50k", "source_id": "12345"}, "rain#1"),
        ({"source": "clotho", "source_id": "rain"}, "rain#1"),
        ({"source": "clotho+mine", "source_id": "wind+rain"}, "rain#1"),
    ],
)
def test_by_source_id(index, fields, id):
    found = index.find(_row(**fields))
    assert found is not None and (found.id, found.by) == (id, "source_id")


@pytest.mark.parametrize(
    "fields",
    [
        {"source": "audioset", "source_id": "-0Gj8-vB1q5_30000"},
        {"source": "meld", "source_id": "train/dia0_utt3"},
        {"source": "librispeech", "source_id": "12345"},
        {"source": "mine", "source_id": "rain"},
        {"source": None, "source_id": None, "annotations": None},
    ],
)
def test_other_recordings_are_not_found(index, fields):
    assert index.find(_row(**fields)) is None


def test_a_match_says_how_it_was_found(index):
    found = index.find(_row(source="fsd50k", source_id="12345"))
    assert found == Match("clotho_aqa", "rain#1", "source_id", "12345 is freesound:12345")
    assert str(found) == "clotho_aqa rain#1, by source id: 12345 is freesound:12345"


@pytest.mark.parametrize(
    "question, choices, id",
    [
        (EMOTION, ["calm", "Fear", "grief.", "joy"], "emotion"),
        ("what is the emotion of the speaker", ["joy", "grief", "fear", "calm"], "emotion"),
        ("What is the emotion that the speaker has?", ["joy", "grief", "fear", "calm"], None),
        ("What is the emotion of this speaker?", ["joy", "grief", "fear", "calm"], "emotion"),
        (EMOTION, [], None),
        (EMOTION, ["joy", "anger", "shame", "surprise"], None),
        ("Does it rain?", [], None),
        (LONG, [], "long"),
        (TONE, [], "tone"),
        (TONE.upper().rstrip("?"), [], "tone"),
        (TONE.replace("839999601", "839999602"), [], None),
        ("What is heard in the recording?", [], None),
        ("Which kettle whistles beside the copper sink?", [], None),
        (LONG.replace("Listening to the whole", "Of the"), ["her", "him"], "long"),
        ("Which of the two travellers is older?", ["the woman", "the man"], None),
        ("What is the gender of the speaker?", ["male", "female"], None),
        ("", [], None),
    ],
)
def test_by_question(index, question, choices, id):
    found = index.find(_row(question=question, choices=choices))
    if id is None:
        assert found is None
    else:
        assert found is not None and (found.id, found.by) == (id, "question")


def test_all_items_that_a_row_is():
    """Two have its name, two its question, one of them in both ways; a third has the question with other choices."""
    items = [
        BenchmarkItem("mine", "a", ("clotho/rain.wav",), LONG, ("the woman", "the man")),
        BenchmarkItem("mine", "b", ("clotho/rain",)),
        BenchmarkItem("mine", "c", (), LONG, ("her", "him")),
        BenchmarkItem("mine", "d", ("clotho/wind",), "Which bell rings?", ("the small", "the large")),
    ]
    row = _row(source="clotho", source_id="rain", question=LONG, choices=["the man", "the woman"])
    index = ContaminationIndex(items)
    assert [(number, match.by) for number, match in index.matches(row)] == [
        (0, "source_id"),
        (1, "source_id"),
        (0, "question"),
        (2, "question"),
    ]
    assert next(index.matches(row))[1] == index.find(row)


@pytest.mark.parametrize(
    "fields, names",
    [
        ({"source": "meld", "source_id": "test/dia0_utt3"}, ("meld/test/dia0_utt3",)),
        ({"source": "a", "source_id": "x+y"}, ("a/x", "a/y")),
        ({"source": "a+b", "source_id": "x+y", "annotations": {"recordings": [{"id": "a/x"}, {"id": "b/y"}]}},)
        + (("a/x", "b/y"),),
        ({"source": "a", "source_id": "https://youtu.be/-0Gj8-vB1q4"}, ("https://youtu.be/-0Gj8-vB1q4",)),
        ({"source": "a", "source_id": "youtube:-0Gj8-vB1q4"}, ("youtube:-0Gj8-vB1q4",)),
        ({"source": "a", "source_id": "x", "annotations": {"ytid": "-0Gj8-vB1q4"}}, ("a/x", "-0Gj8-vB1q4")),
        ({"source": "a", "source_id": None}, ()),
    ],
)
def test_the_names_of_a_row_find_it_again(fields, names):
    row = _row(**fields)
    assert recording_names(row) == names
    if names:
        assert ContaminationIndex([BenchmarkItem("mine", "it", names)]).find(row).by == "source_id"


def _heard(audio: AudioReference) -> float:
    if audio.path.name == "broken.wav":
        raise ValueError("broken.wav is truncated")
    return {"a.wav": 0.1, "b.wav": 0.5}[audio.path.name]


def test_by_sound(tmp_path: Path):
    names = ("a.wav", "broken.wav", "b.wav", "b.wav", "broken.wav")
    items = [BenchmarkItem("mine", f"{n}", audio=AudioReference(tmp_path / name)) for n, name in enumerate(names)]
    items.append(BenchmarkItem("mine", "absent"))
    sounds = Sounds()
    absent = "its audio is not beside the benchmark's file"
    unheard = fingerprint_sounds(items, sounds, _heard)
    assert unheard == {1: "broken.wav is truncated", 4: "broken.wav is truncated", 5: absent}
    assert sounds.kept == {"0": 0.1, "2": 0.5}  # of items with one recording, the first's
    index = ContaminationIndex(items, sounds, threshold=0.9)
    assert index.find(_row(), [0.3, 0.55]) == Match("mine", "2", "audio", "similarity 0.95")
    assert index.find(_row(), [0.3]) is None
    assert index.find(_row()) is None
    assert index.compared(unheard) == [Compared("mine", items=6, source_id=0, audio=3, question=0)]


def test_fingerprints_that_are_there_are_not_taken_again(tmp_path: Path):
    items = [BenchmarkItem("mine", name, audio=AudioReference(tmp_path / name)) for name in ("a.wav", "b.wav")]
    sounds = Sounds()
    sounds.add("0", 0.1)
    asked = []
    assert fingerprint_sounds(items, sounds, lambda audio: asked.append(audio.path.name) or 0.5) == {}
    assert asked == ["b.wav"] and sounds.kept == {"0": 0.1, "1": 0.5}


def test_fingerprints_are_kept_every_hundred_whichever_items_share_a_recording(tmp_path: Path, monkeypatch):
    """Here each hundredth item has the recording of the one before."""
    names = [f"{number - (number % 100 == 99)}.wav" for number in range(250)]
    items = [BenchmarkItem("mine", name, audio=AudioReference(tmp_path / name)) for name in names]
    sounds, kept, reported = Sounds(), [], []
    monkeypatch.setattr(sounds, "commit", lambda: kept.append(len(sounds.kept)))
    fingerprint_sounds(items, sounds, lambda _: 0.5, lambda *counts: reported.append(counts))
    assert kept == [100, 200, 248]
    assert reported == [(101, 250), (202, 250), (250, 250)]
    fingerprint_sounds(items, sounds, lambda _: 0.5, lambda *counts: reported.append(counts))
    assert len(reported) == 3, "nothing was missing"


def test_another_file_gives_another_key(tmp_path: Path):
    (tmp_path / "a.wav").write_bytes(b"one")
    items = [BenchmarkItem("mine", "a", audio=AudioReference(tmp_path / "a.wav"))]
    before = items_key(items, "1")
    assert items_key(items, "1") == before != items_key(items, "2")
    (tmp_path / "a.wav").write_bytes(b"other")
    assert items_key(items, "1") != before


def test_what_is_compared_is_counted(index):
    """Templates, and short questions without choices, are found by no row and so do not count."""
    assert index.compared() == [
        Compared("mmar", 1, source_id=1, audio=0, question=1),
        Compared("meld", 1, source_id=1, audio=0, question=0),
        Compared("clotho_aqa", 1, source_id=1, audio=0, question=0),
        Compared("mmau", 2, source_id=0, audio=0, question=2),
        Compared("mine", 8, source_id=0, audio=0, question=1),
        Compared("air_bench_foundation", 20, source_id=0, audio=0, question=0),
    ]
    assert str(index.compared()[3]) == (
        "Looked for: 2 test items of mmau, 0 of them by source id, 0 by audio, 2 by question."
    )


def test_no_items():
    with pytest.raises(ValueError, match="no test items"):
        ContaminationIndex([])
