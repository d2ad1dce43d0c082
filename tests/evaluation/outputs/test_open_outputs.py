"""Outputs that are not multiple choice: AIR-Bench chat, MELD and CoVoST 2."""

from __future__ import annotations

import pytest

from evaluation.official import covost2_bleu, meld
from evaluation.outputs.registry import benchmark_of
from evaluation.outputs.score import score_outputs


def judged(number: int, task: str, judgement: str) -> dict:
    names = {"task_name": task, "dataset_name": "x", "path": f"{number}.wav", "question": "?", "answer_gt": "!"}
    return names | {"gpt-score": judgement}


def test_chat_in_both_orders(score, write) -> None:
    """Each area is the mean of two means; mixed is the mean of two areas; the whole is the mean of four."""
    first = [judged(0, "speech_QA", "9 6"), judged(1, "speech_dialogue_QA", "9 8"), judged(2, "speech_QA", "fine")]
    first += [judged(3, "sound_QA", "9 5"), judged(4, "music_QA", "9 4")]
    first += [judged(5, "speech_and_sound_QA", "9 3"), judged(6, "speech_and_music_QA", "9 7")]
    swapped = [judged(0, "speech_QA", "4 9"), judged(1, "speech_dialogue_QA", "8  9"), judged(2, "speech_QA", "5 9")]
    swapped += [judged(3, "sound_QA", "7 9"), judged(4, "music_QA", "4 9")]
    swapped += [judged(5, "speech_and_sound_QA", "5 9"), judged(6, "speech_and_music_QA", "11 9")]
    figures = score("air_bench_chat", first, swapped=write(swapped, "cir.json")).figures
    speech = ((6 + 8) / 2 + (4 + 5) / 2) / 2
    areas = {name: found["official"] for name, found in figures["by_group"]["area"].items()}
    assert areas == {"speech": speech, "sound": 6, "music": 4, "speech_and_sound": 4, "speech_and_music": 7}
    assert figures["by_group"]["mixed"]["mixed"]["official"] == 5.5
    assert figures["official"] == pytest.approx((speech + 6 + 4 + 5.5) / 4)
    # Strictly the judgement that could not be read gives nothing.
    assert figures["by_group"]["area"]["speech"]["strict"] == pytest.approx(((6 + 8 + 0) / 3 + (4 + 0 + 5) / 3) / 2)
    assert figures["by_group"]["area"]["speech_and_music"]["strict"] == 3.5
    assert (figures["n"], figures["skipped"], figures["unresolved"]) == (7, 0, 3)
    low, high = figures["intervals"]["official"]
    assert low <= figures["official"] <= high


def test_chat_in_one_order_says_so_and_what_is_missing(score, write) -> None:
    rows = [judged(0, "speech_QA", "9 6"), judged(1, "speech_QA", "six")]
    figures = score("air_bench_chat", rows).figures
    assert (figures["official"], figures["strict"], figures["skipped"], figures["unresolved"]) == (6, 3, 1, 1)
    said = " ".join(figures["statements"])
    assert "Nothing of sound, music, speech_and_sound, speech_and_music is there" in said
    assert "One order was judged" in said
    swapped = [judged(0, "speech_QA", "8 9"), judged(2, "speech_QA", "2 9")]
    figures = score("air_bench_chat", rows, swapped=write(swapped, "cir.json")).figures
    assert (figures["n"], figures["official"]) == (3, (6 + 5) / 2)
    assert figures["strict"] == (6 / 3 + (8 + 2) / 3) / 2
    assert "Items judged in" in " ".join(figures["statements"])
    with pytest.raises(ValueError, match="has no item of"):
        score("air_bench_chat", rows, swapped=write([judged(9, "speech_QA", "8 9")], "cir.json"))


def test_chat_refuses_unknown_tasks(score, write, mmau) -> None:
    with pytest.raises(ValueError, match="entry 1, has the task_name 'chess_QA', which is none of speech_QA"):
        score("air_bench_chat", [judged(0, "chess_QA", "9 6")])
    with pytest.raises(ValueError, match="--swapped is for air_bench_chat"):
        score("mmau", [mmau(0, "cat")], swapped=write([mmau(0, "cat")], "other.json"))


