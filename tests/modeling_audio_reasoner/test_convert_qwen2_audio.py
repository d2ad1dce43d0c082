"""From transformers' own class to ours and back, without a changed bit."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    AutoModel,
    AutoProcessor,
    Qwen2AudioForConditionalGeneration,
    Qwen2AudioProcessor,
    WhisperFeatureExtractor,
)

from modeling_audio_reasoner import SYSTEM_PROMPT
from modeling_audio_reasoner.convert_qwen2_audio import convert_qwen2_audio, file_name
from modeling_audio_reasoner.safetensors_files import read_weight_files


@pytest.fixture(scope="module")
def source(stock, tokenizer, tmp_path_factory) -> Path:
    """A whole folder of transformers' own class in bfloat16, in several files."""
    folder = tmp_path_factory.mktemp("source")
    model = Qwen2AudioForConditionalGeneration(stock.config)
    model.load_state_dict(stock.state_dict())
    model.bfloat16().save_pretrained(folder, max_shard_size="100KB")
    extractor = WhisperFeatureExtractor(feature_size=128, return_attention_mask=True)
    Qwen2AudioProcessor(extractor, tokenizer).save_pretrained(folder)
    assert len(list(folder.glob("*.safetensors"))) > 2
    return folder


def tensors(folder: Path) -> dict[str, torch.Tensor]:
    return {name: tensor for file in read_weight_files(folder) for name, tensor in load_file(file.path).items()}


