"""The dataset's card: configs over the same files, the teacher, the composition, the licences."""

from __future__ import annotations

import json

import pytest
import yaml
from rich.console import Console

from app.commands.check import print_statistics
from dataset_builder.card import render_text
from dataset_builder.card_tables import decontamination_text


@pytest.fixture(scope="module")
def card(cota) -> str:
    return (cota / "README.md").read_text()


def test_configs_cover_every_shard_once(cota, card):
    configs = yaml.safe_load(card.split("---")[1])["configs"]
    shards = {line["path"] for line in json.loads((cota / "manifest.json").read_text())["shards"]}
    by_name = {config["config_name"]: config for config in configs}
    assert by_name["default"]["default"] is True

    def files(name: str) -> list[str]:
        return [path for entry in by_name[name]["data_files"] for path in entry["path"]]

    assert sorted(files("default")) == sorted(shards)
    assert sorted(path for name in ("sound", "speech", "music") for path in files(name)) == sorted(shards)
    tasks = {path.split("/")[2] for path in shards}
    assert sorted(path for name in tasks for path in files(name)) == sorted(shards)


def test_a_split_without_files_is_not_listed(cota, card):
    for config in yaml.safe_load(card.split("---")[1])["configs"]:
        for entry in config["data_files"]:
            assert entry["path"] and all((cota / path).is_file() for path in entry["path"])


def test_the_card_says_what_a_user_must_know(cota, card):
    manifest = json.loads((cota / "manifest.json").read_text())
    statistics = json.loads((cota / "statistics.json").read_text())
    assert "The teacher is `annotations`" in card
    assert "| reason | annotations | templates 1 | " in card
    assert "| measure | 388 | 388 | 0 | 0 |" in card.replace(str(statistics["stages"]["measure"]["in"]), "388")
    for line in statistics["sources"]:
        assert f"| {line['source']} | {line['license']} | {line['recordings']} |" in card
    for line in manifest["shards"]:
        assert f"| `{line['path']}` | {line['rows']} | `{line['sha256'][:16]}" in card
    asked = statistics["test_questions"]["overall"]
    assert f"| overall | {asked:,} | {statistics['chance']['overall']:.1%} |" in card and asked > 0


def test_the_limits_of_the_demos_recordings_are_on_its_card(cota):
    statistics = json.loads((cota / "statistics.json").read_text())
    statistics["sources"].append({"source": "asterisk-fr", "license": "CC-BY-SA-3.0", "recordings": 3})
    card = render_text(json.loads((cota / "manifest.json").read_text()), statistics)
    assert "language goes with speaker and channel" in card
    assert "https://packages.debian.org/source/stable/hydrogen-drumkits" in card


def test_the_card_says_where_a_corpus_can_be_had(cota, card):
    manifest, statistics = (json.loads((cota / f"{name}.json").read_text()) for name in ("manifest", "statistics"))
    assert "packages.debian.org" not in card
    statistics["sources"] = [{"source": "clotho", "license": "CC0-1.0", "recordings": 3}]
    said = render_text(manifest, statistics)
    assert "Where the corpora can be had:\n\n- `clotho`: https://" in said


def test_what_is_said_of_the_demos_annotations_is_said_of_no_other(cota, card):
    manifest, statistics = (json.loads((cota / f"{name}.json").read_text()) for name in ("manifest", "statistics"))
    assert "annotations of their corpora" in card and "by humans" not in card and "rendered from a score" not in card
    statistics["sources"] = [{"source": "asterisk-fr", "license": "CC-BY-SA-3.0", "recordings": 3}]
    assert "rendered from a score" in render_text(manifest, statistics)


def test_no_baselines_where_nothing_can_be_guessed(cota):
    manifest, statistics = (json.loads((cota / f"{name}.json").read_text()) for name in ("manifest", "statistics"))
    nothing = {"overall": 0.0, "by_domain": {}, "by_task": {}}
    statistics |= {"chance": nothing, "baselines": {"majority": nothing, "bag_of_words": nothing}}
    card = render_text(manifest, statistics)
    assert "There are no multiple-choice questions in test" in card and "0.0%" not in card
    console = Console(record=True, width=160)
    print_statistics(console, statistics)
    assert "%" not in console.export_text()


def test_the_card_names_the_tasks_of_narrow_clips_where_there_are_any(cota):
    manifest, statistics = (json.loads((cota / f"{name}.json").read_text()) for name in ("manifest", "statistics"))
    narrow = render_text(manifest, statistics | {"narrow_tasks": ["audio_type", "word"]})
    assert "Clips of `audio_type` and `word` have nothing above 4 kHz" in narrow
    assert "4 kHz" not in render_text(manifest, statistics | {"narrow_tasks": []})


def test_the_table_of_benchmarks_follows_the_sentence_about_it():
    line = {"benchmark": "mmau", "items": 3, "source_id": 3, "audio": 3, "question": 3}
    whole = decontamination_text([line])
    assert "not all items" not in whole and "any recording" not in whole
    for missing, said in (("audio", "Of mmau not all items were"), ("question", "is asked of any recording")):
        text = decontamination_text([line | {missing: 2}])
        assert said in text.split("compared with:")[0] and "compared with:\n\n| benchmark |" in text


def test_a_build_without_benchmarks_says_so(card):
    assert "Rows were compared with the test items of no benchmark." in card


def test_what_was_left_out_is_on_the_card(cota):
    statistics = json.loads((cota / "statistics.json").read_text())
    statistics["stages"]["review"]["checks"] = {"citations": 7}
    assert "| review | citations | 7 |" in render_text(json.loads((cota / "manifest.json").read_text()), statistics)


def test_the_card_counts_the_questions_that_could_not_be_judged(cota):
    statistics = json.loads((cota / "statistics.json").read_text())
    statistics["needs_audio"] = {"yes": 5, "no": 2, "not judged": 3}
    card = " ".join(render_text(json.loads((cota / "manifest.json").read_text()), statistics).split())
    assert "was asked 7 of the questions, and 2 of them turned out not to need the recording" in card
    assert "3 questions were not judged: all its answers to them could be right by chance." in card
