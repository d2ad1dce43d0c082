"""Of a model folder goes out what a model is loaded from; what may not be there is named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from app.publishing.model import plan_model
from evaluation.card import CardSettings
from modeling_audio_reasoner.saving_audio_reasoner import CODE_FILES


@pytest.fixture
def folder(tiny_model, tmp_path) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


def plan(folder: Path, **options):
    return plan_model(folder, "org/tiny", CardSettings(), **options)


def test_a_trainings_leavings_stay(folder):
    names = {path.name for path in folder.iterdir()}
    for name in (
        "training_args.bin",
        ".trained",
        "all_results.json",
        "checkpoint-9/optimizer.pt",
        "runs/events",
        ".git/x",
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"\x80\x04")
    made = plan(folder)
    assert {file.name for file in made.files} == names | {"README.md"}
    assert set(CODE_FILES) < {file.name for file in made.files}
    assert made.left_out == (".git/", ".trained", "all_results.json", "checkpoint-9/", "runs/", "training_args.bin")
    assert not (folder / "README.md").exists(), "nothing is written into the folder"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("pytorch_model.bin", "this is a pickle, or may be one, and runs code when it is loaded"),
        ("weights.pt", "this is a pickle"),
        ("state.pkl", "this is a pickle"),
        ("helper.py", "no code of this model"),
        ("notes.txt", "nothing that this model is loaded from"),
        ("other.safetensors", "nothing that this model is loaded from"),
        ("data/rows.parquet", "a folder that no model is loaded from"),
        ("adapter_config.json", "adapters and no whole model. Merge them .*audio-reasoner merge \\S+ FOLDER"),
        ("model-00001-of-00002.safetensors", "weights in parts .* without model.safetensors.index.json"),
    ],
)
def test_what_has_no_place_there_is_named(folder, name, said):
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"x")
    with pytest.raises(ValueError, match=said) as caught:
        plan(folder)
    assert name.partition("/")[0] in str(caught.value)


def test_of_several_a_pickle_is_named_first(folder):
    for name in ("notes.txt", "a.txt", "pytorch_model.bin"):
        (folder / name).write_bytes(b"x")
    with pytest.raises(ValueError, match="pytorch_model.bin: this is a pickle"):
        plan(folder)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("model.safetensors", "no weights"),
        ("generation_config.json", "no generation_config.json; save the model into it"),
        ("chat_template.jinja", "no chat_template.jinja; save the processor into it"),
        ("processor_config.json", "no processor_config.json"),
        ("grammar_audio_reasoner.py", "no grammar_audio_reasoner.py, which is of the code that loads it.*save_code"),
    ],
)
def test_what_is_missing_is_named(folder, name, said):
    (folder / name).unlink()
    with pytest.raises(ValueError, match=said):
        plan(folder)


def test_parts_are_those_of_the_index(folder):
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    parts = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(parts))
    with pytest.raises(ValueError, match="model-00002-of-00002.safetensors is in the index and not in the folder"):
        plan(folder)


def test_code_of_another_repository_is_refused(folder):
    config = json.loads((folder / "config.json").read_text())
    config["auto_map"]["AutoModel"] = "someone/else--modeling.Model"
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="`auto_map` names someone/else--modeling.Model, code of another repository"):
        plan(folder)


def test_code_that_is_not_this_versions_is_said(folder):
    with (folder / "grammar_audio_reasoner.py").open("a") as code:
        code.write("# older\n")
    assert any("this version's (grammar_audio_reasoner.py)" in note for note in plan(folder).notes)


def test_a_card_of_ones_own_is_said_to_stay_or_sent_as_it_is(folder):
    own = "---\nlicense: mit\n---\n# Mine\n"
    (folder / "README.md").write_text(own)
    made = plan(folder)
    assert any("README.md stays here" in note for note in made.notes)
    assert made.card != own and (folder / "README.md").read_text() == own
    assert plan(folder, own_card=True).card == own and plan(folder, own_card=True).card_for is None
    unpinned = f'{own}```python\nAutoModel.from_pretrained("org/tiny", trust_remote_code=True)\n```\n'
    (folder / "README.md").write_text(unpinned)
    with pytest.raises(ValueError, match="trust_remote_code=True without revision="):
        plan(folder, own_card=True)
    (folder / "README.md").write_text("# Mine\n")
    with pytest.raises(ValueError, match="no metadata between two lines"):
        plan(folder, own_card=True)


def test_the_licences_of_the_training_data_are_looked_at(tiny_model, cota, tmp_path):
    import yaml

    made = plan_model(tiny_model, "org/tiny", CardSettings(data=cota, license="cc-by-4.0", base_model="org/base"))
    assert any("under CC-BY-4.0; the recordings they were trained on are under CC-BY-4.0" in n for n in made.notes)
    metadata = yaml.safe_load(made.card.split("---\n")[1])
    assert metadata["license"] == "cc-by-4.0" and metadata["base_model"] == "org/base"
    assert "Weights: `cc-by-4.0`. Code: Apache-2.0." in made.card
    assert "Training began with [org/base](https://huggingface.co/org/base)." in made.card
    copy = Path(shutil.copytree(cota, tmp_path / "cota"))
    _relicense(copy, "CC-BY-NC-4.0")
    with pytest.raises(ValueError, match="CC-BY-NC-4.0 is for non-commercial use, and Apache-2.0 allows commercial"):
        plan_model(tiny_model, "org/tiny", CardSettings(data=copy))
    assert plan_model(tiny_model, "org/tiny", CardSettings(data=copy, license="cc-by-nc-4.0"))


def _relicense(folder: Path, name: str) -> None:
    import pyarrow
    import pyarrow.parquet

    for path in folder.rglob("*.parquet"):
        table = pyarrow.parquet.read_table(path, partitioning=None)
        place = table.schema.get_field_index("license")
        pyarrow.parquet.write_table(table.set_column(place, "license", [[name] * len(table)]), path)


def test_what_does_not_load_alone_is_not_sent(hub, publish, folder):
    """It would load here, where the package is."""
    with (folder / "processing_audio_reasoner.py").open("a") as code:
        code.write("\nfrom evaluation.cota import read_json\n")
    result = publish("model", folder, "org/tiny")
    assert result.exit_code == 1
    assert "a fresh process in which this package is absent cannot load it and answer" in result.output
    assert "evaluation" in result.output
    assert hub.requests == []
