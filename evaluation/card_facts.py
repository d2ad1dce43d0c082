"""What a model's card says of its parts, data, training and evaluation, read from files on disk."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evaluation.cota import read_json
from evaluation.cota_results import read_answers, read_results
from evaluation.report.confounds import known_confounds
from evaluation.table import percent, summary_sentences
from evaluation.training_log import losses, run_seconds, trainer_state


# Of a recipe, and of the environment that it sets: what is nobody else's to read.
SECRETS = ("hub_token", "push_to_hub_token")
SECRET_ENDINGS = ("_TOKEN", "_KEY", "_SECRET", "_PASSWORD")


def parameter_count(model: Path) -> str:
    """Number of parameters in the folder's safetensors files, as read aloud."""
    from math import prod

    from safetensors import safe_open

    count = 0
    for file in sorted(model.glob("*.safetensors")):
        with safe_open(file, framework="numpy") as tensors:
            count += sum(prod(tensors.get_slice(name).get_shape()) for name in tensors.keys())  # noqa: SIM118
    return f"{count:,}"


def encoder_words(config: Mapping[str, Any]) -> str:
    return (
        f"an encoder of Whisper's kind ({config.get('encoder_layers', '?')} layers, "
        f"{config.get('d_model', '?')} wide, {config.get('num_mel_bins', '?')} mel bands)"
    )


def language_model_words(config: Mapping[str, Any]) -> str:
    return (
        f"a causal language model (`{config.get('model_type', '?')}`, {config.get('num_hidden_layers', '?')} layers, "
        f"{config.get('hidden_size', '?')} wide, {config.get('vocab_size', '?')} tokens)"
    )


def sampling_rate(model: Path) -> int:
    """The rate in Hz at which the folder's processor hears; 16000 where it does not say."""
    processor = read_json(model / "processor_config.json") or {}
    extractor = processor.get("feature_extractor") or read_json(model / "preprocessor_config.json") or {}
    return int(extractor.get("sampling_rate", 16_000))


def data_record(data: Path) -> dict[str, Any]:
    """Rows by split and task, hours to train on, sources with licences, and confounds of a CoTA folder.

    Raises:
        ValueError: when the folder has no statistics.json.
    """
    statistics = read_json(data / "statistics.json")
    if statistics is None:
        raise ValueError(
            f"{data}: no statistics.json in this folder; give the folder that `audio-reasoner build` wrote."
        )
    rows = [f"{count:,} {split} rows" for split, count in statistics.get("rows", {}).items()]
    splits = list(statistics.get("rows", {}))
    return {
        "rows": ", ".join(rows) or "rows",
        "splits": splits,
        "tasks": [
            [domain, task.replace("_", " "), *(f"{counts.get(split, 0):,}" for split in splits)]
            for domain, tasks in statistics.get("composition", {}).items()
            for task, counts in tasks.items()
        ],
        "hours": statistics.get("hours", {}).get("train"),
        "teachers": _teachers(statistics.get("teachers", {})),
        "sources": statistics.get("sources", []),
        "confounds": known_confounds(data),
    }


def _teachers(counts: Mapping[str, int]) -> list[str]:
    """The language models that wrote something of the data; none where all is of the deterministic teacher."""
    return sorted({line.split(" | ")[1] for line in counts} - {"annotations"})


def training_record(run: Path) -> dict[str, Any] | None:
    """Method, steps, minutes and last held-out loss of the training that wrote the folder, where it left its log."""
    state = trainer_state(run)
    if state is None:
        return None
    history = state.get("log_history", [])
    by_rewards = any("reward" in entry for entry in history)
    held_out, seconds = [] if by_rewards else losses(state)["held_out"], run_seconds(state)
    return {
        "method": "grpo" if by_rewards else "sft",
        "steps": state.get("global_step") or max((entry.get("step", 0) for entry in history), default=0),
        "minutes": None if seconds is None else f"{seconds / 60:.1f}",
        "held_out_loss": f"{held_out[-1][1]:.4f}" if held_out else None,
    }