def emotion(number: int, answer: str, response: str | None) -> dict:
    row = {"gt": answer, "source": "meld_test", "audio_path": f"dia0_utt{number}.mp4"}
    return row if response is None else row | {"response": response}


def test_meld(score) -> None:
    pairs = [("joy", " joy"), ("joy", "Joy."), ("anger", "anger"), ("neutral", "joy"), ("fear", "fear or anger")]
    figures = score("meld", [emotion(number, *pair) for number, pair in enumerate(pairs)]).figures
    assert (figures["official"], figures["strict"], figures["unresolved"]) == (2 / 5, 3 / 5, 1)
    expected = meld([answer for answer, _ in pairs], [response for _, response in pairs])
    assert figures["weighted_f1"]["official"] == pytest.approx(expected["weighted_f1"])
    named = ["joy", "joy", "anger", "joy", ""]
    expected = meld([answer for answer, _ in pairs], named)
    assert figures["weighted_f1"]["strict"] == pytest.approx(expected["weighted_f1"])
    assert list(figures["by_group"]) == ["source", "emotion"]


def test_meld_without_a_prediction(score) -> None:
    figures = score("meld", [emotion(0, "joy", "joy"), emotion(1, "joy", None)]).figures
    assert (figures["official"], figures["strict"], figures["skipped"]) == (1, 1 / 2, 1)
    assert figures["weighted_f1"]["official"] == 1
    assert figures["weighted_f1"]["strict"] == pytest.approx(2 / 3)


def test_meld_in_its_own_table(tmp_path) -> None:
    path = tmp_path / "test_sent_emo.csv"
    path.write_text(
        "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime,"
        "response\n"
        '1,"Oh, no",Mark,surprise,positive,0,0,3,19,"00:14:38,127","00:14:40,378",surprise\n'
        '2,Why?,Mark,anger,negative,0,1,3,19,"00:14:38,127","00:14:40,378",It is anger\n',
        encoding="utf-8",
    )
    scored = score_outputs(benchmark_of("meld"), path)
    assert (scored.figures["official"], scored.figures["strict"]) == (1 / 2, 1)
    assert [verdict.item.id for verdict in scored.verdicts] == ["0/0", "0/1"]
    assert scored.figures["statements"] == []


def test_covost2(score) -> None:
    pytest.importorskip("sacrebleu", reason="sacrebleu is not installed")
    german = [("der Hund bellt sehr laut .", "der Hund bellt laut ."), ("ja , das ist wahr", "ja , das ist wahr")]
    chinese = [("今天天气很好", "今天天气很差"), ("你好", "你好吗")]
    rows = [
        {"gt": reference, "response": response, "source": source, "audio_path": f"{number}.mp3"}
        for source, pairs in (("covost2_en_de_test", german), ("covost2_en_zh_test", chinese))
        for number, (response, reference) in enumerate(pairs)
    ]
    figures = score("covost2", rows).figures
    groups = figures["by_group"]["source"]
    expected = [covost2_bleu(*zip(*pairs, strict=True), target) for pairs, target in ((german, "de"), (chinese, "zh"))]
    assert [groups[f"covost2_en_{name}_test"]["official"] for name in ("de", "zh")] == pytest.approx(expected)
    assert figures["official"] == figures["strict"] == pytest.approx(sum(expected) / 2)
    del rows[1]["response"]
    figures = score("covost2", rows).figures["by_group"]["source"]["covost2_en_de_test"]
    responses, references = zip(*german, strict=True)
    assert figures["official"] == pytest.approx(covost2_bleu(responses[:1], references[:1], "de"))
    assert figures["strict"] == pytest.approx(covost2_bleu([responses[0], ""], references, "de"))
    assert (figures["skipped"], figures["unresolved"]) == (1, 1)


def test_covost2_needs_the_language(score) -> None:
    with pytest.raises(ValueError, match="entry 1, source '' names no target language"):
        score("covost2", [{"gt": "x", "response": "x", "audio_path": "0.mp3"}])
