"""A whole evaluation run through inspect, against the same answers by generation alone: ours, and transformers' own.

    python benchmarks/bench_evaluation.py [--questions 256] [--batch 32] [--threads 2] [--repeats 2]

Needs `make demo`. All three start a process, load the demo's model, read the clips and answer the same held-out
questions greedily in batches of that size, sorted by length: a run of `evaluation.runs` with its log, scores and
manifest; our class without it; and transformers' own class with the same weights. Counted are the answers that all
three gave word for word. Writes benchmarks/results/evaluation.json.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import Comparison, command_line, report, shortest

from evaluation.benchmarks.prompts import asked
from evaluation.benchmarks.registry import read_questions
from evaluation.runs.run import read_run, run
from evaluation.runs.settings import RunSettings
from modeling_audio_reasoner.convert_qwen2_audio import convert_qwen2_audio


ROOT = Path(__file__).parent.parent
MODEL, DATA = ROOT / "demo" / "model", ROOT / "cota"
MAX_TOKENS = 200
SIDES = ("ours", "stock")
TO_STOCK, TO_OURS = 2.0, 0.9


def generated(folder: Path, side: str, count: int, batch: int) -> dict[str, str]:
    """The answers by id, of generation alone."""
    import torch
    from transformers import AutoModel, AutoProcessor, Qwen2AudioForConditionalGeneration

    if side == "ours":
        model = AutoModel.from_pretrained(folder, trust_remote_code=True).eval()
        processor = AutoProcessor.from_pretrained(folder, trust_remote_code=True)
    else:
        model = Qwen2AudioForConditionalGeneration.from_pretrained(folder).eval()
        processor = AutoProcessor.from_pretrained(folder)
    questions = read_questions("cota", str(DATA), "test")
    questions = [questions[place * len(questions) // count] for place in range(count)]
    prompts = []
    for question in questions:
        waveform, _ = question.recordings[0].waveform()  # at the rate of both processors
        parts = [{"type": "audio", "audio": waveform}, {"type": "text", "text": asked(question)}]
        prompt = [{"role": "user", "content": parts}]
        if question.system is not None:
            prompt.insert(0, {"role": "system", "content": [{"type": "text", "text": question.system}]})
        prompts.append((len(waveform), question.id, prompt))
    prompts.sort(key=lambda one: one[:2])
    written: dict[str, str] = {}
    for start in range(0, len(prompts), batch):
        chosen = prompts[start : start + batch]
        inputs = processor.apply_chat_template(
            [prompt for _, _, prompt in chosen],
            tokenize=True,
            return_dict=True,
            add_generation_prompt=True,
            return_tensors="pt",
            processor_kwargs={"padding": True, "padding_side": "left"},
        )
        with torch.inference_mode():
            tokens = model.generate(**inputs, do_sample=False, max_new_tokens=MAX_TOKENS)
        texts = processor.batch_decode(tokens[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        written |= {name: text for (_, name, _), text in zip(chosen, texts, strict=True)}
    return written


def main() -> None:
    """Command line."""
    if sys.argv[1:2] == ["--side"]:
        alone(sys.argv[2:])
        return
    arguments = command_line(__doc__.splitlines()[0], questions=256, batch=32, repeats=2)
    arguments.threads = [max(arguments.threads)]
    if not (MODEL / "config.json").is_file():
        print(f"{MODEL} is not there, so nothing is measured: run `make demo` first.")
        return
    # What the processes inherit.
    os.environ["OMP_NUM_THREADS"] = str(arguments.threads[0])
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"  # as the provider has it
    answers: dict[str, dict[str, str]] = {}
    with tempfile.TemporaryDirectory() as place:
        folders = {"ours": MODEL, "stock": Path(place) / "stock"}
        convert_qwen2_audio(MODEL, folders["stock"], to="qwen2_audio")

        def by_inspect() -> None:
            with tempfile.TemporaryDirectory(dir=place) as folder:
                settings = RunSettings(
                    "cota", str(MODEL), data=str(DATA), limit=arguments.questions, max_tokens=MAX_TOKENS
                )
                run(settings, Path(folder) / "run", batch_size=arguments.batch)
                items = read_run(Path(folder) / "run")[2]
            answers["inspect"] = {item["id"]: item["output"] for item in items}

        def by(side: str) -> None:
            command = [sys.executable, __file__, "--side", side, str(folders[side])]
            command += [str(arguments.questions), str(arguments.batch)]
            answers[side] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

        lines = []
        for side, to_reach in zip(SIDES, (TO_OURS, TO_STOCK), strict=True):
            name = "generation alone, this model" if side == "ours" else "generation alone, transformers' Qwen2-Audio"
            times = shortest(by_inspect, lambda side=side: by(side), arguments.repeats)
            what = f"{arguments.questions} held-out questions by inspect, against {name}"
            lines.append(Comparison(what, *arguments.threads, *times, to_reach))
    same = sum(answers["inspect"][name] == answers["ours"][name] == answers["stock"][name] for name in answers["ours"])
    print(f"{same} of {len(answers['ours'])} answers are the same in all three, word for word.")
    report("evaluation", lines, arguments, same_answers=same)


def alone(given: list[str]) -> None:
    """The answers of generation alone, as JSON on stdout."""
    parser = argparse.ArgumentParser()
    parser.add_argument("side", choices=SIDES)
    parser.add_argument("folder", type=Path)
    parser.add_argument("questions", type=int)
    parser.add_argument("batch", type=int)
    options = parser.parse_args(given)
    print(json.dumps(generated(options.folder, options.side, options.questions, options.batch)))


if __name__ == "__main__":
    main()
