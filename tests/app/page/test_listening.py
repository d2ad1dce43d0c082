"""What the model hears of a recording, its figure, and what it does not take."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from app.page.heard_figure import description, heard_figure, heard_html
from app.page.listening import hear
from evaluation.figures.style import LOOKS


def test_a_recording_is_heard_at_the_models_rate_and_mono(model, tone):
    heard = hear(tone, model.processor)
    assert (heard.name, heard.sampling_rate, heard.waveform.shape) == ("tone.wav", 16_000, (32_000,))
    assert heard.seconds == 2.0 and heard.windows == 1
    assert heard.log_mels.shape == (128, 200) and heard.frame_seconds == 0.01
    assert 0.25 < np.abs(heard.waveform).max() < 0.35


def test_all_windows_are_heard(model, tmp_path):
    """65 s are three windows of 30 s; the tone that begins in the third is there, where it stands."""
    time = np.arange(65 * 8000) / 8000
    soundfile.write(tmp_path / "long.wav", 0.3 * np.sin(2 * np.pi * 1000 * time) * (time > 62), 8000)
    heard = hear(tmp_path / "long.wav", model.processor)
    assert heard.windows == 3 and heard.log_mels.shape == (128, 6500)
    loud = heard.log_mels.max(axis=0) > heard.log_mels.max() - 0.5
    assert loud[6300:].all() and not loud[:3000].any() and not loud[6000:6190].any()
    assert "heard in 3 windows, one after the other of up to 30 s" in description(heard)


def test_the_model_hears_what_is_shown(model, tone):
    """The figure's log-mels are the features that the processor makes of the message."""
    heard = hear(tone, model.processor)
    features = model.processor.feature_extractor(heard.waveform, return_tensors="np")["input_features"]
    assert np.array_equal(features[0, :, :200], heard.log_mels)


def test_a_figure_for_each_theme_and_width(model, tone):
    from PIL import Image

    heard = hear(tone, model.processor)
    sizes = {look.name: Image.open(io.BytesIO(heard_figure(heard, look))).size for look in LOOKS}
    assert sizes["light-wide"] == sizes["dark-wide"] and sizes["light-narrow"] == sizes["dark-narrow"]
    assert sizes["light-narrow"][0] < sizes["light-wide"][0] < 1000
    page = heard_html(heard)
    assert page.count("<picture") == 2 and page.count("data:image/png;base64,") == 4
    assert page.count('alt="Waveform and spectrogram. tone.wav: 2.00 s at 16 kHz, mono, heard in one window') == 2


def test_the_name_of_a_file_is_no_markup(model, tone):
    spoilt = tone.with_name("<b>&.wav")
    tone.rename(spoilt)
    page = heard_html(hear(spoilt, model.processor))
    assert "<b>" not in page and "&lt;b&gt;&amp;.wav: 2.00 s" in page


def test_an_hour_is_refused_by_its_length_and_the_limit(model, tmp_path):
    """By its header: the samples are not decoded."""
    soundfile.write(tmp_path / "hour.flac", np.zeros(3600 * 8000, dtype=np.int16), 8000)
    with pytest.raises(ValueError, match=r"hour\.flac lasts 3600\.0 s, and the model hears at most 600 s: cut out"):
        hear(tmp_path / "hour.flac", model.processor)


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"hello", "clip.wav is not audio that can be decoded"),
        (b"", "clip.wav is empty"),
        (None, "clip.wav is not there any more"),
    ],
)
def test_what_is_no_recording(model, tmp_path, contents, message):
    path = tmp_path / "clip.wav"
    if contents is not None:
        path.write_bytes(contents)
    with pytest.raises((ValueError, OSError), match=message):
        hear(path, model.processor)


def test_silence_and_nothing(model, tmp_path):
    soundfile.write(tmp_path / "still.wav", np.zeros(8000), 8000)
    with pytest.raises(ValueError, match="still.wav is silent"):
        hear(tmp_path / "still.wav", model.processor)
    with pytest.raises(ValueError, match="no recording yet"):
        hear(None, model.processor)