def assert_same_bits(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> None:
    assert one.keys() == other.keys()
    for name, tensor in one.items():
        assert tensor.dtype == other[name].dtype
        assert torch.equal(tensor, other[name]), name


def test_a_converted_folder_answers_as_the_stock_class(source, tmp_path, ask_about, clips):
    assert convert_qwen2_audio(source, tmp_path / "ours") > 0
    model, report = AutoModel.from_pretrained(
        tmp_path / "ours", trust_remote_code=True, output_loading_info=True, dtype=torch.float32
    )
    assert not any(report[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    processor = AutoProcessor.from_pretrained(tmp_path / "ours", trust_remote_code=True)
    stock = Qwen2AudioForConditionalGeneration.from_pretrained(source, dtype=torch.float32).eval()
    (clip,) = clips(2.0)
    inputs = processor.apply_chat_template(
        ask_about(clip), tokenize=True, return_dict=True, add_generation_prompt=True, return_tensors="pt"
    )
    assert SYSTEM_PROMPT in processor.tokenizer.decode(inputs["input_ids"][0])
    whisper = WhisperFeatureExtractor(feature_size=128)(
        clip, sampling_rate=16000, return_attention_mask=True, return_tensors="pt"
    )
    features = {"input_features": whisper["input_features"], "feature_attention_mask": whisper["attention_mask"]}
    with torch.no_grad():
        expected = stock(**{**inputs, **features}).logits
        torch.testing.assert_close(model.eval()(**inputs).logits, expected, atol=1e-5, rtol=0)
    assert model.generation_config.max_new_tokens == 2048 and not model.generation_config.do_sample
    assert model.generation_config.suppress_tokens == [processor.audio_token_id]


def test_there_and_back_no_bit_changes(source, tokenizer, tmp_path):
    convert_qwen2_audio(source, tmp_path / "ours")
    convert_qwen2_audio(tmp_path / "ours", tmp_path / "back", to="qwen2_audio")
    expected = {file_name(name): tensor for name, tensor in tensors(source).items()}
    assert_same_bits(tensors(tmp_path / "back"), expected)
    model, report = Qwen2AudioForConditionalGeneration.from_pretrained(tmp_path / "back", output_loading_info=True)
    assert not any(report[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    assert model.dtype == torch.bfloat16
    processor = AutoProcessor.from_pretrained(tmp_path / "back")
    assert type(processor) is Qwen2AudioProcessor
    text = "<|im_start|>user\nAudio 1: <|audio_bos|><|AUDIO|><|audio_eos|>\nWas ist das?"
    assert processor.tokenizer(text).input_ids == tokenizer(text).input_ids
    assert not list((tmp_path / "back").glob("*.py"))


@pytest.mark.parametrize("shards", ["one file", "several"])
def test_a_tied_head_gets_a_tensor_of_its_own(model, processor, tmp_path, encode, ask_about, clips, shards):
    """transformers' own class would leave the head of a model that ties it at random."""
    config = type(model.config)(
        model.config.audio_config,
        {**model.config.text_config.to_dict(), "tie_word_embeddings": True},
        audio_token_id=model.config.audio_token_id,
    )
    tied = type(model)(config).eval()
    assert tied.lm_head.weight is tied.get_input_embeddings().weight
    folder = tmp_path / "tied"
    tied.save_pretrained(folder, **({"max_shard_size": "100KB"} if shards == "several" else {}))
    processor.save_pretrained(folder)
    convert_qwen2_audio(folder, tmp_path / "stock", to="qwen2_audio")
    stock, report = Qwen2AudioForConditionalGeneration.from_pretrained(tmp_path / "stock", output_loading_info=True)
    assert not any(report[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    assert torch.equal(stock.lm_head.weight, tied.lm_head.weight)
    assert torch.equal(stock.get_input_embeddings().weight, tied.lm_head.weight)
    convert_qwen2_audio(tmp_path / "stock", tmp_path / "back")
    again = AutoModel.from_pretrained(tmp_path / "back", trust_remote_code=True).eval()
    inputs = encode(ask_about(*clips(1.0)))
    with torch.no_grad():
        assert torch.equal(again(**inputs).logits, tied(**inputs).logits)


def test_names_as_transformers_5_17_wrote_them_are_read_too(source, tmp_path):
    """Until 5.22 Qwen2-Audio's class wrote `language_model.model.model.*`."""
    folder = tmp_path / "old"
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("*.safetensors*"))
    expected = {file_name(name): tensor for name, tensor in tensors(source).items()}
    old = {name.replace("language_model.model.", "language_model.model.model."): t for name, t in expected.items()}
    assert old.keys() != expected.keys()
    save_file(old, folder / "model.safetensors", metadata={"format": "pt"})
    convert_qwen2_audio(folder, tmp_path / "ours")
    assert_same_bits(tensors(tmp_path / "ours"), expected)


def test_names_as_they_are_in_memory_are_read_too(stock, source, tmp_path):
    """What `save_file(model.state_dict())` writes, against what `save_pretrained` does."""
    folder = tmp_path / "memory"
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("*.safetensors*"))
    state = {name: tensor.clone() for name, tensor in stock.state_dict().items()}
    assert "model.language_model.norm.weight" in state
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    convert_qwen2_audio(folder, tmp_path / "ours")
    assert_same_bits(tensors(tmp_path / "ours"), {file_name(name): tensor for name, tensor in state.items()})
    _, report = AutoModel.from_pretrained(tmp_path / "ours", trust_remote_code=True, output_loading_info=True)
    assert not any(report[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"))


def cut(folder: Path) -> None:
    path = sorted(folder.glob("*.safetensors"))[0]
    path.write_bytes(path.read_bytes()[:-10])


def lose_a_file(folder: Path) -> None:
    sorted(folder.glob("*.safetensors"))[0].unlink()


def lose_a_tensor(folder: Path) -> None:
    path = sorted(folder.glob("*.safetensors"))[0]
    state = load_file(path)
    state.pop(next(iter(state)))
    save_file(state, path)


def add_a_tensor(folder: Path) -> None:
    path = sorted(folder.glob("*.safetensors"))[0]
    save_file({**load_file(path), "lora_A.weight": torch.zeros(2)}, path)


def reshape_a_tensor(folder: Path) -> None:
    path = sorted(folder.glob("*.safetensors"))[0]
    state = load_file(path)
    name = next(iter(state))
    save_file({**state, name: torch.zeros(1)}, path)


def rename_the_model(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "llama"}), encoding="utf-8")


def lose_the_processor(folder: Path) -> None:
    for name in ("preprocessor_config.json", "processor_config.json"):
        (folder / name).unlink(missing_ok=True)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (cut, r"has [\d,]+ bytes where its header announces [\d,]+: fetch it again"),
        (lose_a_file, "lacks model-00001-of-.*, which model.safetensors.index.json names"),
        (lose_a_tensor, "lacks 1 of the model's tensors, such as"),
        (add_a_tensor, "holds 1 tensors that the model has not, such as lora_A.weight"),
        (reshape_a_tensor, r"with the shape \[1\] where config.json asks for"),
        (rename_the_model, "holds a model of type 'llama': to write 'audio_reasoner', name one of type 'qwen2_audio'"),
        (lose_the_processor, "holds no preprocessor_config.json"),
    ],
)
def test_a_damaged_source_is_one_sentence_and_writes_nothing(source, tmp_path, damage, message):
    folder = tmp_path / "source"
    shutil.copytree(source, folder)
    damage(folder)
    with pytest.raises(ValueError, match=message):
        convert_qwen2_audio(folder, tmp_path / "ours")
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_no_tensor_is_held_in_memory(tmp_path):
    """A sparse file of 3 GB is copied with a few chunks of memory; nothing of its size is ever allocated."""
    import tracemalloc

    from modeling_audio_reasoner.safetensors_files import CHUNK, copy_renamed, read_weight_file

    size = 3 * 10**9
    header = json.dumps({"a.weight": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    path = tmp_path / "model.safetensors"
    with path.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.truncate(8 + len(header) + size)
    tracemalloc.start()
    copied = 0
    for count in copy_renamed(read_weight_file(path), tmp_path / "copy.safetensors", lambda name: f"b.{name}"):
        copied += count
        if copied > 10 * CHUNK:
            break
    assert tracemalloc.get_traced_memory()[1] < 4 * CHUNK
    tracemalloc.stop()


CONVERTED = """
import sys
sys.path.insert(0, "benchmarks")
import torch
from measuring import peak_bytes
from modeling_audio_reasoner.convert_qwen2_audio import convert_qwen2_audio
small, large, target = sys.argv[1:]
for source in (small, large):  # the first loads what a conversion imports
    print(peak_bytes(lambda: convert_qwen2_audio(source, target)))
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the system does not count a process's peak")
@pytest.mark.skipif(torch.cuda.is_available(), reason="with a GPU its memory is what would be counted")
def test_a_conversion_takes_less_than_two_of_its_files(source, stock, repository, tmp_path):
    """The peak of the whole process, over a folder of many files."""
    shutil.copytree(source, tmp_path / "large", ignore=shutil.ignore_patterns("*.safetensors*"))
    config = copy.deepcopy(stock.config)
    sizes = {"hidden_size": 512, "intermediate_size": 4096, "num_hidden_layers": 10}
    config.text_config = type(config.text_config)(**{**config.text_config.to_dict(), **sizes, "layer_types": None})
    with torch.device("meta"):  # the values say nothing, and drawing them would take seconds
        model = Qwen2AudioForConditionalGeneration(config).bfloat16()
    model.to_empty(device="cpu").save_pretrained(tmp_path / "large", max_shard_size="16MB")
    files = [path.stat().st_size for path in (tmp_path / "large").glob("*.safetensors")]
    assert len(files) >= 8 and sum(files) > 4 * 2 * max(files)
    command = [sys.executable, "-c", CONVERTED, source, tmp_path / "large", tmp_path / "ours"]
    done = subprocess.run(command, cwd=repository, check=True, stdout=subprocess.PIPE, text=True)
    assert int(done.stdout.split()[-1]) < 2 * max(files)
    assert sum(path.stat().st_size for path in (tmp_path / "ours").glob("*.safetensors")) > 0.99 * sum(files)


def test_a_source_is_never_replaced(source, tmp_path):
    folder = tmp_path / "outer" / "model"
    shutil.copytree(source, folder)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    for destination in (folder, folder.parent, folder / ".." / "model"):
        with pytest.raises(ValueError, match="is or holds the source, which it would replace"):
            convert_qwen2_audio(folder, destination)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_files_that_are_no_models_are_not_replaced(source, tmp_path):
    """A folder that was converted before is; one that holds notes beside a model is not."""
    for _ in range(2):
        convert_qwen2_audio(source, tmp_path / "ours")
        convert_qwen2_audio(tmp_path / "ours", tmp_path / "theirs", to="qwen2_audio")
    (tmp_path / "ours" / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="ours also holds notes.txt: move that away"):
        convert_qwen2_audio(source, tmp_path / "ours")
    assert (tmp_path / "ours" / "notes.txt").read_text() == "mine"
