"""The card's evaluation and the Hub's model-index of runs whose figures are known by hand."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import EvalResult, ModelCard
from typer.testing import CliRunner

from app.main import app
from evaluation.benchmarks.registry import READERS
from evaluation.card import CardSettings, write_card
from evaluation.cota import hash_files
from evaluation.manifest import model_files
from evaluation.outputs import choice_benchmarks
from evaluation.outputs.choice_benchmarks import MMAU
from evaluation.outputs.items import item_of
from evaluation.outputs.registry import benchmark_of
from evaluation.outputs.score import score_outputs

from .finished_runs import FIRST, SCORERS, mmau_entries, write_run


MMAU_HUB = READERS["mmau"].source.hub


@pytest.fixture(autouse=True)
def release(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The items of these tests are a release of MMAU."""
    found = MMAU.layout
    items = [item_of(found, entry, found.key, entry["id"]) for entry in mmau_entries()]
    monkeypatch.setitem(choice_benchmarks.MMAU_RELEASES, choice_benchmarks.items_hash(items), "of these tests")
    return monkeypatch


@pytest.fixture
def model(tiny_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


@pytest.fixture
def run(model: Path, tmp_path: Path) -> Callable[..., Path]:
    """Writes a run of the model."""
    found = hash_files(model_files(model), model)

    def written(name: str = "mmau", **options: Any) -> Path:
        return write_run(tmp_path / "runs" / name, **({"model_sha256": found} | options))

    return written


def results_of(card: Path) -> list[EvalResult]:
    """As the Hub's own library reads them."""
    return ModelCard.load(card).data.eval_results


def write_trust(folder: Path, **changes: Any) -> None:
    scores = json.loads((folder / "scores.json").read_text())
    kept = {name: scores[name] for name in ("n", "official", "strict", "intervals")}

    def control(name: str, strict: float) -> dict[str, Any]:
        return {**kept, "name": name, "strict": strict, "official": strict, "difference": -0.5, "p": 0.1}

    # The order of choices is no control, however high its figure.
    controls = [control("silence", 0.125), control("shuffle", 0.25), control("order-1", 0.875)]
    trust = {"runs": [kept | {"name": "real"} | changes, *controls], "agreement": 0.5}
    (folder / "trust.json").write_text(json.dumps(trust))


def test_the_table_of_a_run(model: Path, run: Callable[..., Path]) -> None:
    folder = run(cut=["7"])
    write_trust(folder)
    text = write_card(model, CardSettings([folder])).read_text(encoding="utf-8")
    # Six of eight: Wilson's interval is 40.9 to 92.9 percent. One of eight answers was cut.
    assert (
        "| MMAU, test-mini | 8 | 75.0 | 40.9 to 92.9 | 62.5 | another's recording: 25.0 | +50.0 | 12.5 | 2026-11-28 "
        f"| inspect-ai 0.3.999 | `{SCORERS[:12]}` |\n"
    ) in text
    assert "\n### MMAU, test-mini\n\n| by | group | n | strict | 95% | official |\n" in text
    assert "\n| task | sound | 4 | 75.0 | 30.1 to 95.4 | 75.0 |\n" in text
    assert "\n| difficulty | easy | 2 | 100.0 | 34.2 to 100.0 | 100.0 |\n" in text
    assert "- Cut at the token limit: 1 of 8 answers" in text
    assert "`audio-reasoner evaluate --from mmau/manifest.json --output FOLDER`" in text
    assert '- prompt: `"{question}\\nChoose one: {listed}."`\n' in text
    assert "- decoding: greedy, at most 2048 tokens\n" in text
    assert f"commit `{'c0ffee' * 6}` with changes\n" in text
    assert "not evaluated" not in text and "{{" not in text and "{%" not in text


def test_a_run_without_controls_says_so(model: Path, run: Callable[..., Path]) -> None:
    text = write_card(model, CardSettings([run()])).read_text(encoding="utf-8")
    assert "| 62.5 | not run | – | 0.0 | 2026-11-28 |" in text


def test_the_hub_reads_both_figures(model: Path, run: Callable[..., Path]) -> None:
    folder = run(manifest={"data": {"items": 8, "questions_sha256": "9" * 64, "revision": "f00d" * 10}})
    card = write_card(model, CardSettings([folder], repo_id="ORG/mini"))
    strict, official = results_of(card)
    assert (strict.metric_type, strict.metric_value) == ("accuracy", 75.0)
    assert strict.metric_name == "Strict accuracy, percent (95% 40.9 to 92.9)"
    assert (official.metric_type, official.metric_value) == ("accuracy", 62.5)
    assert official.metric_name == "Official accuracy, percent (95% 30.6 to 86.3)"
    for result in (strict, official):
        assert (result.task_type, result.task_name) == ("audio-text-to-text", "Audio question answering")
        assert (result.dataset_type, result.dataset_name) == (MMAU_HUB, "MMAU, test-mini")
        assert (result.dataset_split, result.dataset_revision) == ("test-mini", "f00d" * 10)
        assert result.dataset_args == {
            "prompt": "{question}\nChoose one: {listed}.",
            "questions_sha256": "9" * 64,
        }
        assert (result.verified, result.source_name, result.source_url) == (None, None, None)
    data = ModelCard.load(card).data
    assert (data.model_name, data.metrics) == ("mini", ["accuracy"])


def test_items_of_no_known_release_do_not_claim_the_split(
    model: Path, run: Callable[..., Path], release: pytest.MonkeyPatch
) -> None:
    """Neither in the text nor in what the Hub shows; the Hub's own copy is what it is."""
    release.setattr(choice_benchmarks, "MMAU_RELEASES", {})
    card = write_card(model, CardSettings([run()]))
    for result in results_of(card):
        assert (result.dataset_type, result.dataset_name) == ("mmau", "MMAU, items of no known release")
        assert result.dataset_split is None
    text = card.read_text(encoding="utf-8")
    assert "\n| MMAU, items of no known release | 8 |" in text and "test-mini |" not in text.split("---\n")[2]
    data = {"items": 8, "questions_sha256": "9" * 64, "repository": MMAU_HUB, "revision": "f00d" * 10}
    (result, _) = results_of(write_card(model, CardSettings([run("hub", manifest={"data": data})]), overwrite=True))
    assert (result.dataset_type, result.dataset_name) == (MMAU_HUB, "MMAU, test-mini")


def test_the_source_is_told_where_it_is_given(model: Path, run: Callable[..., Path]) -> None:
    source = {"source_name": "The makers", "source_url": "https://example.org/results"}
    results = results_of(write_card(model, CardSettings([run()], source=source)))
    assert {(result.source_name, result.source_url) for result in results} == {tuple(source.values())}
    with pytest.raises(ValueError, match="takes none without its address"):
        CardSettings(source={"source_name": "The makers"})


def cota_entries() -> list[dict[str, Any]]:
    kept = ("id", "question", "choices", "answer")
    return [
        {**{name: entry[name] for name in kept}, "domain": entry["task"], "task": "event"} for entry in mmau_entries()
    ]


def test_several_benchmarks_by_the_command(model: Path, run: Callable[..., Path], tmp_path: Path) -> None:
    folders = run(), run("cota", entries=cota_entries(), benchmark="cota", split="validation")
    options = [part for folder in folders for part in ("--evaluation", str(folder))]
    done = CliRunner().invoke(app, ["card", str(model), "--data", str(statistics(tmp_path)), *options])
    assert done.exit_code == 0, done.output
    text = (model / "README.md").read_text(encoding="utf-8")
    assert "\n| MMAU, test-mini | 8 | 75.0 |" in text
    # The questions of CoTA show no letters, so that "(B)" names none of their choices.
    assert "\n| CoTA, validation | 8 | 62.5 |" in text
    names = [(result.dataset_type, result.dataset_config) for result in results_of(model / "README.md")]
    # The domains of CoTA are configurations of its data set; strict and official of each.
    assert list(dict.fromkeys(names)) == [(MMAU_HUB, None), ("cota", "default"), ("cota", "music"), ("cota", "sound")]
    assert len(names) == 8


def statistics(folder: Path) -> Path:
    (folder / "statistics.json").write_text(json.dumps({"rows": {"train": 9}}))
    return folder


def test_two_runs_of_one_benchmark_are_refused(model: Path, run: Callable[..., Path]) -> None:
    with pytest.raises(ValueError, match=r"runs/mmau and \S*runs/again are both runs of MMAU, test-mini"):
        write_card(model, CardSettings([run(), run("again", prompt="lettered")]))
    results = results_of(write_card(model, CardSettings([run("mini"), run("whole", split="test")])))
    # The Hub's repository holds the one split alone.
    assert [(result.dataset_type, result.dataset_split) for result in results[::2]] == [
        (MMAU_HUB, "test-mini"),
        ("mmau", "test"),
    ]


def test_a_run_of_another_model_is_refused(model: Path, run: Callable[..., Path]) -> None:
    with pytest.raises(ValueError, match=r"runs/mmau: this run is of another model \(sha256 abababababab, the folder"):
        write_card(model, CardSettings([run(model_sha256="ab" * 32)]))
    assert not (model / "README.md").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"model_sha256": None}, "answers elsewhere"),
        ({"heard": "silence"}, r"a control \(heard 'silence'\)"),
        ({"permutation": 1}, r"a control \(choices in another order\)"),
        ({"scores": {"strict": None, "statements": ["No judge has given points."]}}, "has no score. No judge has"),
        ({"manifest": {"format": 0}}, "no manifest of format 1"),
        ({"manifest": {"outputs_sha256": "0" * 64}}, "does not hold the outputs"),
    ],
)
def test_what_is_no_run_of_this_model_is_refused(
    model: Path, run: Callable[..., Path], options: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        write_card(model, CardSettings([run(**options)]))


def test_controls_of_other_answers_are_refused(model: Path, run: Callable[..., Path]) -> None:
    folder = run()
    write_trust(folder, strict=0.5)
    with pytest.raises(ValueError, match="trust.json compares with other answers"):
        write_card(model, CardSettings([folder]))


def test_the_items_of_the_training_data_and_the_judge_are_told(model: Path, run: Callable[..., Path]) -> None:
    clean = {"n": 5, "official": 0.4, "strict": 0.6, "intervals": {"official": [0.1, 0.8], "strict": [0.2, 0.9]}}
    clean |= {"removed": 3, "by": {"source_id": 3, "audio": 1, "question": 0}, "recordings": dict(clean, removed=3)}
    clean |= {"statements": ["All was compared."]}
    searched = [{"folder": "elsewhere/cota", "split": "train", "rows": 900, "sha256": "7a" * 32}]
    judge = {"judge": "provider/judge", "base_url": "http://10.0.0.1/v1", "temperature": 0.0, "seed": None}
    folder = run(scores={"without_contaminated": clean}, manifest={"train_data": searched, "judge": judge})
    text = write_card(model, CardSettings([folder])).read_text(encoding="utf-8")
    assert "\n| without 3 items found in the training data | 5 | 60.0 | 20.0 to 90.0 | 40.0 | – |" in text
    assert "- Found: 3 by source id, 1 by sound;" in text and "- All was compared.\n" in text
    assert "- judge: `provider/judge`, temperature 0.0\n" in text and "10.0.0.1" not in text
    assert f"- training data searched 1: cota, split train, 900 rows, sha256 `{'7a' * 32}`\n" in text


def test_a_part_of_a_benchmark_is_called_so(model: Path, run: Callable[..., Path]) -> None:
    card = write_card(model, CardSettings([run(limit=8)]))
    assert "\n| MMAU, test-mini, 8 items, evenly chosen | 8 |" in card.read_text(encoding="utf-8")
    assert results_of(card)[0].dataset_args["limit"] == 8


def test_further_figures_and_official_figures_that_are_not_there(model: Path, run: Callable[..., Path]) -> None:
    entries = [
        {"Dialogue_ID": number, "Utterance_ID": 0, "source": "meld", "question": "Which emotion?", "gt": emotion}
        for number, emotion in enumerate(("joy", "anger"))
    ]
    folder = run("meld", outputs={"0": "joy", "1": None}, entries=entries, benchmark="meld")
    results = results_of(write_card(model, CardSettings([folder])))
    assert [(result.metric_type, result.metric_value) for result in results] == [
        ("accuracy", 50.0),
        ("accuracy", 100.0),
        # Strictly of two classes with one item each, one is found: half of 100.
        ("f1", 50.0),
        ("f1", 100.0),
    ]
    assert {result.task_name for result in results} == {"Emotion recognition in conversations"}


def test_the_figures_are_those_of_the_scorer(model: Path, run: Callable[..., Path]) -> None:
    folder = run()
    figures = score_outputs(benchmark_of("mmau"), folder / "outputs.json").figures
    assert [result.metric_value for result in results_of(write_card(model, CardSettings([folder])))] == [
        100 * figures["strict"],
        100 * figures["official"],
    ]


def test_a_run_of_cota_with_its_conditions_shows_both(model: Path, run: Callable[..., Path]) -> None:
    """Chance and the text alone are in results.json, everything else is the run's."""
    folder = run("cota", entries=cota_entries(), outputs=FIRST, benchmark="cota")
    found = json.loads((folder / "manifest.json").read_text())["model"]["sha256"]
    real = {"accuracy": 0.75, "low": 0.409, "high": 0.929, "total": 8, "complete": 1.0, "abstained": 1}
    real |= {"truncated": 0, "mmau_accuracy": 0.625}
    line = {"scope": "all", "real": real, "chance": 0.5, "text_only": 0.6, "silence": {"accuracy": 0.25}}
    line |= {"margin": 0.15, "baseline": {"name": "text only", "accuracy": 0.6}, "domain": None, "task": None}
    results: dict[str, Any] = {
        "table": [line],
        "conditions": {"real": {"rows_per_second": 2.0, "new_tokens_per_second": 99.0}},
        "process": {"device": "cpu", "threads": 2},
        "basis": {
            "model_sha256": found,
            "data_sha256": "da" * 32,
            "split": "test",
            "decoding": {"strategy": "greedy", "max_new_tokens": 512},
            "seed": 1,
        },
        "versions": {"torch": "2.9.0"},
        "date": "2026-11-28",
        "questions": 8,
    }
    (folder / "results.json").write_text(json.dumps(results))
    card = write_card(model, CardSettings([folder]))
    text = card.read_text(encoding="utf-8")
    assert "\n| CoTA, test | 8 | 62.5 | 30.6 to 86.3 | 62.5 |" in text
    assert "\n### CoTA, beside what does not hear\n" in text
    assert "\n| **all** | 8 | 75.0 | 40.9 to 92.9 | 50.0 | 60.0 | 25.0 | – | 62.5 | 100.0 |\n" in text
    assert "To measure it again" not in text
    assert [result.dataset_config for result in results_of(card)][:2] == ["default", "default"]
    results["basis"]["model_sha256"] = "0" * 64
    (folder / "results.json").write_text(json.dumps(results))
    with pytest.raises(ValueError, match="of another model"):
        write_card(model, CardSettings([folder]), overwrite=True)


def test_writing_the_card_does_not_make_the_model_another(model: Path, run: Callable[..., Path]) -> None:
    folder = run()
    first = write_card(model, CardSettings([folder])).read_text(encoding="utf-8")
    assert write_card(model, CardSettings([folder]), overwrite=True).read_text(encoding="utf-8") == first
