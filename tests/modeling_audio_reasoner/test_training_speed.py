"""What a line of a training log says of speed, by a clock that is set here."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from modeling_audio_reasoner import training_speed_audio_reasoner as speed


@pytest.fixture
def clock(monkeypatch):
    """Seconds that `perf_counter` says, in a list of one."""
    now = [100.0]
    monkeypatch.setattr(speed.time, "perf_counter", lambda: now[0])
    return now


def batch(tokens: int, length: int, frames: int) -> dict[str, torch.Tensor]:
    return {
        "attention_mask": (torch.arange(length) < tokens).long()[None],
        "feature_attention_mask": torch.ones(1, frames, dtype=torch.long),
    }


def test_figures_of_two_steps_without_the_evaluation_between_them(clock):
    throughput = speed.Throughput(frames_per_second=100)
    throughput.count(batch(tokens=30, length=40, frames=250))
    clock[0] += 2.0
    throughput.go_on()
    clock[0] += 50.0  # an evaluation
    throughput.pause()
    throughput.count(batch(tokens=10, length=10, frames=150))
    clock[0] += 3.0
    throughput.go_on()
    expected = {"tokens_per_second": 40 / 5, "padding_share": 1 - 40 / 50, "audio_seconds_per_second": 4.0 / 5}
    assert throughput.figures(processes=1) == pytest.approx(expected)

    throughput.count(batch(tokens=6, length=8, frames=100))
    clock[0] += 1.0
    throughput.go_on()
    expected = {"tokens_per_second": 12.0, "padding_share": 0.25, "audio_seconds_per_second": 2.0}
    assert throughput.figures(processes=2) == pytest.approx(expected), "of the second line alone"


def test_a_line_without_steps_says_nothing(clock):
    throughput = speed.Throughput(frames_per_second=100)
    assert throughput.figures(processes=1) == {}
    throughput.count(batch(tokens=3, length=4, frames=10))
    assert throughput.figures(processes=1) == {}, "no time has passed"


def test_rows_of_text_alone(clock):
    throughput = speed.Throughput(frames_per_second=100)
    throughput.count({"attention_mask": torch.ones(2, 5)})
    clock[0] += 1.0
    throughput.go_on()
    expected = {"tokens_per_second": 10.0, "padding_share": 0.0, "audio_seconds_per_second": 0.0}
    assert throughput.figures(processes=1) == pytest.approx(expected)


def test_without_a_processor_tokens_are_counted(clock):
    throughput = speed.Throughput(frames_per_second=None)
    throughput.count(batch(tokens=6, length=8, frames=100))
    clock[0] += 2.0
    throughput.go_on()
    assert throughput.figures(processes=1) == {"tokens_per_second": 3.0, "padding_share": 0.25}


def test_the_name_is_registered_once_where_a_trainer_is_in_use(monkeypatch):
    integrations = SimpleNamespace(INTEGRATION_TO_CALLBACK={})
    modules = {"transformers.integrations.integration_utils": integrations}
    monkeypatch.setattr(speed, "sys", SimpleNamespace(modules={}))
    speed.register_training_speed()  # as without a trainer, which is not imported for it
    monkeypatch.setattr(speed, "sys", SimpleNamespace(modules=modules))
    speed.register_training_speed()
    first = integrations.INTEGRATION_TO_CALLBACK["audio_reasoner"]
    speed.register_training_speed()
    assert list(integrations.INTEGRATION_TO_CALLBACK.items()) == [("audio_reasoner", first)]
