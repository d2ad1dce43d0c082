"""What vLLM and SGLang find in an exported folder: the paper's prompt and placeholders, and a model that answers.

Neither runs here. How they read a folder is taken from their code: both render the processor's template by
transformers, with a message's content as parts (`openai`) where the template goes through them; vLLM's other form
(`string`) writes Qwen2-Audio's placeholders into the text itself.
"""

from __future__ import annotations

from pathlib import Path

import jinja2.nodes
import pytest
import torch
from transformers import AutoProcessor, AutoTokenizer, Qwen2AudioForConditionalGeneration
from transformers.utils.chat_template_utils import _compile_jinja_template

from modeling_audio_reasoner import SYSTEM_PROMPT
from modeling_audio_reasoner.convert_qwen2_audio import convert_qwen2_audio


PLACEHOLDER = "<|audio_bos|><|AUDIO|><|audio_eos|>"
SYSTEM = f"<|im_start|>system\n{SYSTEM_PROMPT}<|im_end|>\n"
PROMPT = f"{SYSTEM}<|im_start|>user\nAudio 1: {PLACEHOLDER}\nWhat is it?<|im_end|>\n<|im_start|>assistant\n"


@pytest.fixture(scope="module")
def exported(model, processor, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    model.save_pretrained(folder / "ours")
    processor.save_pretrained(folder / "ours")
    convert_qwen2_audio(folder / "ours", folder / "exported", to="qwen2_audio")
    return folder / "exported"


def part(text: str) -> dict:
    return {"type": "text", "text": text}


def test_the_template_is_found_with_the_processor_and_with_the_tokenizer(exported):
    template = (exported / "chat_template.jinja").read_text(encoding="utf-8")
    assert AutoProcessor.from_pretrained(exported).chat_template == template
    assert AutoTokenizer.from_pretrained(exported).chat_template == template
    assert not list(exported.glob("*.py"))


def test_servers_see_that_it_takes_parts(exported):
    """By a loop over `message['content']`, which is how both tell."""
    template = (exported / "chat_template.jinja").read_text(encoding="utf-8")
    parsed = _compile_jinja_template(template).environment.parse(template)
    loops = [
        loop.iter
        for loop in parsed.find_all(jinja2.nodes.For)
        if isinstance(loop.iter, jinja2.nodes.Getitem) and isinstance(loop.iter.arg, jinja2.nodes.Const)
    ]
    assert loops and {(loop.node.name, loop.arg.value) for loop in loops} == {("message", "content")}
    assert "audio" in template


@pytest.mark.parametrize("reader", [AutoProcessor, AutoTokenizer])
def test_parts_are_rendered_as_the_model_was_taught(exported, reader):
    """`{"type": "audio"}` alone stands for a recording, which goes to the model beside the prompt."""
    rendered = reader.from_pretrained(exported).apply_chat_template

    def prompt(*messages: dict) -> str:
        return rendered(list(messages), tokenize=False, add_generation_prompt=True)

    question = {"role": "user", "content": [{"type": "audio"}, part("What is it?")]}
    assert prompt(question) == PROMPT
    # vLLM makes parts of texts too.
    turns = [
        {"role": "system", "content": [part("Be brief.")]},
        {"role": "user", "content": [{"type": "audio"}, {"type": "audio"}, part("Which is louder?")]},
        {"role": "assistant", "content": [part("The first.")]},
        {"role": "user", "content": [part("Sure?")]},
    ]
    assert prompt(*turns) == (
        f"<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nAudio 1: {PLACEHOLDER}\nAudio 2: {PLACEHOLDER}\n"
        "Which is louder?<|im_end|>\n<|im_start|>assistant\nThe first.<|im_end|>\n<|im_start|>user\nSure?<|im_end|>\n"
        "<|im_start|>assistant\n"
    )
    assert prompt({"role": "user", "content": f"Audio 1: {PLACEHOLDER}\nWhat is it?"}) == PROMPT


def test_the_template_as_sglang_reads_its_file_is_the_same(exported):
    """`--chat-template FILE` reads it without its last line break, and makes line breaks of `\\n`."""
    read = (exported / "chat_template.jinja").read_text(encoding="utf-8").strip("\n").replace("\\n", "\n")
    tokenizer = AutoTokenizer.from_pretrained(exported)
    tokenizer.chat_template = read
    question = [{"role": "user", "content": [{"type": "audio"}, part("What is it?")]}]
    assert tokenizer.apply_chat_template(question, tokenize=False, add_generation_prompt=True) == PROMPT


def test_the_stock_class_answers_the_rendered_prompt(exported, model, encode, ask_about, clips):
    """With the placeholders that transformers' own processor makes of one: the answer is our class's."""
    reader = AutoProcessor.from_pretrained(exported)
    assert type(reader).__name__ == "Qwen2AudioProcessor"
    (clip,) = clips(2.0)
    inputs = reader(text=[PROMPT], audio=[clip], sampling_rate=16000, return_tensors="pt", padding=True)
    ours = encode(ask_about(clip))
    assert torch.equal(inputs["input_ids"], ours["input_ids"])
    stock = Qwen2AudioForConditionalGeneration.from_pretrained(exported).eval()
    length = inputs["input_ids"].shape[1]
    written = stock.generate(**inputs, do_sample=False, max_new_tokens=12)[0, length:]
    assert torch.equal(written, model.generate(**ours, do_sample=False, max_new_tokens=12)[0, length:])
    silent = {**inputs, "input_features": 0 * inputs["input_features"]}
    assert not torch.equal(written, stock.generate(**silent, do_sample=False, max_new_tokens=12)[0, length:])