def recipe_text(recipe: Path) -> str:
    """The text of a recipe, for everyone to read.

    Raises:
        OSError: there is no such file.
        ValueError: it is no YAML mapping, or holds a token or a key.
    """
    import yaml

    text = recipe.read_text(encoding="utf-8")
    try:
        keys = yaml.safe_load(text)
    except yaml.YAMLError:
        keys = None
    if not isinstance(keys, Mapping):
        raise ValueError(f"{recipe}: not a recipe, which is a YAML mapping; give the file of `trl sft --config`.")
    environment = keys.get("env") if isinstance(keys.get("env"), Mapping) else {}
    secret = [name for name in SECRETS if keys.get(name)]
    secret += [f"env: {name}" for name in environment or () if str(name).upper().endswith(SECRET_ENDINGS)]
    if secret:
        raise ValueError(
            f"{recipe}: the card quotes the recipe for everyone to read, and it holds {secret[0]}; take it out "
            "(`hf auth login` keeps a token on the machine)."
        )
    return text.strip("\n")


def evaluation_record(evaluation: Path, model_hash: str) -> dict[str, Any]:
    """What the card shows of an evaluation: sentences, lines of the table, manifest, and the Hub's model-index.

    Args:
        evaluation: the folder that `audio-reasoner evaluate` wrote.
        model_hash: sha256 of the model folder that the card is for.

    Raises:
        ValueError: when the evaluation is not whole, or is of another model.
    """
    results, _ = read_results(evaluation)
    for name in results["conditions"]:
        read_answers(evaluation, name)
    return results_record(evaluation, results, model_hash)


def results_record(evaluation: Path, results: Mapping[str, Any], model_hash: str) -> dict[str, Any]:
    """As `evaluation_record`, of what the folder's `results.json` holds.

    Raises:
        ValueError: when the results are of another model.
    """
    basis = results["basis"]
    if basis["model_sha256"] != model_hash:
        raise ValueError(
            f"{evaluation}: this evaluation is of another model (sha256 {basis['model_sha256'][:12]}, the folder has "
            f"{model_hash[:12]}); evaluate this folder first."
        )
    manifest = {
        "model sha256": f"`{basis['model_sha256']}`",
        "data sha256": f"`{basis['data_sha256']}`, split `{basis['split']}`, {results['questions']} questions",
        "decoding": f"{basis['decoding']['strategy']}, at most {basis['decoding']['max_new_tokens']} new tokens",
        "seed of the shuffled clips": basis["seed"],
        "versions": ", ".join(f"{name} {version}" for name, version in results["versions"].items()),
    }
    return {
        "sentences": summary_sentences(results),
        "lines": [_cells(line) for line in results["table"]],
        "manifest": manifest,
        "date": results["date"],
        "command": "audio-reasoner evaluate cota --model MODEL --data cota --output RESULTS",
        "model_index": _model_index(results),
    }


def _cells(line: Mapping[str, Any]) -> list[str]:
    """One line of the table as Markdown cells."""
    real = line["real"]
    name = {"all": "**all**", "domain": f"**{line['domain']}**", "task": str(line["task"]).replace("_", " ")}
    controls = [percent(line[name]["accuracy"]) if name in line else "–" for name in ("silence", "shuffled")]
    return [
        name[line["scope"]],
        str(real["total"]),
        percent(real["accuracy"]),
        f"{percent(real['low'])} to {percent(real['high'])}",
        percent(line["chance"]),
        percent(line["text_only"]),
        *controls,
        percent(real["mmau_accuracy"]),
        percent(real["complete"]),
    ]


def _model_index(results: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Accuracy for the whole and each domain, as fields of huggingface_hub's `EvalResult`."""
    index = []
    for line in results["table"]:
        if line["scope"] == "task":
            continue
        real, domain = line["real"], line["domain"]
        index.append(
            {
                "task_type": "audio-text-to-text",
                "task_name": "Audio question answering",
                "dataset_type": "cota",
                "dataset_name": f"CoTA ({domain or 'all domains'}, held-out recordings)",
                "dataset_config": domain or "default",
                "dataset_split": results["basis"]["split"],
                "metric_type": "accuracy",
                "metric_name": f"Strict accuracy, percent (95% {percent(real['low'])} to {percent(real['high'])})",
                "metric_value": round(100 * real["accuracy"], 2),
            }
        )
    return index
