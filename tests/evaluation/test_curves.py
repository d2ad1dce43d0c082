"""The curves of a run are what its trainer logged, and its speed is counted between lines of one process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evaluation.cota import split_files
from evaluation.curves import curves_record, curves_sentences, write_curves
from evaluation.figures.style import Look, panels
from evaluation.figures.training import show_steps
from evaluation.floor import split_floor
from evaluation.training_log import Speed, run_seconds, speeds


def line(step: int, seconds: float, held: int, tokens: int, since: int = 0) -> dict[str, Any]:
    """As it is logged: tokens `held` with padding in the run, and without in its process, begun after `since`."""
    return {
        "step": step,
        "epoch": step / 100,
        "loss": 10.0 / step,
        "learning_rate": 1e-3,
        "grad_norm": 0.5,
        "num_tokens": float(tokens),
        "num_input_tokens_seen": held,
        "train_runtime": seconds,
        "train_tokens_per_second": round((held - since) / seconds, 3),
    }


# 1,000 tokens in 10 steps; resumed after the 20th, when TRL counts its tokens anew.
FIRST = [line(10, 10.0, 1000, 900), {"step": 20, "eval_loss": 0.25}, line(20, 30.0, 2000, 1900)]
SECOND = [line(30, 5.0, 3000, 800, since=2000), line(40, 15.0, 4000, 1600, since=2000)]
SLOW = [line(30, 40.0, 3000, 800, since=2000), line(40, 50.0, 4000, 1600, since=2000)]


@pytest.mark.parametrize(("resumed", "whole"), [(SECOND, 45.0), (SLOW, 80.0)], ids=["sooner", "later"])
def test_speed_is_counted_within_each_process(resumed: list, whole: float) -> None:
    state = {"log_history": [*FIRST, *resumed]}
    found = [(speed.step, speed.seconds, speed.tokens, round(speed.padding_share, 9)) for speed in speeds(state)]
    assert found == [(10, 10.0, 900, 0.1), (20, 20.0, 1000, 0.0), (40, 10.0, 800, 0.2)]
    assert [round(speed.epochs, 9) for speed in speeds(state)] == [0.1, 0.1, 0.1]
    assert run_seconds(state) == whole


def test_a_log_without_counts_has_no_speed() -> None:
    state = {"log_history": [{"step": 1, "loss": 2.0}, {"step": 2, "train_runtime": 7.0, "train_loss": 2.0}]}
    assert (speeds(state), run_seconds(state)) == ([], 7.0)
    assert run_seconds({"log_history": []}) is None


def test_the_last_line_of_a_run_is_of_the_same_process() -> None:
    end = {"step": 20, "train_runtime": 31.0, "train_loss": 1.0, "num_input_tokens_seen": 2000}
    assert run_seconds({"log_history": [*FIRST, end]}) == 31.0
    assert speeds({"log_history": [*FIRST, end]})[-1] == Speed(20, 20.0, 1000, 0.0, 0.1)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    for step, lines in ((9, FIRST[:1]), (40, [*FIRST, *SECOND])):
        (folder / f"checkpoint-{step}").mkdir(parents=True)
        state = {"global_step": step, "log_history": lines}
        (folder / f"checkpoint-{step}" / "trainer_state.json").write_text(json.dumps(state))
    return folder


def test_the_record_of_a_run_beside_its_data(run: Path, cota: Path, tiny_model: Path, tmp_path: Path) -> None:
    data = tmp_path / "cota"
    data.mkdir()
    (data / "data").symlink_to(cota / "data")
    (data / "statistics.json").write_text(json.dumps({"hours": {"train": 0.25}}))
    record = curves_record(run, data, tiny_model)
    assert record["train"] == [(10, 1.0), (20, 0.5), (30, 10 / 30), (40, 0.25)]
    assert record["held_out"] == [(20, 0.25)]
    assert record["floor"] == split_floor(tiny_model, split_files(data, "validation"))["floor"] > 0
    assert record["tokens_per_second"] == [(10, 90.0), (20, 50.0), (40, 80.0)]
    # A tenth of an epoch of 900 s in 10, 20 and 10 s.
    assert [(step, round(rate, 9)) for step, rate in record["audio_per_second"]] == [(10, 9.0), (20, 4.5), (40, 9.0)]
    assert curves_sentences(record) == [
        "40 steps in 0.8 minutes.",
        f"Held-out loss at step 20: 0.2500 nats a token; the audio-blind floor is {record['floor']:.4f}.",
        "68 tokens and 6.8 seconds of audio a second; 10.0% of what the batches held was padding.",
    ]


def test_a_panel_for_each_kind_of_figure(run: Path, tmp_path: Path) -> None:
    """At 170 points an inch: 3 for the loss, 1.35 each for rate, gradient and tokens, and none for audio."""
    import numpy as np
    from PIL import Image

    picture = Image.open(write_curves(curves_record(run), tmp_path / "curves.png"))
    assert picture.size == (1258, 1198)
    pixels = np.asarray(picture.convert("L"))
    assert [pixels[start : start + 200].std() > 10 for start in (100, 550, 780, 990)] == [True] * 4


@pytest.mark.parametrize(("steps", "ticks"), [(1, {0, 1}), (2, {0, 1, 2}), (600, {0})])
def test_the_step_axis_begins_at_nothing_and_has_whole_steps(steps: int, ticks: set[int]) -> None:
    with panels(Look(), [3.0]) as (_, (axes,)):
        axes.plot([steps], [0.5])
        show_steps(axes, steps)
        low, high = axes.get_xlim()
        shown = {tick for tick in axes.get_xticks() if low <= tick <= high}
    assert shown >= ticks and all(tick == int(tick) for tick in shown)


def test_a_run_of_one_line_is_drawn(tmp_path: Path) -> None:
    """Each of its curves is one point, through which no line goes."""
    import numpy as np
    from PIL import Image

    state = {"global_step": 1, "log_history": [{"step": 1, "loss": 2.0, "learning_rate": 0.1}]}
    (tmp_path / "trainer_state.json").write_text(json.dumps(state))
    record = curves_record(tmp_path)
    pixels = np.asarray(Image.open(write_curves(record, tmp_path / "curves.png")).convert("RGB")).astype(int)
    accent = [int(Look().accent[place : place + 2], 16) for place in (1, 3, 5)]
    near = np.abs(pixels - accent).max(-1) < 20
    assert near.sum() > 20, "the learning rate, which alone has this colour"


def test_a_floor_that_is_not_drawn_is_said(run: Path) -> None:
    assert [line for line in curves_sentences(curves_record(run)) if "floor" in line] == [
        "The audio-blind floor, below which only a model gets that hears, is not drawn: name the CoTA folder that it "
        "learns by --data."
    ]


def test_a_run_by_rewards_shows_them_by_name(tmp_path: Path) -> None:
    lines = [
        {"step": step, "loss": -0.01, "reward": 0.4, "rewards/answer_correct/mean": step / 4, "rewards/x/std": 1.0}
        for step in (1, 2)
    ]
    (tmp_path / "trainer_state.json").write_text(json.dumps({"global_step": 2, "log_history": lines}))
    record = curves_record(tmp_path)
    assert record["rewards"] == {"answer_correct": [(1, 0.25), (2, 0.5)]}
    assert curves_sentences(record) == ["2 steps.", "Reward answer_correct: 0.500 at step 2."]
    assert write_curves(record, tmp_path / "curves.png").stat().st_size > 5000


def test_a_run_that_came_to_nothing_is_drawn_and_said(tmp_path: Path) -> None:
    lines = [{"step": 1, "loss": 2.0, "grad_norm": 1.0}, {"step": 2, "loss": 3.0, "grad_norm": float("nan")}]
    (tmp_path / "trainer_state.json").write_text(json.dumps({"global_step": 2, "log_history": lines}))
    record = curves_record(tmp_path)
    assert record["gradient_norm"] == [(1, 1.0)]
    assert curves_sentences(record)[1] == "The gradient norm is no finite number at step 2, and perhaps later."
    write_curves(record, tmp_path / "curves.png")


def test_a_checkpoint_that_is_being_saved_is_not_read(run: Path) -> None:
    (run / "checkpoint-50").mkdir()
    assert curves_record(run)["steps"] == 40


def test_a_folder_without_a_log_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no trainer_state.json in this folder or a checkpoint"):
        curves_record(tmp_path)
    (tmp_path / "trainer_state.json").write_text(json.dumps({"global_step": 1, "log_history": []}))
    with pytest.raises(ValueError, match="has logged no loss yet"):
        curves_record(tmp_path)
