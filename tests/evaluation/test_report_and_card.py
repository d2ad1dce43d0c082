"""The page has everything inside, its figures hold something, and the card's metadata and code are sound."""

from __future__ import annotations

import io
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from evaluation.card import CardSettings, write_card
from evaluation.cota_results import write_cota_results
from evaluation.report.confounds import known_confounds
from evaluation.report.recordings import chosen_recordings
from evaluation.report.write import write_report
from evaluation.runs.run import run
from evaluation.runs.settings import RunSettings
from evaluation.runs.trust import run_controls


CONFOUNDS = """# CoTA
## Known confounds and limits

- `spoken_language`: language goes with <speaker>
  and channel.
- Music is rendered.

## Manifest
- not a confound
"""


@pytest.fixture(scope="module")
def demo(cota: Path, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo folder: model with a training log, evaluation, report and card; the data beside it."""
    root = tmp_path_factory.mktemp("demo")
    demo, data = root / "demo", root / "cota"
    shutil.copytree(cota, data)
    statistics = json.loads((data / "statistics.json").read_text())
    statistics |= {
        "rows": {"train": 5, "test": 12},
        "sources": [{"source": "tones", "license": "CC0-1.0", "recordings": 9}],
        "composition": {"sound": {"sound_event": {"train": 5}}, "music": {"lead_instrument": {"test": 1200}}},
        "hours": {"train": 0.5},
    }
    (data / "statistics.json").write_text(json.dumps(statistics))
    (data / "README.md").write_text(CONFOUNDS)
    shutil.copytree(tiny_model, demo / "model")
    log = [{"step": step, "loss": 6.0 / step} for step in range(1, 40)]
    log += [{"step": 20, "eval_loss": 0.4}, {"step": 40, "eval_loss": 0.2}, {"step": 40, "train_runtime": 61.0}]
    (demo / "model/checkpoint-40").mkdir()
    state = {"global_step": 40, "log_history": log}
    (demo / "model/checkpoint-40/trainer_state.json").write_text(json.dumps(state))
    settings = RunSettings("cota", str(demo / "model"), data=str(data), max_tokens=2)
    run(settings, demo / "evaluation", batch_size=12)
    run_controls(settings, demo / "evaluation", ["silence", "shuffle"], 0, batch_size=12)
    write_cota_results(demo / "evaluation", data)
    write_report(demo, demo / "model", data, demo / "evaluation")
    return demo


def test_the_page_is_self_contained(demo: Path) -> None:
    page = (demo / "report.html").read_text(encoding="utf-8")
    for value in re.findall(r'(?:src|srcset)="([^"]{0,40})', page):
        assert value.startswith("data:"), value
    assert re.findall(r'href="([^"]+)"', page) == ["https://arxiv.org/abs/2503.02318"]
    assert not re.search(r"url\(|@import|<script|<link", page)
    assert page.count("<audio") == 3 == page.count("data:audio/flac;base64,")
    assert "<code>spoken_language</code>: language goes with &lt;speaker&gt; and channel." in page
    assert "not a confound" not in page


def test_the_page_names_what_is_not_heard(demo: Path) -> None:
    page = (demo / "report.html").read_text(encoding="utf-8")
    summary = json.loads((demo / "report.json").read_text(encoding="utf-8"))["summary"]
    (sentence,) = [line for line in summary if "above all four" in line]
    assert re.match(r"Of \d+ tasks, \d+ (is|are) above all four", sentence)
    assert sentence in page


def test_responses_that_name_no_choice_are_counted_by_condition(demo: Path) -> None:
    """A model of random weights writes two tokens: none of its responses can be read."""
    page = (demo / "report.html").read_text(encoding="utf-8")
    whole = json.loads((demo / "report.json").read_text(encoding="utf-8"))["table"][0]
    for name in ("real", "silence", "shuffled"):
        assert whole[name]["named"] == {"right": 0, "wrong": 0, "none": 0, "several": 0, "nothing": 12}
    text = " ".join(page.split())
    assert "count as wrong: 12 of 12, 12 with silence, 12 with another clip." in text
    assert "With silence no response names one choice: that figure says how the model answers" in text
    assert "<th>no<br>choice</th>" in page and "<td>12</td></tr>" in page


def test_figures_are_pictures_of_something(demo: Path) -> None:
    from PIL import Image

    names = {path.stem for path in (demo / "figures").glob("*.png")}
    assert names == {"accuracy", "loss", "spectrogram-sound", "spectrogram-speech", "spectrogram-music"}
    for path in (demo / "figures").glob("*.png"):
        pixels = np.asarray(Image.open(io.BytesIO(path.read_bytes())).convert("L"))
        assert pixels.shape[0] > 300
        assert pixels.std() > 10


def test_the_record_holds_every_figure(demo: Path) -> None:
    record = json.loads((demo / "report.json").read_text(encoding="utf-8"))
    assert record["loss"]["held_out"] == [[20, 0.4], [40, 0.2]]
    assert record["loss"]["floor"]["rows"] == 12
    assert record["training_seconds"] == {"model": 61.0}
    assert [row["domain"] for row in record["recordings"]] == ["sound", "speech", "music"]
    assert record["confounds"][1] == "Music is rendered."
    assert record["table"][0]["real"]["total"] == 12


def test_the_recordings_are_chosen_without_looking_at_the_answers() -> None:
    rows = [
        {"id": f"{domain}{n}", "domain": domain, "correct": n % 2} for domain in ("music", "sound") for n in range(9)
    ]
    turned = [row | {"correct": 1 - row["correct"]} for row in reversed(rows)]
    assert [row["id"] for row in chosen_recordings(rows)] == [row["id"] for row in chosen_recordings(turned)]


def test_a_report_before_the_evaluation(demo: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no finished evaluation of CoTA in this folder.*audio-reasoner evaluate"):
        write_report(tmp_path, demo / "model", demo.parent / "cota", tmp_path / "evaluation")
    assert not list(tmp_path.iterdir())


def test_confounds_are_those_of_the_card(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(CONFOUNDS)
    assert known_confounds(tmp_path) == [
        "`spoken_language`: language goes with <speaker> and channel.",
        "Music is rendered.",
    ]
    (tmp_path / "README.md").write_text("# nothing")
    assert "not known" in known_confounds(tmp_path)[0]


def test_the_card_has_sound_metadata(demo: Path) -> None:
    from huggingface_hub import ModelCard

    path = write_card(
        demo / "model", CardSettings([demo / "evaluation"], demo.parent / "cota", repo_id="ORG/mini"), overwrite=True
    )
    text = path.read_text(encoding="utf-8")
    metadata = yaml.safe_load(text.split("---\n")[1])
    assert metadata["license"] == "apache-2.0"
    assert metadata["pipeline_tag"] == "audio-text-to-text"
    card = ModelCard.load(path)
    results = card.data.eval_results
    # Strict and official of each.
    configs = [result.dataset_config for result in results]
    assert configs == [name for name in ("default", "music", "sound", "speech") for _ in range(2)]
    assert all(result.metric_type == "accuracy" for result in results)
    assert "| tones | CC0-1.0 | 9 |" in text
    assert "40 steps in 1.0 minutes, held-out loss 0.2000" in text
    assert "- Music is rendered.\n" in text
    assert "{{" not in text
    assert "{%" not in text


def test_the_card_of_a_model_that_was_not_evaluated(tiny_model: Path, tmp_path: Path) -> None:
    model = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    text = write_card(model).read_text(encoding="utf-8")
    assert "This model was not evaluated." in text
    assert "model-index" not in text


def test_an_evaluation_of_another_model_is_refused(demo: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(demo / "model", tmp_path / "other"))
    config = json.loads((other / "generation_config.json").read_text())
    (other / "generation_config.json").write_text(json.dumps(config | {"max_new_tokens": 7}))
    with pytest.raises(ValueError, match="this run is of another model"):
        write_card(other, CardSettings([demo / "evaluation"]), overwrite=True)


def test_writing_the_card_does_not_make_the_model_another(demo: Path) -> None:
    write_card(demo / "model", CardSettings([demo / "evaluation"]), overwrite=True)
    write_card(demo / "model", CardSettings([demo / "evaluation"]), overwrite=True)


RECIPE = """# Of a test.
model_name_or_path: demo/composed  # a part
env:
  OMP_NUM_THREADS: 1
"""


def test_the_card_holds_data_recipe_and_curves_of_the_run(demo: Path, tmp_path: Path) -> None:
    from PIL import Image

    recipe = tmp_path / "config.yaml"
    recipe.write_text(RECIPE)
    settings = CardSettings(data=demo.parent / "cota", recipe=recipe)
    text = write_card(demo / "model", settings, overwrite=True).read_text("utf-8")
    assert "5 train rows, 12 test rows over sound, speech and music, 0.5 hours to train on." in text
    assert "\n| sound | sound event | 5 | 0 |\n| music | lead instrument | 0 | 1,200 |\n\n| source |" in text
    assert f"````yaml\n{RECIPE}````\n" in text
    assert "](curves.png)" in text
    picture = Image.open(demo / "model" / "curves.png")
    # Of the figures that have panels the log holds the loss alone: 7.4 by 3 inches.
    assert picture.size == (1258, 510)


@pytest.mark.parametrize(
    ("teachers", "said"),
    [
        ({"reason | annotations | templates 1": 9}, "written by a deterministic teacher from human"),
        ({"question | annotations | 1": 9, "reason | qwen3-235b | 2": 9}, "written by qwen3-235b from human"),
    ],
)
def test_the_card_names_who_wrote_the_data(tiny_model: Path, tmp_path: Path, teachers: dict, said: str) -> None:
    model = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    (tmp_path / "statistics.json").write_text(json.dumps({"rows": {"train": 9}, "teachers": teachers}))
    text = write_card(model, CardSettings(data=tmp_path)).read_text(encoding="utf-8")
    assert said in " ".join(text.split())


@pytest.mark.parametrize(
    ("lines", "named"), [("hub_token: hf_x\n", "hub_token"), ("env:\n  WANDB_API_KEY: x\n", "env: WANDB_API_KEY")]
)
def test_a_recipe_with_a_secret_is_not_quoted(demo: Path, tmp_path: Path, lines: str, named: str) -> None:
    (tmp_path / "config.yaml").write_text("max_steps: 2\n" + lines)
    before = (demo / "model" / "README.md").read_bytes() if (demo / "model" / "README.md").exists() else None
    with pytest.raises(ValueError, match=f"holds {named}; take it out"):
        write_card(demo / "model", CardSettings(recipe=tmp_path / "config.yaml"), overwrite=True)
    if before is not None:
        assert (demo / "model" / "README.md").read_bytes() == before


def test_a_card_is_not_lost_without_a_word(tiny_model: Path, tmp_path: Path) -> None:
    """What TRL's trainer writes is replaced; what someone wrote is not, unless that is said."""
    from typer.testing import CliRunner

    from app.main import app

    def run(*options: str):
        return CliRunner().invoke(app, ["card", str(model), *options])

    model = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    card = model / "README.md"
    card.write_text("---\ntags:\n- generated_from_trainer\n- trl\n---\n\n# Model Card for model\n")
    assert "README.md, in place of TRL's draft (not evaluated)" in run().output
    ours = card.read_text()
    card.write_text(ours + "\nSeen by a person.\n")
    refused = run()
    assert refused.exit_code == 1 and "--overwrite" in refused.output
    assert "Seen by a person." in card.read_text()
    assert "in place of the card that was there" in run("--overwrite").output
    assert card.read_text() == ours


def test_the_card_of_merged_adapters_has_the_curves_of_their_run(tiny_model: Path, tmp_path: Path) -> None:
    """A run by rewards, in a folder of its own."""
    model = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    (tmp_path / "run" / "checkpoint-2").mkdir(parents=True)
    lines = [{"step": step, "loss": 0.0, "reward": 0.5, "rewards/right/mean": 0.5} for step in (1, 2)]
    state = {"global_step": 2, "log_history": lines}
    (tmp_path / "run" / "checkpoint-2" / "trainer_state.json").write_text(json.dumps(state))
    text = write_card(model, CardSettings(run=tmp_path / "run")).read_text(encoding="utf-8")
    assert "Reinforcement learning with TRL (`trl grpo`): 2 steps.\n" in text
    assert yaml.safe_load(text.split("---\n")[1])["tags"][-1] == "grpo"
    assert (model / "curves.png").is_file()
    with pytest.raises(ValueError, match="no trainer_state.json"):
        write_card(model, CardSettings(run=tmp_path), overwrite=True)


def test_the_code_in_the_card_runs(tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import soundfile

    model = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    text = write_card(model).read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)[1].replace("max_new_tokens=2048", "max_new_tokens=3")
    soundfile.write(tmp_path / "recording.wav", np.sin(np.arange(16_000) / 8.0), 16_000)
    monkeypatch.chdir(tmp_path)
    scope: dict = {}
    exec(compile(code, "card", "exec"), scope)
    assert "Choose one: sound; speech; music." in scope["messages"][0]["content"][1]["text"].split("\n")[1]
    assert scope["answer"].problems
