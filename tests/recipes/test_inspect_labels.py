"""A batch as TRL's collator makes it, in a file to be read, and every fault by which a run would train deaf.

After a change that is meant to be, `golden/batch.txt` is what the test prints on its left side.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import soundfile
import yaml
from typer.testing import CliRunner

from app.labels.batch_rows import Clip, clips_of, mismatches
from app.labels.faults import row_faults
from app.labels.figures import padding_share, split_figures
from app.labels.inspection import evenly
from app.labels.row_sizes import RowSize, row_sizes
from app.labels.trainer import load_processor, load_split, read_recipe, trainer_of
from app.main import app


ROOT = Path(__file__).parent.parent.parent
GOLDEN = Path(__file__).parent / "golden" / "batch.txt"
RECIPE = {
    "trust_remote_code": True,
    "dtype": "float32",
    "assistant_only_loss": True,
    "max_length": None,
    "remove_unused_columns": False,
    "train_sampling_strategy": "group_by_length",
    "length_column_name": "length",
    "per_device_train_batch_size": 4,
    "eval_strategy": "steps",
    "eval_steps": 1,
    "dataset_test_split": "validation",
    "bf16": True,
    "seed": 0,
}


@pytest.fixture(autouse=True)
def newest_transformers(before_5_23):
    if before_5_23:
        pytest.skip("transformers marks the wrong tokens")


@pytest.fixture(scope="module")
def before_5_23() -> bool:
    import transformers
    from packaging.version import Version

    return Version(transformers.__version__) < Version("5.23.0.dev0")


@pytest.fixture(scope="module")
def weightless(tmp_path_factory, composed) -> Path:
    """The model's folder without its weights, which nothing here needs."""
    folder = tmp_path_factory.mktemp("weightless") / "model"
    shutil.copytree(composed, folder)
    (folder / "model.safetensors").unlink()
    return folder


@pytest.fixture
def write_recipe(tmp_path, tones, weightless):
    """Writes a recipe for the tones, with changes, whose training would go where nothing is."""

    def write(**changes: object) -> Path:
        paths = {
            "model_name_or_path": str(weightless),
            "dataset_name": str(tones),
            "output_dir": str(tmp_path / "out"),
        }
        path = tmp_path / "recipe.yaml"
        path.write_text(yaml.safe_dump({**RECIPE, **paths, **changes}), encoding="utf-8")
        return path

    return write


def inspect(recipe: Path, *options: str):
    return CliRunner().invoke(app, ["inspect-labels", str(recipe), *options])


def faults_of(recipe: Path) -> list[str]:
    done = inspect(recipe, "--json")
    assert done.exit_code == 1 and "mend the recipe or the data" in done.stderr, done.output
    return json.loads(done.stdout)["faults"]


def test_the_collated_batch_is_the_golden_one(write_recipe, tmp_path):
    done = inspect(write_recipe(), "--rows", "2")
    assert done.exit_code == 0, done.output
    assert done.stdout == GOLDEN.read_text(encoding="utf-8")
    assert not (tmp_path / "out").exists(), "looking writes nothing"


def test_the_page_shows_the_golden_batch():
    """Its first row and the figures."""
    page = (ROOT / "docs" / "train.md").read_text(encoding="utf-8")
    shown = page.split("## Before you train")[1].split("```\n")[2]
    batch, first, _, figures = GOLDEN.read_text(encoding="utf-8").split("\n\n")
    assert shown == "\n\n".join([batch, first, figures])


def test_of_each_row_the_whole_answer_and_nothing_else_is_trained_on(write_recipe, tones):
    from datasets import load_dataset

    done = inspect(write_recipe(), "--json")
    found = json.loads(done.stdout)
    rows = {row["id"]: row for row in load_dataset(str(tones), split="train").remove_columns("audio")}
    assert len(found["rows"]) == 4 and found["faults"] == []
    for row in found["rows"]:
        stored = rows[row["name"]]
        learnt = "".join(span["text"] for span in row["spans"] if span["trained"])
        assert learnt == stored["messages"][-1]["content"][0]["text"] + "<|im_end|>"
        (clip,) = row["clips"]
        assert clip["placeholders"] == clip["embeddings"] and clip["windows"] == 1
        assert clip["seconds"] == pytest.approx(stored["duration"], abs=0.02), "to a frame"
    assert {row["tokens"] + row["padding"] for row in found["rows"]} == {found["shapes"]["input_ids"][1]}


