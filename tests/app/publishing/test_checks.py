"""Secrets and absolute paths are found where they are, and nothing else is taken for one."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from app.publishing.checks import check_texts, findings
from app.publishing.machine_paths import found_paths
from app.publishing.plan import Plan, PlannedFile
from app.publishing.secrets import found_secrets


HOME = "/".join(("", "home", "ada"))
LETTERS = "aB3dE5gH7jK9mN1pQ2sT4vW6yZ8bC0fG"  # 32, of no one
SECRETS = [
    ("a token of Hugging Face", f"hf_{LETTERS}xY"),
    ("a key of OpenAI", f"sk-proj-{LETTERS}"),
    ("a key of OpenAI", f"sk-{LETTERS[:20]}T3BlbkFJ{LETTERS[:20]}"),
    ("a key of Anthropic", f"sk-ant-api03-{LETTERS}"),
    ("a key of OpenRouter", "sk-or-v1-" + "0123456789abcdef" * 4),
    ("a key of Google", f"AIza{LETTERS}xyz"),
    ("an access key of AWS", "AKIAIOSFODNN7EXAMPLE"),
    ("a token of GitHub", f"ghp_{LETTERS}wxyz"),
    ("a token of GitLab", f"glpat-{LETTERS[:20]}"),
    ("a token of Slack", f"xoxb-{LETTERS}"),
    ("a token of PyPI", f"pypi-AgEIcHlwaS5vcmc{LETTERS}{LETTERS}"),
    ("a private key", "-----BEGIN OPENSSH PRIVATE KEY-----"),
    ("a private key", "-----BEGIN PRIVATE KEY-----"),
    ("a JSON web token", f"eyJ{LETTERS}.eyJ{LETTERS}.{LETTERS}"),
]


@pytest.mark.parametrize(("what", "secret"), SECRETS)
def test_a_secret_is_found_in_a_text(what, secret):
    assert [(found, value) for _, found, value in found_secrets(f"before {secret} after")] == [(what, secret)]
    assert (8, what, secret) in list(found_secrets(f'{{"x":\n "{secret}"}}'))


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ('api_key="abcdefgh"', "abcdefgh"),
        ("WANDB_API_KEY: 0123456789abcdef0123456789abcdef01234567", "0123456789abcdef0123456789abcdef01234567"),
        (
            "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        ),
        ("postgres://me:s3cret@db.example.org/x", "s3cret"),
        ('"password": "correct-horse"', "correct-horse"),
    ],
)
def test_the_value_of_what_is_called_a_key_is_found(text, secret):
    assert secret in [value for _, _, value in found_secrets(text)]


@pytest.mark.parametrize(
    "text",
    [
        "api_key=os.environ['OPENAI_API_KEY']",
        "api_key_env: OPENAI_API_KEY",
        '"pad_token": "<|endoftext|>", "max_new_tokens": 512, "hf_device_map": null',
        "def call(api_key: str, password: str | None = None) -> None: ...",
        "a task-specific desk-job, https://host.example/a:b@c",
        "sha256 " + "0123456789abcdef" * 4,
        "The access token: what it is. His password is known.",
    ],
)
def test_what_is_no_secret_is_left_alone(text):
    assert list(found_secrets(text)) == []


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (f'"_name_or_path": "{HOME}/models/x"', f"{HOME}/models/x"),
        (f"see {HOME.replace('home', 'Users')}/x, please", HOME.replace("home", "Users") + "/x"),
        ("(/tmp/.cache/y)", "/tmp/.cache/y"),
        ("(/scratch/cache/y)", "/scratch/cache/y"),
        (f"file://{HOME}/z.wav", f"{HOME}/z.wav"),
        ("C:\\Users\\ada\\x", "C:\\Users\\ada\\x"),
        ('{"path": "D:\\\\Users\\\\ada"}', "D:\\\\Users\\\\ada"),
        ("kept in /srv/data/own/model/config.json", "/srv/data/own/model/config.json"),
        ("kept in /srv/data/owner", None),
        (f"https://example.org{HOME} and docs{HOME} and ~{HOME}", None),
        ("./tmp/x and ../work/y and /usr/share/z", None),
    ],
)
def test_paths_of_a_machine_are_found(text, path):
    assert [found for _, found in found_paths(text, [Path("/srv/data/own")])] == ([] if path is None else [path])


def plan_of(folder: Path, **contents: bytes | Path) -> Plan:
    files = tuple(PlannedFile(name.replace("_dot_", "."), content) for name, content in contents.items())
    return Plan("model", folder, "org/name", files)


def test_file_and_line_are_named_and_a_secret_is_not_repeated(tmp_path):
    token = f"hf_{LETTERS}xY"
    plan = plan_of(
        tmp_path, config_dot_json=f'{{\n"a": 1,\n"b": "{token}"}}'.encode(), README_dot_md=f"x\n{HOME}/y\n".encode()
    )
    with pytest.raises(ValueError) as caught:
        check_texts(plan)
    said = str(caught.value)
    assert f"config.json, line 3: a token of Hugging Face, hf_a… ({len(token)} characters)" in said
    assert f"README.md, line 2: the absolute path {HOME}/y" in said
    assert token not in said
    check_texts(plan, [token, f"{HOME}/y"])


def test_the_folders_own_path_is_found_wherever_it_lies(tmp_path):
    plan = plan_of(tmp_path, config_dot_json=json.dumps({"made in": str(tmp_path / "run")}).encode())
    with pytest.raises(ValueError, match=f"config.json, line 1: the absolute path {tmp_path}/run"):
        check_texts(plan)


def test_rows_are_searched_by_row_and_column(tmp_path):
    part = {"type": "audio", "text": None, "audio": {"bytes": f"{HOME}/in-bytes".encode(), "path": "clip.flac"}}
    heard = {"type": "audio", "text": None, "audio": {"bytes": b"", "path": f"{HOME}/clip.flac"}}
    rows = [
        {"id": "1", "messages": [{"content": [part]}], "teacher": "{}"},
        {"id": "2", "messages": [{"content": [part]}, {"content": [part, heard]}], "teacher": "{}"},
        {"id": "3", "messages": [], "teacher": f'{{"x": "hf_{LETTERS}xY"}}'},
    ]
    path = tmp_path / "rows.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path, row_group_size=2)
    assert list(findings(PlannedFile("data/rows.parquet", path), [], [])) == [
        f"data/rows.parquet, row 2, column messages: the absolute path {HOME}/clip.flac",
        "data/rows.parquet, row 3, column teacher: a token of Hugging Face, hf_a… (37 characters)",
    ]


def test_the_header_of_weights_is_searched(tmp_path):
    import torch
    from safetensors.torch import save_file

    path = tmp_path / "model.safetensors"
    save_file({"x": torch.zeros(2)}, path, metadata={"from": f"{HOME}/run"})
    assert list(findings(PlannedFile(path.name, path), [], [])) == [
        f"model.safetensors, its header: the absolute path {HOME}/run"
    ]
    path.write_bytes(b"\x80\x04 a pickle by another name")
    with pytest.raises(ValueError, match="model.safetensors is no safetensors file"):
        list(findings(PlannedFile(path.name, path), [], []))


def test_what_is_neither_text_nor_known_is_refused(tmp_path):
    with pytest.raises(ValueError, match="notes.dat is neither text nor a kind of file that is sent"):
        list(findings(PlannedFile("notes.dat", b"\xff\xfe\x00\x01"), [], []))


def test_a_build_that_names_its_recordings_by_their_place_is_not_sent(publish, cota, tmp_path):
    import shutil

    copy = shutil.copytree(cota, tmp_path / "cota")
    statistics = (copy / "statistics.json").read_text()
    (copy / "statistics.json").write_text(statistics.replace("recordings/score", "/data/ada/recordings/score"))
    assert "/data/ada" in (copy / "statistics.json").read_text()
    assert publish("dataset", copy, "org/cota", "--dry-run").exit_code == 0, "no place of this machine"
    (copy / "statistics.json").write_text(statistics.replace("recordings/score", f"{HOME}/recordings/score"))
    result = publish("dataset", copy, "org/cota", "--dry-run")
    assert result.exit_code == 1
    assert "statistics.json, line" in result.output and f"{HOME}/recordings/score" in result.output
