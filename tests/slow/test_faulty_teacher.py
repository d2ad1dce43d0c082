"""A server that goes wrong at 30% of calls, in every way that there is: each row ends done or with a named error."""

from __future__ import annotations

from collections import Counter

import yaml

from tests.dataset_builder.listening_teacher import answer
from tests.dataset_builder.stages.test_taught_build import build_file, fates, run
from tests.fault_server import FAULTS, FaultServer


RECORDINGS, RATE = 60, 0.3
ASKING = ("annotate", "question", "reason", "review")


def test_every_row_of_sixty_recordings_ends_done_or_named(melodies, tmp_path):
    wavs = melodies(RECORDINGS)
    with FaultServer(answer=answer) as server:
        (tmp_path / "whole").mkdir()
        whole = build_file(tmp_path / "whole", wavs, server)
        run(whole, workers=2)
    with FaultServer(RATE, seed=1, answer=answer, stall=4.0) as server:
        spoilt = build_file(tmp_path, wavs, server)
        settings = yaml.safe_load(spoilt.read_text())
        for teacher in settings["teachers"].values():
            teacher["timeout"] = 2.5
        spoilt.write_text(yaml.safe_dump(settings))
        run(spoilt, workers=2)
        counts = server.counts.summary()
    assert set(counts["faults"]) == set(FAULTS)
    share = sum(counts["faults"].values()) / counts["requests"]
    assert abs(share - RATE) < 0.05
    found, right = fates(spoilt), fates(whole)
    errors: Counter[str] = Counter()
    for stage in ASKING:
        named = {name: fate for name, fate in found[stage].items() if fate in FAULTS}
        errors.update(named.values())
        others = {name: fate for name, fate in found[stage].items() if name not in named}
        assert others.items() <= right[stage].items(), stage
    assert errors["refused"] > 0
    recordings = {f"tones/tone-{number}.wav" for number in range(RECORDINGS)}
    assert set(found["annotate"]) == recordings
    for before, stage in (("annotate", "question"), ("question", "reason"), ("reason", "review")):
        given = {name for name, fate in found[before].items() if fate == "row"}
        taken = {name.rpartition("/q")[0] or name for name in found[stage]} if stage == "question" else {*found[stage]}
        assert taken == given, stage
    print(f"{counts['requests']} requests, {share:.0%} of them wrong; errors: {dict(errors)}")
