"""TRL's own GRPO trainer hears the clips twice: as answers are sampled, and as their log-probabilities are taken."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
import torch


REWARDS = ("answer_correct", "structure_complete", "section_budgets", "no_repetition")
ANSWERS = 4
SILENT_MEL = -1.5
"""What Whisper's normalisation makes of digital silence: (log10(1e-10) + 4) / 4."""
SETTINGS = {
    "per_device_train_batch_size": 2 * ANSWERS,
    "num_generations": ANSWERS,
    "max_completion_length": 12,
    "max_steps": 1,
    "learning_rate": 1.0e-3,
    "gradient_checkpointing": False,
    "use_cpu": True,
    "bf16": False,
    "report_to": "none",
    "save_strategy": "no",
    "logging_steps": 1,
    "remove_unused_columns": False,
    "trust_remote_code": True,
}


@pytest.fixture(scope="module")
def questions(tmp_path_factory, tones):
    """The train split of what `recipes/grpo_prompts.py` writes."""
    from datasets import load_dataset

    import grpo_prompts

    folder = tmp_path_factory.mktemp("grpo") / "prompts"
    assert grpo_prompts.main(["--dataset", str(tones), "--output", str(folder)]) == 0
    return load_dataset(str(folder), split="train")


@pytest.fixture
def trainer(tmp_path, composed, questions):
    """A trainer as `trl grpo` makes it, of a model folder and its code, with our rewards.

    Its random weights are made larger, so that another clip makes more than a slight difference.
    """
    from trl import GRPOConfig, GRPOTrainer

    import rewards

    trainer = GRPOTrainer(
        model=str(composed),
        reward_funcs=[getattr(rewards, name) for name in REWARDS],
        args=GRPOConfig(output_dir=str(tmp_path / "run"), **SETTINGS),
        train_dataset=questions,
    )
    with torch.no_grad():
        for name, parameter in trainer.model.model.named_parameters():
            if parameter.ndim == 2 and "embed_positions" not in name:
                parameter.copy_(0.2 * torch.randn(parameter.shape))
    return trainer


def group(questions, silent: bool = False) -> list[dict]:
    """Two questions whose clips differ in length, each for all its answers, as the trainer's sampler gives them."""
    chosen = [questions[0], next(row for row in questions if length(row) != length(questions[0]))]
    if silent:
        chosen = [{**row, "images": [{"bytes": silence(length(row)), "path": None}]} for row in chosen]
    return [row for row in chosen for _ in range(ANSWERS)]


def length(row: dict) -> int:
    """Samples of a row's clip."""
    return soundfile.info(io.BytesIO(row["images"][0]["bytes"])).frames


def silence(samples: int) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.zeros(samples), 16_000, format="FLAC")
    return buffer.getvalue()


def as_asked(row: dict) -> list[dict]:
    """The prompt of a row as anyone would ask it: the clip as a part of type audio."""
    clips = iter(row["images"])
    return [
        {
            "role": turn["role"],
            "content": [
                {"type": "audio", "audio": next(clips)} if part["type"] == "image" else part
                for part in turn["content"]
            ],
        }
        for turn in row["prompt"]
    ]


def asked(trainer, rows: list[dict]):
    """What the processor returns for the rows, padded on the left."""
    return trainer.processing_class.apply_chat_template(
        [as_asked(row) for row in rows],
        tokenize=True,
        return_dict=True,
        add_generation_prompt=True,
        return_tensors="pt",
        processor_kwargs={"padding": True},
    )


def trained_on(trainer, rows: list[dict]) -> tuple[dict, torch.Tensor]:
    """A batch as a step of training gets it, shuffled, and the log-probabilities that the step computes of it."""
    computed = []
    compute = trainer._get_per_token_logps_and_entropies

    def remember(*args, **kwargs):
        computed.append(compute(*args, **kwargs))
        return computed[-1]

    trainer._get_per_token_logps_and_entropies = remember
    trainer.model.train()
    trainer.current_gradient_accumulation_steps = 1
    torch.manual_seed(0)
    batch = trainer._prepare_inputs(rows)
    with torch.no_grad():
        trainer.compute_loss(trainer.model, batch)
    return batch, computed[-1][0]