def test_sizes_counted_without_log_mels_are_those_of_the_batch(write_recipe):
    recipe = read_recipe(write_recipe())
    sizes = {size.name: size for size in row_sizes(load_split(recipe), load_processor(recipe))}
    rows = json.loads(inspect(write_recipe(), "--json").stdout)["rows"]
    assert len(sizes) == 64
    for row in rows:
        size = sizes[row["name"]]
        assert (size.tokens, size.trained) == (row["tokens"], row["trained"])
        assert size.seconds == pytest.approx([clip["seconds"] for clip in row["clips"]], abs=0.02), "to a frame"


def test_options_and_split_stand_over_the_recipe(write_recipe):
    done = inspect(write_recipe(max_length=60), "--split", "validation", "--", "--max_length", "600")
    assert done.exit_code == 0, done.output
    assert "All of validation: 32 rows, 32 recordings" in done.stdout
    done = inspect(write_recipe(), "--split", "tset")
    assert done.exit_code == 1 and "has no split 'tset': name one of train, validation" in done.stderr


def test_a_part_of_the_rows_is_read_where_that_is_asked_for(write_recipe):
    """Evenly chosen, of both splits, and said in the figures and at the end."""
    done = inspect(write_recipe(), "--limit", "5")
    assert done.exit_code == 0, done.output
    assert "Of train, evenly chosen: 5 of 64 rows, 5 recordings" in done.stdout
    counts = "5 of the 64 rows of train and 5 of the 32 rows of validation"
    assert done.stdout.splitlines()[-1] == f"No fault was found in the recipe, the first batch, {counts}."
    assert evenly(64, 5) == [0, 12, 25, 38, 51] and evenly(3, 5) == evenly(3, None) == [0, 1, 2]
    recipe = read_recipe(write_recipe())
    rows, processor = load_split(recipe), load_processor(recipe)
    chosen = row_sizes(rows, processor, places=[0, 51])
    everything = row_sizes(rows, processor)
    assert chosen == [everything[0], everything[51]]
    unnamed = row_sizes(rows.remove_columns("id"), processor, places=[51])
    assert unnamed[0].name == "row 52", "of the split, not of what was chosen"


def test_the_split_to_evaluate_on_is_looked_at(write_recipe, weightless, tones, tmp_path):
    """Clips of validation alone are longer than the maximum."""
    from datasets import load_dataset

    longest = max(load_dataset(str(tones), split="validation")["duration"])
    (tmp_path / "short" / "data").mkdir(parents=True)
    for split, rows in load_dataset(str(tones)).items():
        kept = rows.filter(lambda seconds: seconds < longest, input_columns="duration") if split == "train" else rows
        kept.to_parquet(tmp_path / "short" / "data" / f"{split}.parquet")
    shutil.copytree(weightless, tmp_path / "model")
    settings = tmp_path / "model" / "processor_config.json"
    fields = json.loads(settings.read_text(encoding="utf-8"))
    fields["feature_extractor"]["max_duration"] = longest - 1e-4
    settings.write_text(json.dumps(fields), encoding="utf-8")
    places = {"model_name_or_path": str(tmp_path / "model"), "dataset_name": str(tmp_path / "short")}
    (fault,) = faults_of(write_recipe(**places))
    assert fault.startswith("Of validation, 1 of 32 rows hold a recording longer than the maximum")
    assert inspect(write_recipe(**places, eval_strategy="no")).exit_code == 0
    (fault,) = faults_of(write_recipe(dataset_test_split="test"))
    assert "evaluates on its dataset_test_split" in fault and "has no split 'test'" in fault


def test_variants_are_shown_and_counted(write_recipe, tones, tmp_path):
    """The batch holds variants, the figures are of the recordings as they are, and none may be evaluated on."""
    from datasets import load_dataset

    import augmented_rows

    folder = tmp_path / "varied"
    assert augmented_rows.main(["--dataset", str(tones), "--output", str(folder), "--speed", "0.3"]) == 0
    plain, found = (
        json.loads(inspect(write_recipe(dataset_name=str(data)), "--json").stdout) for data in (tones, folder)
    )
    assert found["figures"] == {**plain["figures"], "varied_recordings": 64}
    assert found["faults"] == found["warnings"] == []
    seconds = [[row["clips"][0]["seconds"] for row in inspection["rows"]] for inspection in (plain, found)]
    assert [row["name"] for row in found["rows"]] == [row["name"] for row in plain["rows"]]
    assert all(0.76 < one / other < 1.45 for one, other in zip(*reversed(seconds), strict=True))
    assert len({round(one / other, 1) for one, other in zip(*reversed(seconds), strict=True)}) > 1
    said = inspect(write_recipe(dataset_name=str(folder))).stdout
    assert "64 recordings are varied each time they are read; the figures are of them as they are" in said
    both = load_dataset(str(folder))
    (tmp_path / "wrong" / "data").mkdir(parents=True)
    for split in ("train", "validation"):
        both["train"].to_parquet(tmp_path / "wrong" / "data" / f"{split}.parquet")
    (fault,) = faults_of(write_recipe(dataset_name=str(tmp_path / "wrong")))
    assert fault.startswith("Of validation, 64 of 64 rows hold a recording with an `augmentation`, the first of them")


