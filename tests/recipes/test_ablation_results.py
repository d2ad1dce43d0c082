"""What is made of the answers of the ablations' runs, against cases computed by hand."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from datasets import Dataset
from synthetic_cota import write_cota

import ablation_data
import ablation_results
from ablation_intervals import draw_accuracies, interval, recording_groups
from ablation_variants import VARIANTS, problems_of


ROOT = Path(__file__).parent.parent.parent
QUESTIONS = 8
DOMAINS = ("sound", "speech", "music")


def test_questions_that_share_a_recording_are_one_group():
    recordings = [["a"], ["b"], ["c", "d"], ["a"], ["d", "e"], ["e"]]
    assert recording_groups(recordings).tolist() == [0, 1, 2, 0, 2, 2]


def test_two_groups_are_drawn_as_two_coins_fall():
    """One group right and one wrong, three questions to one: both drawn, or one of them twice."""
    drawn = draw_accuracies({"one": np.array([[1, 1, 1, 0]])}, np.array([0, 0, 0, 1]))["one"]
    values, counts = np.unique(drawn, return_counts=True)
    assert values.tolist() == [0, 0.75, 1]
    assert counts / len(drawn) == pytest.approx([1 / 4, 1 / 2, 1 / 4], abs=0.02)
    assert interval(drawn) == (0, 1) and interval(drawn, 0.4) == (0.75, 0.75)


def test_the_variance_of_seeds_is_that_of_their_mean():
    """Seeds that are right on all, all and none: their variance is 1/3, that of the mean of three of them 1/9."""
    answers = np.array([[1] * 4, [1] * 4, [0] * 4])
    drawn = draw_accuracies({"one": answers}, np.arange(4))["one"]
    assert drawn.mean() == pytest.approx(2 / 3, abs=0.01) and drawn.var() == pytest.approx(1 / 9, rel=0.03)


def test_differences_are_paired_by_recording():
    """Right on one half of the questions and on the same half and one more: the difference never is below nothing."""
    full = np.array([[1, 1, 0, 0]])
    drawn = draw_accuracies({"full": full, "same": full, "more": full + [0, 0, 0, 1]}, np.arange(4))
    assert not (drawn["same"] - drawn["full"]).any()
    more = drawn["more"] - drawn["full"]
    assert more.min() == 0 and more.mean() == pytest.approx(1 / 4, abs=0.01)
    assert np.ptp(drawn["full"]) > 0.9


def answers_of(variant: str, right: set[int], condition: str) -> list[dict]:
    """Judged answers to the questions of `cota`; those that are not right name no choice and have other problems."""
    return [
        {
            "id": f"test-{index}",
            "domain": DOMAINS[index % 3],
            "choices": ["low", "high"],
            "correct": index in right,
            "choice": "low" if index in right else None,
            "problems": problems_of(variant) if index in right else ["there is text after </RESPONSE>"],
            "new_tokens": 10 + index,
        }
        for index in range(QUESTIONS)
    ]


def write_run(place: Path, variant: str, seed: int, right: dict[str, set[int]], steps: int = 4, **basis) -> None:
    folder = place / "runs" / f"{variant}-{seed}"
    (folder / "evaluation").mkdir(parents=True)
    (folder / "model" / "checkpoint-4").mkdir(parents=True)
    state = {"global_step": steps, "max_steps": 4, "train_batch_size": 16}
    (folder / "model" / "checkpoint-4" / "trainer_state.json").write_text(json.dumps(state))
    for condition, found in right.items():
        lines = [json.dumps(row) for row in answers_of(variant, found, condition)]
        (folder / "evaluation" / f"{condition}.jsonl").write_text("\n".join(lines) + "\n")
    results = {
        "conditions": dict.fromkeys(right, {}),
        "basis": {"model_sha256": f"{variant}{seed}", "split": "test", **basis},
        "versions": {},
        "date": f"2026-01-0{seed + 1}",
    }
    (folder / "evaluation" / "results.json").write_text(json.dumps(results))
    (place / "warm_ups" / f"{variant}-{seed}" / "composed").mkdir(parents=True, exist_ok=True)
    (place / "warm_ups" / f"{variant}-{seed}" / "composed" / "config.json").write_text("{}")


@pytest.fixture
def place(tmp_path, text_folder) -> Path:
    """Two seeds of `full` and `response_only`, and one of another variant, with the data that they are of."""
    import synthetic_cota

    cota = write_cota(tmp_path / "cota", train=4, validation=2)
    rows = [
        synthetic_cota.row(index, "test", np.random.default_rng(index), True, "tone") for index in range(QUESTIONS)
    ]
    for index, row in enumerate(rows):
        row["annotations"] = {"recordings": [{"id": "shared" if index in (0, 1) else str(index)}]}
    from dataset_builder.schema import features

    Dataset.from_list(rows, features=features()).to_parquet(cota / "data" / "test-00000-of-00001.parquet")
    place = tmp_path / "ablations"
    ablation_data.write(str(cota), place / "data")
    (place / "initial").mkdir()
    (place / "initial" / "0").symlink_to(text_folder)
    write_run(place, "full", 0, {"real": {0, 1, 2, 3, 4, 5}, "silence": {0}})
    write_run(place, "full", 1, {"real": {0, 1, 2, 3}, "silence": {0, 1, 2}})
    write_run(place, "response_only", 0, {"real": {0, 1}, "silence": {0}})
    write_run(place, "response_only", 1, {"real": {0, 1, 6, 7}, "silence": {0}})
    write_run(place, "without_caption", 0, {"real": set(range(8)), "silence": set()})
    return place


def collected(place: Path, *options: str) -> dict:
    command = ["--runs", str(place), "--dataset", str(place.parent / "cota"), "--output", str(place / "out")]
    assert ablation_results.main([*command, *options]) == 0
    return json.loads((place / "out" / "results.json").read_text(encoding="utf-8"))


def test_means_differences_and_shares(place, capsys):
    results = collected(place)
    assert (results["questions"], results["recording_groups"]) == (8, 7), "two questions share a recording"
    assert results["by_domain"] == {"sound": 3, "speech": 3, "music": 2} and results["chance"] == 0.5
    assert (results["steps"], results["rows"], results["warm_ups"]) == (4, 64, "own")
    assert results["date"] == "2026-01-02" and list(results["variants"]) == [
        "full",
        "response_only",
        "without_caption",
    ]
    full, response, caption = results["variants"].values()
    assert full["seeds"] == {"0": 0.75, "1": 0.5} and full["accuracy"]["all"]["mean"] == 0.625
    assert full["difference"] == {} and full["silence"] == 0.25 and full["as_taught"] == 0.625
    assert full["unresolved"] == 0.375 and full["written_tokens"] == 13.5
    # Of sound are the questions 0, 3 and 6; of speech 1, 4 and 7; of music 2 and 5.
    assert full["accuracy"]["sound"]["mean"] == pytest.approx(4 / 6)
    assert full["accuracy"]["music"]["mean"] == pytest.approx(3 / 4)
    assert response["accuracy"]["all"]["mean"] == 0.375 and response["difference"]["all"]["mean"] == -0.25
    assert response["difference"]["speech"]["mean"] == pytest.approx((3 - 3) / 6)
    assert response["difference"]["music"]["mean"] == pytest.approx(-3 / 4)
    gap = response["difference"]["all"]
    assert -1 <= gap["low_together"] <= gap["low"] < -0.25 < gap["high"] <= gap["high_together"] <= 1
    assert caption["accuracy"]["all"] == {"mean": 1, "low": 1, "high": 1}
    # <RESPONSE>, one token, </RESPONSE> and the end of the turn, in 64 rows.
    assert (response["answer_tokens"], response["trained_tokens"]) == (4, 256)
    assert full["answer_tokens"] > caption["answer_tokens"] > 4
    printed = capsys.readouterr().out
    assert re.search(r"response_only +37\.5 .*; 25\.0, 50\.0\)  -25\.0 ", printed)
    assert (place / "out" / "accuracy.png").read_bytes().startswith(b"\x89PNG")


def test_runs_that_do_not_go_together_are_refused(place, capsys):
    command = ["--runs", str(place), "--dataset", str(place.parent / "cota"), "--output", str(place / "out")]
    write_run(place, "without_summary", 0, {"real": {0}}, split="validation")
    assert ablation_results.main(command) == 1
    assert "differ in data, decoding, steps or questions" in capsys.readouterr().err
    write_run(place, "without_reasoning", 0, {"real": {0}}, steps=3)
    assert ablation_results.main(command) == 1
    assert "was trained for 3 of 4 steps" in capsys.readouterr().err
    assert ablation_results.main(["--runs", str(place / "data")]) == 1
    assert "holds no finished run of full" in capsys.readouterr().err


def test_a_seed_that_full_lacks_is_left_out(place):
    write_run(place, "response_only", 2, {"real": set(range(8)), "silence": {0}})
    assert list(collected(place)["variants"]["response_only"]["seeds"]) == ["0", "1"]


def test_runs_need_not_be_made_on_one_day(place, capsys):
    """Those whose folders are gone are kept in results.json; a folder of the same name takes their place."""
    together = collected(place)
    for name in ("full-1", "response_only-1", "without_caption-0"):
        shutil.rmtree(place / "runs" / name)
    again = collected(place)
    assert again == together
    shutil.rmtree(place / "runs" / "full-0")
    write_run(place, "full", 0, {"real": set(range(8)), "silence": {0}})
    assert collected(place)["variants"]["full"]["seeds"] == {"0": 1.0, "1": 0.5}
    write_run(place, "without_summary", 1, {"real": {0}}, split="validation")
    command = ["--runs", str(place), "--dataset", str(place.parent / "cota"), "--output", str(place / "out")]
    assert ablation_results.main(command) == 1
    assert "The runs without_summary-1 and full-0 differ in data" in capsys.readouterr().err


def test_the_page_says_what_the_intervals_say(place, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import ablation_tables

    results = collected(place)
    rows = ablation_tables.accuracy_table(results).splitlines()
    assert rows[2].startswith("| `full` | 62.5 | ") and "| 75.0, 50.0 |  |  | 25.0 | 62.5 |" in rows[2]
    assert "| −25.0 |" in rows[3] and rows[3].endswith("| 4.0 |")
    assert len({row.count("|") for row in rows}) == 1
    assert len({row.count("|") for row in ablation_tables.domain_table(results).splitlines()}) == 1
    gap = results["variants"]["response_only"]["difference"]["all"]
    for ends, words in (
        ((-0.4, 0.1, -0.5, 0.2), "which cannot be told from no difference"),
        ((-0.4, -0.1, -0.5, 0.2), "worse by itself, but not sure with five comparisons made at once"),
        ((-0.4, -0.1, -0.5, -0.05), "worse with five comparisons made at once too"),
    ):
        gap |= dict(zip(("low", "high", "low_together", "high_together"), ends, strict=True))
        first, _, second, *_ = ablation_tables.findings(results)
        assert words in second and "37.5% against 62.5%" in second
    assert (
        "8 held-out questions about 7 groups of recordings, 2 seeds each with warm-ups of its own, 4 steps of 16"
        in first
    )


def test_runs_that_are_planned_and_not_made_are_named(place, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import ablation_tables

    said = ablation_tables.not_made(collected(place))
    assert "`full`, `response_only` with seed 2; " in said and "`without_caption` with seed 1, 2." in said
    assert "`without_planning`, `without_reasoning`, `without_summary` with seed 0, 1, 2; " in said
    variants = {name: {"seeds": dict.fromkeys("012")} for name in VARIANTS}
    assert ablation_tables.not_made({"variants": variants}) == ""


def test_make_knows_every_step_once(tmp_path):
    """All of it with warm-ups of one's own, fewer with shared ones, and none of what is there."""
    (tmp_path / "cota").mkdir()
    (tmp_path / "cota" / "README.md").touch()
    makefile = ROOT / "recipes" / "ablations" / "Makefile"

    def planned(*options: str) -> list[str]:
        command = ["make", "-n", "-f", str(makefile), *options]
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        return re.findall(r'echo "(\S+): begun"', run.stdout)

    steps = planned()
    assert len(steps) == len(set(steps)) == 1 + 3 + 6 + 18 * 5
    assert [step for step in steps if step.startswith("evaluate")][:2] == [
        "evaluate-full-0",
        "evaluate-response_only-0",
    ]
    assert set(re.findall(r"^evaluate-(\w+)-\d", "\n".join(steps), flags=re.MULTILINE)) == set(VARIANTS)
    assert len(planned("WARM_UPS=shared")) == 1 + 1 + 6 + 6 * 3 + 18 * 2
    for name in ("model/.trained", "evaluation/results.json"):
        path = tmp_path / "demo/ablations/runs/full-0" / name
        path.parent.mkdir(parents=True)
        path.touch()
    # Those of that run, and its text, from which nothing else is made.
    assert set(steps) - set(planned()) == {
        f"{step}-full-0" for step in ("text", "encoder", "compose", "train", "evaluate")
    }
