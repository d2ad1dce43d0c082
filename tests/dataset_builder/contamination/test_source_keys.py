"""Names of one recording in many corpora."""

from __future__ import annotations

import pytest

from dataset_builder.contamination.source_keys import source_keys


@pytest.mark.parametrize(
    "one, other",
    [
        ("https://www.youtube.com/watch?v=-0Gj8-vB1q4&t=30s", "audioset/-0Gj8-vB1q4_30000"),
        ("https://youtu.be/-0Gj8-vB1q4", "audiocaps/-0Gj8-vB1q4_30"),
        ("youtube:-0Gj8-vB1q4", "wavcaps/AudioSet_SL/Y-0Gj8-vB1q4.wav"),
        ("https://www.youtube.com/shorts/Yabcdefghij", "musiccaps/Yabcdefghij_0"),
        ("sounds/-0Gj8-vB1q4_30000", "audioset/-0Gj8-vB1q4_30000"),
        ("audioset/human-hit-1_30", "audiocaps/human-hit-1_0"),
        ("human-hit-1", "audiocaps/human-hit-1_0"),
        ("mmar/-0Gj8-vB1q4_00-12-14_00-12-31.wav", "youtube/-0Gj8-vB1q4"),
        ("https://www.bilibili.com/video/BV1NtQuYTELJ/?p=1", "mmar/BV1NtQuYTELJ_00-00-00_00-00-26.wav"),
        ("https://freesound.org/people/somebody/sounds/12345/", "fsd50k/12345"),
        ("https://freesound.org/s/12345", "wavcaps/FreeSound/12345"),
        ("freesound:12345", "freesound/012345"),
        ("clotho/Dog in the yard.wav", "clotho_aqa/Dog in the yard"),
        ("clotho/Dog_in_the_yard.wav", "Clotho-AQA/test/dog in the yard.wav"),
        ("meld/test/dia12_utt3", "meld/test/dia12_utt3"),
        ("meld/test/dia12_utt3", "MELD/output_repeated_splits_test/dia12_utt3.mp4"),
        ("iemocap/Ses01F_impro01_F000", "other/Ses01F_impro01_F000.wav"),
        # Folders that only say how a corpus is laid out, and names that are unique in theirs.
        ("effects/audio/door.wav", "effects/test/door.wav"),
        ("effects/castle/door.wav", "effects/audio/castle/door.ogg"),
        ("gtzan/blues/blues.00000.wav", "gtzan/blues.00000.wav"),
        ("urbansound8k/fold1/100032-3-0-0.wav", "urbansound8k/100032-3-0-0.wav"),
    ],
)
def test_one_recording(one, other):
    assert source_keys(one) & source_keys(other)


@pytest.mark.parametrize(
    "one, other",
    [
        ("https://youtu.be/-0Gj8-vB1q4", "https://youtu.be/-0Gj8-vB1q5"),
        ("https://youtu.be/-0Gj8-vB1q4", "https://youtu.be/-0gj8-vb1q4"),
        ("freesound:12345", "librispeech/12345"),
        ("wavcaps/FreeSound/12345", "wavcaps/BBC_Sound_Effects/12345"),
        ("clotho/rain.wav", "sounds/rain.wav"),
        ("tones/sound_event-0", "tones/sound_event-1"),
        ("wesnoth/human-hit-1.ogg", "wesnoth/human-hit-2.ogg"),
        # The same name in two folders of one corpus, as games have it.
        ("effects/castle/door.wav", "effects/village/door.wav"),
        ("wesnoth/human/hit-1.ogg", "wesnoth/orc/hit-1.ogg"),
        ("meld/test/dia12_utt3", "meld/train/dia12_utt3"),
        ("meld/test/dia12_utt3", "meld/test/dia12_utt4"),
        ("meld/test/dia12_utt3", "meld/test/dia1_utt23"),
        ("", ""),
    ],
)
def test_two_recordings(one, other):
    assert not source_keys(one) & source_keys(other)


def test_an_utterance_needs_its_split():
    test = source_keys("meld/test/dia12_utt3")
    assert test & source_keys("dia12_utt3", corpus="meld", split="test")
    assert not test & source_keys("dia12_utt3", corpus="meld", split="train")
    assert test & source_keys("dia12_utt3", corpus="meld")  # nobody says of which split it is
    assert test & source_keys("test/dia12_utt3", corpus="meld", split="train")  # the id's own split counts