@torch.no_grad()
def test_log_probabilities_are_those_of_the_model_with_the_clips(trainer, questions):
    """Of each answer, by a forward of its own with the features that `apply_chat_template` returns."""
    rows = group(questions)
    batch, found = trained_on(trainer, rows)
    prompts = {}
    for row in rows[::ANSWERS]:
        inputs = asked(trainer, [row])
        prompts[tuple(inputs["input_ids"][0].tolist())] = inputs
    assert len(prompts) == 2
    model, seen = trainer.model.eval(), []
    for number in range(len(rows)):
        ids = tuple(batch["prompt_ids"][number][batch["prompt_mask"][number] == 1].tolist())
        kept = batch["completion_mask"][number] == 1
        answer = batch["completion_ids"][number][kept]
        inputs = prompts[ids]
        whole = torch.cat([inputs["input_ids"], answer[None]], dim=1)
        heard = {name: inputs[name] for name in ("input_features", "feature_attention_mask")}
        logits = model(input_ids=whole, attention_mask=torch.ones_like(whole), **heard).logits[
            0, -len(answer) - 1 : -1
        ]
        expected = logits.log_softmax(-1).gather(-1, answer[:, None])[:, 0]
        torch.testing.assert_close(found[number][kept], expected, atol=1e-4, rtol=0)
        seen.append(ids)
    assert {ids: seen.count(ids) for ids in seen} == dict.fromkeys(prompts, ANSWERS)


@torch.no_grad()
def test_log_probabilities_change_with_the_clip(trainer, questions):
    """Of the same answers, with silence in place of the clips."""
    batch, found = trained_on(trainer, group(questions))
    silent = batch["pixel_values"].clone()
    silent[:, :, :-1] = SILENT_MEL
    changed, _, _ = trainer._get_per_token_logps_and_entropies(
        trainer.model,
        torch.cat([batch["prompt_ids"], batch["completion_ids"]], dim=1),
        torch.cat([batch["prompt_mask"], batch["completion_mask"]], dim=1),
        batch["completion_ids"].shape[1],
        pixel_values=silent,
        num_images=batch["num_images"],
    )
    assert (changed - found)[batch["completion_mask"] == 1].abs().max() > 0.1


def test_sampled_answers_are_those_of_the_model_with_the_clips(trainer, questions):
    """By the same random numbers, the answers that `generate` gives to the questions as anyone would ask them."""
    rows = group(questions)

    torch.manual_seed(0)
    inputs = asked(trainer, rows)
    written = trainer.model.generate(**inputs, generation_config=trainer.generation_config)
    ends = torch.tensor(trainer.eos_token_ids)
    expected = []
    for answer in written[:, inputs["input_ids"].shape[1] :]:
        stops = torch.isin(answer, ends).nonzero()
        expected.append(answer[: int(stops[0]) + 1 if len(stops) else None].tolist())
    assert sampled(trainer, rows) == expected
    assert sampled(trainer, group(questions, silent=True)) != expected


def sampled(trainer, rows: list[dict]) -> list[list[int]]:
    """The answers that the trainer samples, in the order of the rows."""
    from trl.data_utils import prepare_multimodal_messages

    prompts = [prepare_multimodal_messages(row["prompt"], images=row["images"]) for row in rows]
    torch.manual_seed(0)
    return trainer._generate_single_turn(*trainer._tokenize_prompts(prompts), ANSWERS)[0]


def test_the_placeholder_is_never_sampled(trainer):
    assert trainer.generation_config.suppress_tokens == [trainer.processing_class.audio_token_id]


def test_a_step_reaches_the_encoder_and_logs_each_reward_by_its_name(trainer):
    """With a reward that random weights can win, since all answers of ours are worth nothing from them."""
    before = {name: tensor.clone() for name, tensor in trainer.model.named_parameters()}
    trainer.reward_funcs[0] = lambda completion_ids, **columns: [float(sum(ids) % 7) for ids in completion_ids]
    trainer.train()
    moved = {name for name, tensor in trainer.model.named_parameters() if not torch.equal(tensor, before[name])}
    assert any(name.startswith("model.audio_tower.conv1") for name in moved)
    logged = trainer.state.log_history[0]
    assert logged["rewards/structure_complete/mean"] == logged["rewards/section_budgets/mean"] == 0
    assert 0 < logged["rewards/no_repetition/mean"] <= 1
    assert {f"rewards/{name}/std" for name in REWARDS} <= set(logged)