def test_keys_that_nothing_reads(write_recipe):
    done = inspect(write_recipe(learnig_rate=0.1))
    assert done.exit_code == 1 and "names learnig_rate, which neither trl sft nor accelerate" in done.stderr
    done = inspect(write_recipe(), "--", "--max_lenth", "20")
    assert done.exit_code == 1 and "names max_lenth, which neither" in done.stderr
    done = inspect(write_recipe(reward_funcs=["recipes.rewards.answer_correct"], num_generations=4))
    assert done.exit_code == 1 and "a recipe of trl grpo" in done.stderr
    read_recipe(write_recipe(num_processes=4, accelerate_config="zero3.yaml"), ["--main-process-port=29500"])


@pytest.mark.parametrize("changes", [{"dataset_streaming": True}, {"streaming": True, "datasets": [{"path": "x"}]}])
def test_a_stream_cannot_be_counted(write_recipe, changes):
    done = inspect(write_recipe(**changes))
    assert done.exit_code == 1 and "streams its data set" in done.stderr


def test_a_data_set_without_the_switch(write_recipe, tones, tmp_path):
    from datasets import load_dataset

    (tmp_path / "deaf" / "data").mkdir(parents=True)
    for split, rows in load_dataset(str(tones)).items():
        rows.remove_columns("images").to_parquet(tmp_path / "deaf" / "data" / f"{split}.parquet")
    (fault,) = faults_of(write_recipe(dataset_name=str(tmp_path / "deaf")))
    assert "no column `images`" in fault


def test_labels_on_questions(write_recipe):
    (fault,) = faults_of(write_recipe(assistant_only_loss=False))
    assert fault.startswith("assistant_only_loss is off")
    fault, of_rows, of_held_out = faults_of(write_recipe(assistant_only_loss=False, max_length=120))
    assert of_rows.startswith("64 of 64 rows are longer") and of_held_out.startswith("Of validation, 32 of 32 rows")


def test_a_template_without_marks(write_recipe, weightless, tmp_path):
    template = (weightless / "chat_template.jinja").read_text(encoding="utf-8")
    for mark in ("{%- generation -%}", "{%- endgeneration -%}"):
        assert mark in template
        template = template.replace(mark, "")
    (tmp_path / "unmarked.jinja").write_text(template, encoding="utf-8")
    (fault,) = faults_of(write_recipe(chat_template_path=str(tmp_path / "unmarked.jinja")))
    assert fault.startswith("The chat template does not mark")


def test_max_length_that_cuts(write_recipe):
    """In the tones' rows recordings end before the 200th token and answers behind the 230th."""
    recipe = read_recipe(write_recipe())
    tokens = [size.tokens for size in row_sizes(load_split(recipe), load_processor(recipe))]
    fault, batch = faults_of(write_recipe(max_length=max(tokens) - 1, eval_strategy="no"))
    count = tokens.count(max(tokens))
    assert fault.startswith(
        f"{count} of 64 rows are longer than max_length ({max(tokens) - 1}), by {count} tokens together"
    )
    assert ". 0 would lose a part of a recording." in fault
    assert batch.startswith("The first batch cannot be built: max_length is")
    assert ". 64 would lose a part of a recording." in faults_of(write_recipe(max_length=120))[0]


def test_a_recording_over_the_maximum(write_recipe, weightless, tones, tmp_path):
    """Clips of the tones last from 0.5 to 1 s."""
    from datasets import load_dataset

    durations = load_dataset(str(tones), split="train")["duration"]
    shutil.copytree(weightless, tmp_path / "short")
    settings = tmp_path / "short" / "processor_config.json"
    fields = json.loads(settings.read_text(encoding="utf-8"))
    fields["feature_extractor"]["max_duration"] = 0.75
    settings.write_text(json.dumps(fields), encoding="utf-8")
    faults = faults_of(write_recipe(model_name_or_path=str(tmp_path / "short")))
    over = sum(duration > 0.75 for duration in durations)
    assert faults[0].startswith(f"{over} of 64 rows hold a recording longer than the maximum of 0.75 s")


