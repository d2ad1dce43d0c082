"""IEMOCAP in its own layout."""

from __future__ import annotations

import pytest


@pytest.fixture
def iemocap(tree):
    tree.text(
        "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt",
        "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]",
        "",
        "[6.2901 - 8.2357]\tSes01F_impro01_F000\tneu\t[2.5000, 2.5000, 3.0000]",
        "C-E2:\tNeutral;\t()",
        "A-E3:\tval 3; act 2; dom  2;\t()",
        "[10.0100 - 11.3925]\tSes01F_impro01_M001\txxx\t[2.0000, 3.5000, 3.0000]",
        "C-E2:\tFrustration;\t()",
    )
    tree.text(
        "Session1/dialog/transcriptions/Ses01F_impro01.txt",
        "Ses01F_impro01_F000 [006.2901-008.2357]: Excuse me.",
        "Ses01F_impro01_M001 [010.0100-011.3925]: Yeah.",
        "Ses01F_impro01_MXX0 [012.0100-012.3925]: [LAUGHTER]",
    )
    tree.text("Session1/dialog/EmoEvaluation/._Ses01F_impro01.txt", "Mac OS X")
    tree.text("Session2/dialog/EmoEvaluation/Ses02M_script01_1.txt", "[1.0 - 2.0] nothing")
    tree.text("Session2/dialog/transcriptions/Ses02M_script01_1.txt", "")
    tree.audio(*(f"Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_{turn}.wav" for turn in ("F000", "M001")))
    return tree


def test_turns(iemocap):
    (first, second), broken = iemocap.read("iemocap", splits=["Session1"])

    assert broken == []
    assert (first.id, first.group, first.split) == ("iemocap/Ses01F_impro01_F000", "iemocap/Session1", None)
    assert (first.license, first.language, first.domain) == ("LicenseRef-IEMOCAP", "en", "speech")
    assert first.annotations == {
        "emotion": "neutral",
        "transcript": "Excuse me.",
        "speaker": "iemocap/Session1-F",
        "gender": "female",
        "valence": 2.5,
        "activation": 2.5,
        "dominance": 3.0,
        "style": "acted dialogue",
    }
    assert "emotion" not in second.annotations
    assert (second.annotations["speaker"], second.annotations["transcript"]) == ("iemocap/Session1-M", "Yeah.")
    assert iemocap.sound(second) == "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_M001.wav"


def test_a_line_that_is_no_turn(iemocap):
    recordings, (broken,) = iemocap.read("iemocap")

    assert len(recordings) == 2
    assert broken.id == "iemocap/Session2/dialog/EmoEvaluation/Ses02M_script01_1.txt:1"
    assert "it is not a turn" in broken.reason


def test_sessions(iemocap):
    with pytest.raises(ValueError, match="no split 'train'; it has Session1"):
        iemocap.read("iemocap", splits=["train"])
    with pytest.raises(FileNotFoundError, match="no Session3 with dialog/EmoEvaluation"):
        iemocap.read("iemocap", splits=["Session1", "Session3"])
