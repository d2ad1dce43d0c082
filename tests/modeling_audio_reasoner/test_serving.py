"""The folder in transformers' own pipeline and its own server, in processes that know nothing of this package."""

from __future__ import annotations

import base64
import io
import os
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request

import pytest
import soundfile


TOKENS = 8


@pytest.fixture(scope="module")
def folder(model, processor, tmp_path_factory):
    path = tmp_path_factory.mktemp("served") / "model"
    model.save_pretrained(path)
    processor.save_pretrained(path)
    return path


@pytest.fixture
def recording(clips):
    """A WAV file in bytes, and its samples as a reader gets them."""
    file = io.BytesIO()
    soundfile.write(file, clips(1.5)[0], 16000, format="WAV", subtype="PCM_16")
    return file.getvalue(), soundfile.read(io.BytesIO(file.getvalue()), dtype="float32")[0]


@pytest.fixture
def expected(model, processor, encode, ask_about, recording):
    """What the model answers about the recording, greedily, and about silence."""

    def answer(waveform):
        inputs = encode(ask_about(waveform))
        tokens = model.generate(**inputs, do_sample=False, max_new_tokens=TOKENS)
        return processor.tokenizer.decode(tokens[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)

    heard = answer(recording[1])
    assert heard != answer(0 * recording[1]), "the answer does not depend on the recording: nothing would be shown"
    return heard


def test_the_pipeline_hears(folder, recording, expected, ask_about, before_5_23):
    from transformers import pipeline

    if before_5_23:
        pytest.importorskip("librosa", reason="this transformers wants librosa for its pipeline: pip install librosa")
    pipe = pipeline("any-to-any", model=str(folder), trust_remote_code=True, device="cpu")
    settings = {"do_sample": False, "max_new_tokens": TOKENS}
    (found,) = pipe(ask_about(recording[1]), return_full_text=False, generate_kwargs=settings)
    assert found["generated_text"] == expected
    sound = {"data": base64.b64encode(recording[0]).decode(), "format": "wav"}
    parts = [{"type": "input_audio", "input_audio": sound}, {"type": "text", "text": "What is it?"}]
    messages = [{"role": "user", "content": parts}]
    (found,) = pipe(messages, return_full_text=False, generate_kwargs=settings)
    assert found["generated_text"] == expected
    with pytest.raises(ValueError, match="of type 'sound', which would be passed over"):
        pipe([{"role": "user", "content": [{"type": "sound", "sound": sound}]}], generate_kwargs=settings)


def test_the_pipeline_takes_a_list_and_no_batch(folder, ask_about, clips, before_5_23):
    """transformers' own padding puts features of different lengths together along the wrong axis: never in silence."""
    from transformers import pipeline

    if before_5_23:
        pytest.importorskip("librosa", reason="this transformers wants librosa for its pipeline: pip install librosa")
    pipe = pipeline("any-to-any", model=str(folder), trust_remote_code=True, device="cpu")
    options = {"return_full_text": False, "generate_kwargs": {"do_sample": False, "max_new_tokens": 3}}
    asked = [ask_about(clip) for clip in clips(0.4, 0.9)]
    alone = [pipe(messages, **options) for messages in asked]
    assert pipe(asked, **options) == alone
    with pytest.raises((RuntimeError, ValueError)):
        pipe(asked, batch_size=2, **options)


@pytest.fixture
def server(folder, tmp_path):
    """`transformers serve FOLDER` on a free port, as a user types it, from a folder of its own."""
    for package in ("fastapi", "uvicorn", "openai"):
        pytest.importorskip(package, reason="the server is not installed: pip install 'transformers[serving]'")
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    script = (
        f"import sys; sys.path.append({sysconfig.get_path('purelib')!r}); "
        "import importlib.util; assert importlib.util.find_spec('modeling_audio_reasoner') is None; "
        "from transformers.cli.transformers import main; main()"
    )
    command = ["serve", str(folder), "--trust-remote-code", "--device", "cpu", "--port", str(port)]
    log = (tmp_path / "log").open("w+")
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", script, *command],
        stdout=log,
        stderr=log,
        cwd=tmp_path,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_MODULES_CACHE": str(tmp_path / "modules")},
    )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(f"{address}/health", timeout=1)
                break
            except OSError:
                log.seek(0)
                assert process.poll() is None and time.monotonic() < deadline, log.read()[-3000:]
                time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(20)
        log.close()


def test_an_openai_client_is_answered_by_transformers_serve(server, folder, recording, expected):
    import openai

    client = openai.OpenAI(base_url=f"{server}/v1", api_key="none")
    sound = {"data": base64.b64encode(recording[0]).decode(), "format": "wav"}
    parts = [{"type": "input_audio", "input_audio": sound}, {"type": "text", "text": "What is it?"}]
    request = {
        "model": str(folder),
        "messages": [{"role": "user", "content": parts}],
        "temperature": 0,
        "max_tokens": TOKENS,
    }
    reply = client.chat.completions.create(**request)
    assert reply.choices[0].message.content == expected
    stream = client.chat.completions.create(**request, stream=True)
    pieces = [chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices]
    # The server leaves out the beginning of a character at the token limit.
    assert "".join(pieces) == expected.rstrip("\ufffd")
