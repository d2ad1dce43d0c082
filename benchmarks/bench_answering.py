"""The demo's model answering held-out questions, against transformers' own class with the same weights.

    python benchmarks/bench_answering.py [--questions 64] [--batch 16] [--threads 1 2] [--repeats 2]

Needs `make demo`. The stock folder is what `audio-reasoner convert demo/model DST --to qwen2_audio` writes. Measured
are all questions, from clips to answers, greedily in batches. Writes benchmarks/results/answering.json.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import torch
from datasets import load_dataset
from measuring import Comparison, command_line, report, shortest
from transformers import AutoModel, AutoProcessor, Qwen2AudioForConditionalGeneration

from modeling_audio_reasoner import load_audio
from modeling_audio_reasoner.convert_qwen2_audio import convert_qwen2_audio


ROOT = Path(__file__).parent.parent
MODEL, DATA = ROOT / "demo" / "model", ROOT / "cota"
SAMPLING_RATE = 16_000  # of the data set and of both processors
MAX_NEW_TOKENS = 200


def questions(count: int) -> list[list[dict]]:
    """Held-out questions of all kinds, evenly chosen, each as messages with the clip as an array."""
    rows = load_dataset(str(DATA), split="test").select_columns(["messages"])
    chosen = [rows[number * len(rows) // count]["messages"] for number in range(count)]
    prompts = []
    for messages in chosen:
        prompt = []
        for message in messages[:-1]:
            parts = []
            for part in message["content"]:
                if part["type"] == "audio":
                    parts.append({"type": "audio", "audio": load_audio(part["audio"], SAMPLING_RATE)})
                else:
                    parts.append({"type": "text", "text": part["text"]})
            prompt.append({"role": message["role"], "content": parts})
        prompts.append(prompt)
    return prompts


def answers(model, processor, prompts: list[list[dict]], batch: int) -> list[str]:
    """Greedy answers, in batches of prompts as they come."""
    written = []
    for start in range(0, len(prompts), batch):
        inputs = processor.apply_chat_template(
            prompts[start : start + batch],
            tokenize=True,
            return_dict=True,
            add_generation_prompt=True,
            return_tensors="pt",
            processor_kwargs={"padding": True, "padding_side": "left"},
        )
        tokens = model.generate(**inputs, do_sample=False, max_new_tokens=MAX_NEW_TOKENS)
        written += processor.batch_decode(tokens[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
    return written


def main() -> None:
    """Command line."""
    arguments = command_line(__doc__.splitlines()[0], questions=64, batch=16, repeats=2)
    if not (MODEL / "config.json").is_file():
        print(f"{MODEL} is not there, so nothing is measured: run `make demo` first.")
        return
    prompts = questions(arguments.questions)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        converted = Path(folder) / "stock"
        convert_qwen2_audio(MODEL, converted, to="qwen2_audio")
        ours = AutoModel.from_pretrained(MODEL, trust_remote_code=True).eval()
        stock = Qwen2AudioForConditionalGeneration.from_pretrained(converted).eval()
        reading = AutoProcessor.from_pretrained(MODEL, trust_remote_code=True)
        stock_reading = AutoProcessor.from_pretrained(converted)
        found = answers(ours, reading, prompts, arguments.batch)
        expected = answers(stock, stock_reading, prompts, arguments.batch)
        same = sum(one == other for one, other in zip(found, expected, strict=True))
        print(f"{same} of {len(prompts)} answers are the same, word for word.")
        for threads in arguments.threads:
            torch.set_num_threads(threads)
            times = shortest(
                lambda: answers(ours, reading, prompts, arguments.batch),
                lambda: answers(stock, stock_reading, prompts, arguments.batch),
                arguments.repeats,
            )
            rows.append(Comparison(f"{len(prompts)} held-out questions", threads, *times, 2.0))
    report("answering", rows, arguments, same_answers=same)


if __name__ == "__main__":
    main()