def test_rows_that_cannot_be_read_and_rows_without_an_answer(write_recipe, tmp_path):
    from datasets import Dataset

    soundfile.write(tmp_path / "tone.wav", np.full(16000, 0.1), 16000)
    heard = {"type": "audio", "text": None, "audio": str(tmp_path / "tone.wav")}
    lost = {**heard, "audio": str(tmp_path / "lost.wav")}
    asked = {"type": "text", "text": "What is it?", "audio": None}
    answer = {"role": "assistant", "content": [{"type": "text", "text": "low", "audio": None}]}
    turns = [
        [{"role": "user", "content": [heard, asked]}, answer],
        [{"role": "user", "content": [lost, asked]}, answer],
        [{"role": "user", "content": [heard, asked]}],
    ]
    (tmp_path / "rows").mkdir()
    rows = [{"messages": messages, "images": [], "length": 1} for messages in turns]
    Dataset.from_list(rows).to_parquet(tmp_path / "rows" / "train.parquet")
    unread, unanswered, *_ = faults_of(write_recipe(dataset_name=str(tmp_path / "rows"), eval_strategy="no"))
    assert unread.startswith("1 of 3 rows cannot be read, the first of them row 2: ") and "lost.wav" in unread
    assert unanswered.startswith("1 of 3 rows have no token to train on, the first of them row 3")


def test_clips_that_stand_as_images_are_heard(write_recipe, tones, tmp_path):
    """As `recipes/grpo_prompts.py` writes them, with the answer behind the question."""
    from datasets import Audio, Dataset, Features, List, Value, load_dataset

    def turn(role: str, kind: str | None, text: str) -> dict:
        parts = [{"type": kind, "text": None}] if kind else []
        return {"role": role, "content": [*parts, {"type": "text", "text": text}]}

    stored = load_dataset(str(tones), split="train").remove_columns("audio").select(range(4))
    clips = [row["messages"][1]["content"][0]["audio"] for row in stored]
    text = Value("string")
    features = Features(
        {
            "messages": List({"role": text, "content": List({"type": text, "text": text})}),
            "images": List(Audio(decode=False)),
            "length": Value("int64"),
        }
    )
    for name, silent in (("heard", 0), ("mixed", 1), ("silent", 4)):
        rows = [
            {
                "messages": [turn("user", "image" if number >= silent else None, "?"), turn("assistant", None, "low")],
                "images": [clip] if number >= silent else [],
                "length": 1,
            }
            for number, clip in enumerate(clips)
        ]
        (tmp_path / name).mkdir()
        Dataset.from_list(rows, features=features).to_parquet(tmp_path / name / "train.parquet")
    done = inspect(write_recipe(dataset_name=str(tmp_path / "heard"), eval_strategy="no"), "--json")
    found = json.loads(done.stdout)
    assert (done.exit_code, found["faults"], found["warnings"]) == (0, [], [])
    assert found["figures"]["recordings"] == 4
    assert found["figures"]["audio_seconds"] == pytest.approx(sum(stored["duration"]), abs=0.01)
    done = inspect(write_recipe(dataset_name=str(tmp_path / "mixed"), eval_strategy="no"))
    assert done.exit_code == 0
    assert "Warning: 1 of 4 rows hold no recording, the first of them row 1. They are trained" in done.stdout
    assert done.stdout.endswith("the first batch and 4 rows of train. One warning stands above.\n")
    (fault,) = faults_of(write_recipe(dataset_name=str(tmp_path / "silent"), eval_strategy="no"))
    assert fault.startswith("None of 4 rows holds a recording")


def test_what_is_no_recipe(tmp_path):
    done = inspect(tmp_path / "none.yaml")
    assert done.exit_code == 1 and "none.yaml is not a file" in done.stderr
    (tmp_path / "bare.yaml").write_text("seed: 0\n", encoding="utf-8")
    done = inspect(tmp_path / "bare.yaml")
    assert done.exit_code == 1 and "names no model" in done.stderr


