"""All corpora at once: which there are, where they lie, one fetch at a time, hours kept."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from dataset_builder.audio_reference import AudioReference
from dataset_builder.recording import Recording
from dataset_builder.sources.debian import default_cache, durations, fetch_recordings, read_recordings


def test_the_cache_is_where_the_environment_says(monkeypatch):
    monkeypatch.setenv("AUDIO_REASONER_CACHE", "/somewhere/else")
    assert default_cache() == Path("/somewhere/else")
    monkeypatch.setenv("AUDIO_REASONER_CACHE", "")
    assert default_cache() == Path.home() / ".cache" / "audio-reasoner"


def test_an_unknown_source_is_named_with_those_there_are(cache):
    for call in (read_recordings, fetch_recordings):
        with pytest.raises(ValueError, match="no source 'radio'; the sources are asterisk, fillets"):
            call(cache, ["radio"])


def test_a_source_that_was_not_fetched_names_the_command(cache):
    with pytest.raises(FileNotFoundError, match="run `audio-reasoner fetch`"):
        read_recordings(cache, ["wesnoth"])


def test_one_fetch_at_a_time(cache):
    cache.mkdir()
    with (cache / ".fetch.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(OSError, match="Another `audio-reasoner fetch` is at work"):
            fetch_recordings(cache, ["asterisk"])


def test_hours_are_measured_once(cache, wav, monkeypatch):
    cache.mkdir()
    recordings = []
    for name, content in {"a": wav, "b": wav, "broken": b"no audio"}.items():
        (cache / name).write_bytes(content)
        recordings.append(Recording(f"x/{name}", AudioReference(cache / name), "x", name, "sound", "MIT", None, name))
    assert durations.hours_by_source(cache, recordings) == {"x": pytest.approx(1.0 / 3600)}
    monkeypatch.setattr(durations, "_seconds", lambda path: pytest.fail(f"{path} was measured again"))
    assert durations.hours_by_source(cache, recordings) == {"x": pytest.approx(1.0 / 3600)}


@pytest.mark.parametrize(("field", "value"), [("domain", "noise"), ("license", ""), ("group", "")])
def test_a_recording_is_complete(field, value):
    facts = {"id": "x/1", "audio": AudioReference(Path("a")), "source": "x", "source_id": "1", "domain": "sound"}
    facts |= {"license": "MIT", "language": None, "group": "1", field: value}
    with pytest.raises(ValueError, match=field):
        Recording(**facts)


def test_a_cache_that_is_a_file_is_named(cache):
    cache.write_text("no folder")
    with pytest.raises(OSError, match=f"{cache} cannot be made .*AUDIO_REASONER_CACHE"):
        fetch_recordings(cache, ["asterisk"])
