"""Training steps of the 7B model's LoRA recipe, with random weights: ours against transformers' class, by attention.

    python benchmarks/bench_lora.py [--layers 32] [--rows 8] [--repeats 3]

A step is that of recipes/audio-reasoner-7b/sft/config_lora.yaml: its adapters and its projector, gradient
checkpointing, TRL's fused head, AdamW on what is trained, one batch and no accumulation. Clips are of 2 to 30 s,
texts of 256 to 1,024 tokens, of which the last three quarters are trained on; both spread evenly, the longest text
with the shortest clip. Tokens are those of the rows, without padding. The share is of the rate at which this device
multiplies matrices of the model's own size. Counted are 6 operations for a weight of a layer and a token (forward,
forward anew, and the gradient of what the frozen weight was given), 4 for one of the head, at labels, and 2 for one
of the encoder, which gets no gradients. For a GPU: on a CPU `--layers 1` takes minutes. Writes
benchmarks/results/lora.json, or lora_cuda.json.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bench_generation
import torch
import yaml
from measuring import Comparison, command_line, peak_bytes, report, seconds_of, shortest
from peft import LoraConfig, get_peft_model
from transformers import PreTrainedModel
from transformers.utils import is_flash_attn_2_available
from trl.trainer.utils import add_fused_lm_head


RECIPE = Path(__file__).parent.parent / "recipes" / "audio-reasoner-7b" / "sft" / "config_lora.yaml"
SECONDS, TOKENS = (2.0, 30.0), (256, 1024)


def spread(first: float, last: float, count: int) -> list[float]:
    return [first + (last - first) * number / max(count - 1, 1) for number in range(count)]


def batch(rows: int, device: torch.device, padded_to_30_s: bool) -> dict[str, torch.Tensor]:
    """Rows padded on the right, with labels on the answers."""
    inputs_of = bench_generation.stock_inputs if padded_to_30_s else bench_generation.our_inputs
    inputs = inputs_of(bench_generation.clips_of(spread(*SECONDS, rows)), device)
    draw = torch.Generator().manual_seed(1)
    found = []
    for ids, mask, length in zip(
        inputs["input_ids"], inputs["attention_mask"], spread(*TOKENS[::-1], rows), strict=True
    ):
        text = torch.randint(100, bench_generation.PLACEHOLDER, (round(length),), generator=draw).to(device)
        prompt = torch.cat([ids[mask.bool()], text[: len(text) // 4]])
        found.append((torch.cat([prompt, text[len(text) // 4 :]]), len(prompt)))
    longest = max(len(ids) for ids, _ in found)
    ids = torch.stack([torch.nn.functional.pad(ids, (0, longest - len(ids))) for ids, _ in found])
    labels = ids.masked_fill(ids == 0, -100)
    for row, (_, prompt) in zip(labels, found, strict=True):
        row[:prompt] = -100
    return {**inputs, "input_ids": ids, "attention_mask": (ids != 0).long(), "labels": labels}


def adapted(model: PreTrainedModel) -> torch.nn.Module:
    """The model with the recipe's adapters, made ready as TRL's trainer does it."""
    keys = yaml.safe_load(RECIPE.read_text(encoding="utf-8"))
    (target,) = keys["lora_target_modules"]
    config = LoraConfig(
        r=keys["lora_r"],
        lora_alpha=keys["lora_alpha"],
        lora_dropout=keys["lora_dropout"],
        target_modules=target,
        modules_to_save=keys["lora_modules_to_save"],
    )
    torch.manual_seed(0)
    add_fused_lm_head(model, outputs=("log_probs", "entropy", "is_top1"))
    model.gradient_checkpointing_enable()
    model.enable_input_require_grads()
    return get_peft_model(model, config).train()


def step_of(model: torch.nn.Module, inputs: dict[str, torch.Tensor]) -> Callable[[], float]:
    """One step of training, which gives its loss."""
    keys = yaml.safe_load(RECIPE.read_text(encoding="utf-8"))
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=keys["learning_rate"], weight_decay=keys["weight_decay"])

    def step() -> float:
        outputs = model(**inputs, use_cache=False, fused_lm_head=True)
        outputs.loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, keys["max_grad_norm"])
        optimizer.step()
        optimizer.zero_grad()
        return outputs.loss.item()

    return step


def operations(model: Any, inputs: dict[str, torch.Tensor]) -> float:
    """Of a step, as the docstring of this file counts them."""
    tokens = int(inputs["attention_mask"].sum())
    positions = int(((inputs["feature_attention_mask"].sum(1) - 1) // 2 + 1).sum())
    encoder = sum(parameter.numel() for parameter in model.model.audio_tower.parameters())
    text = sum(parameter.numel() for parameter in model.model.language_model.layers.parameters())
    head = model.lm_head.weight.numel() * int((inputs["labels"] != -100).sum())
    return 6.0 * text * tokens + 4.0 * head + 2.0 * encoder * positions


def matrix_rate(device: torch.device, dtype: torch.dtype, rows: int) -> float:
    """Operations a second of a product at the language model's sizes."""
    width, inner = bench_generation.TEXT["hidden_size"], bench_generation.TEXT["intermediate_size"]
    left = torch.randn(rows, width, device=device, dtype=dtype)
    right = torch.randn(width, inner, device=device, dtype=dtype)
    return 2 * rows * width * inner / min(seconds_of(lambda: left @ right) for _ in range(20))


def main() -> None:
    """Command line."""
    arguments = command_line(__doc__.splitlines()[0], layers=32, rows=8)
    torch.manual_seed(0)
    torch.set_num_threads(arguments.threads[0])
    both = bench_generation.models(arguments.layers, arguments.device)
    device, dtype = both[0].device, both[0].dtype
    batches = [batch(arguments.rows, device, padded_to_30_s=stock) for stock in (False, True)]
    tokens, counted = int(batches[0]["attention_mask"].sum()), operations(both[0], batches[0])
    rate = matrix_rate(device, dtype, tokens)
    models = [adapted(model) for model in both]
    rows, fastest = [], {}
    implementations = ["flash_attention_2", "sdpa"] if is_flash_attn_2_available() else ["sdpa"]
    for implementation in implementations:
        for model in both:
            model.set_attn_implementation(implementation)
        steps = [step_of(model, given) for model, given in zip(models, batches, strict=True)]
        losses = [step() for step in steps]
        times = shortest(*steps, arguments.repeats)
        peaks = [peak_bytes(step) / 2**30 for step in steps]
        fastest[implementation] = times[0]
        name = f"LoRA step, {implementation}, {arguments.rows} rows"
        difference = abs(losses[0] - losses[1])
        rows.append(Comparison(name, arguments.threads[0], *times, difference=difference, samples=arguments.rows))
        rows.append(Comparison(f"{name}, memory beyond the weights", arguments.threads[0], *peaks, unit="GiB"))
    limits = {
        implementation: {"tokens_per_second": tokens / seconds, "share": counted / seconds / rate}
        for implementation, seconds in fastest.items()
    }
    for implementation, found in limits.items():
        print(
            f"{implementation}: {found['tokens_per_second']:,.0f} tokens/s, {found['share']:.0%} of the "
            f"{rate / 1e12:.2f} TFLOP/s of its matrix products; {min(fastest.values()) / fastest[implementation]:.2f} "
            "of the speed of the fastest attention."
        )
    report("lora", rows, arguments, limits=limits, matrix_tflops=rate / 1e12, tokens=tokens)


if __name__ == "__main__":
    main()
