"""Variants of recordings: within what was asked, in rows for training alone, and another one each time."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch

from modeling_audio_reasoner import AudioReasonerFeatureExtractor, AudioReasonerProcessor
from modeling_audio_reasoner.augmentation_audio_reasoner import Augmentation, Variants, play_at


RATE = 16000
EVERYTHING = {"speed": 0.1, "gain_db": 6.0, "noise_probability": 0.5, "noise_snr_db": [10.0, 30.0]}


def tone(seconds: float, frequency: float = 1000.0) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * frequency * np.arange(round(RATE * seconds)) / RATE)).astype(np.float32)


def variants(count: int, waveform: np.ndarray, longest: float = 600.0, **settings) -> list[np.ndarray]:
    augmentation, generator = Augmentation(**settings), np.random.default_rng(0)
    return [augmentation.vary(waveform, RATE, generator, longest) for _ in range(count)]


def peak_frequency(waveform: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(waveform * np.hanning(len(waveform)), 8 * len(waveform)))
    return float(spectrum.argmax() * RATE / (8 * len(waveform)))


def decibels(ratio: float) -> float:
    return float(20 * np.log10(ratio))


def test_the_defaults_vary_nothing():
    waveform = tone(1.0)
    (same,) = variants(1, waveform)
    assert same is waveform
    assert Augmentation.of(dict.fromkeys(EVERYTHING)) == Augmentation()


@pytest.mark.parametrize(
    ("factor", "samples", "frequency"), [(0.8, 20000, 800.0), (1.0, 16000, 1000.0), (1.25, 12800, 1250.0)]
)
@pytest.mark.parametrize("soxr", [True, False])
def test_at_another_speed_length_and_pitch_change_alike(monkeypatch, soxr, factor, samples, frequency):
    if not soxr:
        monkeypatch.setitem(sys.modules, "soxr", None)
    found = play_at(tone(1.0), factor, RATE)
    assert found.shape == (samples,) and found.dtype == np.float32
    assert peak_frequency(found) == pytest.approx(frequency, abs=1.0)


def test_what_a_faster_speed_takes_beyond_the_rate_does_not_come_back_lower():
    """7.5 kHz at 1.25 times the speed is 9.4 kHz, which linear interpolation at 16 kHz would let be heard at 6.6."""
    found = play_at(tone(1.0, 7500.0), 1.25, RATE)[800:-800]
    assert decibels(np.abs(found).max() / 0.3) < -80


def test_speeds_are_spread_over_the_range_that_was_asked():
    lengths = [len(found) for found in variants(400, tone(0.5), speed=0.1)]
    assert min(lengths) == round(8000 / 1.1) and max(lengths) == round(8000 / 0.9)
    assert len(set(lengths)) == 41 and np.mean(8000 / np.array(lengths)) == pytest.approx(1.0, abs=0.01)


def test_decibels_are_taken_away_and_none_are_added():
    waveform = tone(0.1)
    gains = [decibels(found.max() / waveform.max()) for found in variants(400, waveform, gain_db=6.0)]
    assert -6.0001 <= min(gains) < -5.9 and -0.1 < max(gains) <= 0.0001
    assert np.mean(gains) == pytest.approx(-3, abs=0.3)


def test_noise_has_the_power_that_was_asked_and_comes_as_often():
    waveform = tone(1.0)
    added = [found - waveform for found in variants(300, waveform, noise_probability=0.5, noise_snr_db=(10.0, 20.0))]
    noises = [noise for noise in added if noise.any()]
    assert len(noises) == pytest.approx(150, abs=25)
    ratios = [decibels(waveform.std() / noise.std()) for noise in noises]
    assert 9.9 < min(ratios) < 10.5 and 19.5 < max(ratios) < 20.1
    spectrum = np.abs(np.fft.rfft(noises[0])) ** 2
    assert spectrum[:4000].mean() == pytest.approx(spectrum[4000:].mean(), rel=0.1), "it is not white"


def test_silence_stays_silent_and_a_sample_a_sample():
    (found,) = variants(1, np.zeros(1600, np.float32), noise_probability=1.0)
    assert not found.any()
    for found in variants(50, np.full(1, 0.1, np.float32), **EVERYTHING):
        assert found.shape == (1,) and np.isfinite(found).all()


def test_nothing_is_stretched_beyond_the_longest_that_is_heard():
    lengths = [len(found) for found in variants(200, tone(0.95), longest=1.0, speed=0.5)]
    assert max(lengths) <= RATE and max(lengths) > 0.99 * RATE and min(lengths) < 0.7 * RATE


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"speed": 0.6}, "speed of an augmentation is 0.6: give a number from 0 to 0.5"),
        ({"speed": 0.001}, "speed of an augmentation is 0.001: give 0, or a step of 0.005 or more"),
        ({"speed": "fast"}, "speed of an augmentation is 'fast'"),
        ({"gain_db": -6.0}, "gain_db of an augmentation is -6.0: give a number from 0 to 60"),
        ({"noise_probability": float("nan")}, "noise_probability of an augmentation is nan"),
        ({"noise_snr_db": [30.0, 10.0]}, "noise_snr_db .* give the lowest first"),
        ({"noise_snr_db": 20.0}, "noise_snr_db of an augmentation is 20.0: give the lowest and the highest"),
        ({"pitch": 1.0}, "augmentation of a recording holds 'pitch': give speed, gain_db"),
        ([0.1], "augmentation of a recording is a list: pass a dict"),
    ],
)
def test_what_cannot_be_meant_is_named(given, message):
    with pytest.raises(ValueError, match=message):
        Augmentation.of(given)


def test_chance_is_that_of_the_seed_and_leaves_torchs_alone():
    first, second = tone(0.1), tone(0.1, 500.0)

    def drawn(seed: int, waveforms: list) -> list[float]:
        torch.manual_seed(seed)
        own = Variants()
        return [own.generator(waveform).random() for waveform in waveforms]

    one = drawn(0, [first, first, second])
    assert one == drawn(0, [first, first, second]) != drawn(1, [first, first, second])
    assert len({*one, *drawn(0, [second])}) == 4, "the next time and another recording are others"
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    Variants().generator(first)
    assert torch.equal(torch.rand(3), expected)


class TestRows:
    """What the processor makes of conversations."""

    @pytest.fixture
    def processor(self, processor):
        """One that has varied nothing yet."""
        return AudioReasonerProcessor(AudioReasonerFeatureExtractor(), processor.tokenizer, processor.chat_template)

    @pytest.fixture
    def row(self):
        """A conversation with its answer, whose recording may be varied; other keys go into its part."""

        def make(seconds: float = 1.0, **keys) -> list[dict]:
            part = {"type": "audio", "audio": {"array": tone(seconds), "sampling_rate": RATE}, **keys}
            said = [{"type": "text", "text": "A tone."}]
            asked = [part, {"type": "text", "text": "What is it?", "augmentation": None}]
            return [{"role": "user", "content": asked}, {"role": "assistant", "content": said}]

        return make

    @pytest.fixture(autouse=True)
    def newest_transformers(self, before_5_23):
        if before_5_23:
            pytest.skip("transformers marks the wrong tokens")

    @staticmethod
    def encode(processor, rows: list, training: bool = True):
        return processor.apply_chat_template(
            rows,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            return_assistant_tokens_mask=training,
            processor_kwargs={"padding": True},
        )

    def test_a_row_without_it_is_untouched(self, processor, row):
        torch.manual_seed(0)
        plain = self.encode(processor, [row()])
        nothing = dict.fromkeys(EVERYTHING)
        for keys in ({}, {"augmentation": None}, {"augmentation": {}}, {"augmentation": nothing}):
            found = self.encode(processor, [row(**keys)])
            assert all(torch.equal(found[name], plain[name]) for name in plain)
        mixed = self.encode(processor, [row(), row(augmentation=EVERYTHING)])
        frames = plain["input_features"].shape[-1]
        assert torch.equal(mixed["input_features"][0, :, :frames], plain["input_features"][0])

    def test_placeholders_are_those_of_the_variant(self, processor, row):
        found = self.encode(processor, [row(2.0, augmentation={"speed": 0.2}) for _ in range(12)])
        held = (found["input_ids"] == processor.audio_token_id).sum(-1).tolist()
        frames = found["feature_attention_mask"].sum(-1).tolist()
        assert held == [((count - 1) // 2 + 1) // 2 for count in frames]
        # 50 tokens of two seconds, at 0.8 to 1.2 times the speed
        assert len(set(held)) > 4 and 41 <= min(held) < 50 < max(held) <= 63

    @pytest.mark.parametrize("workers", [0, 2])
    def test_epochs_and_workers_draw_differently(self, processor, row, workers):
        """Eight rows of one recording, in two epochs of a DataLoader like the trainer's: 16 variants."""
        from torch.utils.data import DataLoader

        def means(seed: int) -> list[float]:
            torch.manual_seed(seed)
            processor._variants = Variants()
            rows = [row(0.2, augmentation={"gain_db": 6.0}) for _ in range(8)]
            loader = DataLoader(
                rows,
                batch_size=2,
                num_workers=workers,
                collate_fn=lambda batch: self.encode(processor, batch)["input_features"].mean((1, 2)),
            )
            return [float(mean) for _ in range(2) for means in loader for mean in means]

        found = means(0)
        assert len(set(found)) == len(found) == 16
        assert means(0) == found and not set(means(1)) & set(found)

    def test_where_nothing_is_trained_it_is_refused(self, processor, row):
        for training, tokenize in ((False, True), (False, False)):
            with pytest.raises(ValueError, match="holds 'augmentation', by which a recording is varied in training"):
                processor.apply_chat_template(
                    [row(augmentation=EVERYTHING)[:1]],
                    tokenize=tokenize,
                    return_dict=tokenize,
                    add_generation_prompt=True,
                    return_assistant_tokens_mask=training,
                )

    def test_a_text_cannot_ask_for_it(self, processor, row):
        """Neither by its words, nor by a key of its part."""
        rows = row()
        rows[0]["content"][1]["text"] = "augmentation {'speed': 0.5}"
        plain = self.encode(processor, [row()])["input_features"]
        assert torch.equal(self.encode(processor, [rows])["input_features"], plain)
        rows[0]["content"][1]["augmentation"] = EVERYTHING
        with pytest.raises(ValueError, match="type text also holds 'augmentation'"):
            self.encode(processor, [rows])

    def test_bad_settings_name_the_key(self, processor, row):
        with pytest.raises(ValueError, match="speed of an augmentation is 3"):
            self.encode(processor, [row(augmentation={"speed": 3})])

    def test_the_limit_holds_after_the_change(self, row, tokenizer, processor):
        short = AudioReasonerProcessor(
            AudioReasonerFeatureExtractor(max_duration=1.0), tokenizer, processor.chat_template
        )
        found = self.encode(short, [row(1.0, augmentation={"speed": 0.5}) for _ in range(20)])
        frames = found["feature_attention_mask"].sum(-1)
        assert frames.max() <= 100 and frames.min() < 80
        with pytest.raises(ValueError, match="lasts 1.1 s, more than the maximum of 1 s"):
            self.encode(short, [row(1.1, augmentation={"speed": 0.5})])

    def test_no_saved_processor_knows_of_it(self, processor, row, tmp_path):
        self.encode(processor, [row(augmentation=EVERYTHING)])
        processor.save_pretrained(tmp_path)
        assert "variants" not in (tmp_path / "processor_config.json").read_text(encoding="utf-8").lower()
        assert (tmp_path / "augmentation_audio_reasoner.py").is_file()