def test_windows_go_to_the_placeholders_in_order():
    """Frames of 10 ms: 100 give 25 embeddings, 3000 a whole window's 750. The placeholder is 7."""
    ids = [[1, *25 * [7], 2, *775 * [7], 3], [1, 2], [*25 * [7]]]
    first, none, last = clips_of(ids, [100, 3000, 100, 100], placeholder=7, frame_seconds=0.01)
    assert first == [Clip(1.0, 1, 25, 25), Clip(31.0, 2, 775, 775)]
    assert none == [] and last == [Clip(1.0, 1, 25, 25)]
    assert clips_of([[7]], [100], 7, 0.01) == [[Clip(1.0, 1, 1, 25)]]
    assert clips_of([[7, 7]], [], 7, 0.01) == [[Clip(0, 0, 2, 0)]]
    assert clips_of([[1]], [100, 100], 7, 0.01) == [[Clip(2.0, 2, 0, 50)]]


def test_a_placeholder_without_its_feature_is_a_fault():
    from app.labels.batch_rows import BatchRow

    rows = [BatchRow("a", [], [Clip(1.0, 1, 25, 25)]), BatchRow("b", [], [Clip(1.0, 1, 25, 25), Clip(1.0, 1, 20, 25)])]
    (fault,) = mismatches(rows)
    assert fault.startswith("Recording 2 of row b has 20 placeholders and 25 embeddings")


def test_padding_and_shares():
    assert padding_share([10, 2, 6, 6], batch_size=2) == 0.25, "8 of 32"
    assert padding_share([6, 6, 10, 2, 4], batch_size=2) == round(8 / 36, 4)
    sizes = [
        RowSize("a", 10, 4, 5, (1.0, 0.5), placeholders=6),
        RowSize("b", 30, 6, 5, (2.0,), placeholders=14),
        RowSize("c", error="lost"),
    ]
    assert split_figures(sizes, batch_size=2, rows_of_a_step=2, lengths=None, seed=0) == {
        "rows": 3,
        "recordings": 3,
        "audio_seconds": 3.5,
        "recording_seconds": {"shortest": 0.5, "median": 1.0, "longest": 2.0},
        "tokens": 40,
        "row_tokens": {"shortest": 10, "median": 10, "95th_percentile": 30, "longest": 30},
        "trained_share": 0.25,
        "placeholder_share": 0.5,
        "padding_share": {"in_random_order": round(1 - 40 / 60, 4), "grouped_by_length": round(1 - 40 / 60, 4)},
    }
    even = [RowSize(str(number), 10 + 90 * (number % 2), 1) for number in range(400)]
    figures = split_figures(even, batch_size=4, rows_of_a_step=4, lengths=None, seed=0)["padding_share"]
    assert figures["grouped_by_length"] < 0.05 < 0.2 < figures["in_random_order"]


def test_rows_are_grouped_by_the_batches_of_a_step(write_recipe):
    """As the trainer's own sampler takes them: with 16 batches a step, all 64 rows are sorted at once."""
    grouped = {}
    for batches in (1, 16):
        recipe = write_recipe(gradient_accumulation_steps=batches)
        with TemporaryDirectory() as folder:
            read = read_recipe(recipe)
            trainer = trainer_of(read, load_split(read), load_processor(read), Path(folder))
            assert trainer._get_train_sampler().batch_size == 4 * batches
        grouped[batches] = json.loads(inspect(recipe, "--json").stdout)["figures"]["padding_share"][
            "grouped_by_length"
        ]
    tokens = [size.tokens for size in row_sizes(load_split(read), load_processor(read))]
    lengths = load_split(read)["length"]
    by_length = [tokens[place] for place in sorted(range(64), key=lambda place: -lengths[place])]
    assert grouped[16] == pytest.approx(padding_share(by_length, 4), abs=0.0015)
    assert grouped[16] < grouped[1]


def test_nothing_is_wrong_with_whole_rows():
    sizes = [RowSize("a", 100, 10, 50, (600.0,))]
    assert row_faults(sizes, max_length=100, max_duration=600.0) == []
    assert row_faults(sizes, max_length=None, max_duration=600.0) == []


def test_colours_stand_in_place_of_brackets():
    from app.labels.batch_rows import BatchRow, Span
    from app.labels.shown import row_text

    spans = [Span("audio", False, 25, "<|AUDIO|>"), Span("text", True, 2, "low<|im_end|>")]
    row = BatchRow("a", [*spans, Span("padding", False, 3, "<pad>")], [])
    assert row_text(row, coloured=False).plain == "<|AUDIO|> x 25⟦low<|im_end|>⟧<pad> x 3"
    coloured = row_text(row, coloured=True)
    assert coloured.plain == "<|AUDIO|> x 25low<|im_end|><pad> x 3"
    assert [coloured.plain[span.start : span.end] for span in coloured.spans if "green" in str(span.style)] == [
        "low<|im_end|>"
    ]
