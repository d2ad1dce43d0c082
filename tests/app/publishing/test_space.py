"""A Space is a page of Gradio with what it needs, and nothing that belongs in another repository."""

from __future__ import annotations

import pytest

from app.publishing.space import plan_space


def test_a_dry_run_lists_files_and_card(publish, space):
    (space / "examples").mkdir()
    (space / "examples" / "bell.wav").write_bytes(b"RIFF")
    (space / ".gitignore").write_text("x\n")
    result = publish("space", space, "org/listen", "--dry-run")
    assert result.exit_code == 0, result.output
    assert "examples/bell.wav" in result.output and "sdk: gradio" in result.output
    assert "Not sent: .gitignore." in result.output
    assert "4 files, 0.0 MB, would be sent to the Space org/listen." in result.output


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("README.md", None, "no README.md, whose metadata says what the repository is"),
        ("README.md", "# Listen\n", "no metadata between two lines"),
        ("README.md", "---\nsdk: docker\n---\n", "`sdk` is 'docker'; a Space that is sent has `sdk: gradio`"),
        ("README.md", "---\nsdk: gradio\napp_file: page.py\n---\n", "`app_file` is 'page.py', and the folder has no"),
        ("README.md", "---\nsdk: [gradio\n---\n", "its metadata is no YAML"),
        ("requirements.txt", None, "no requirements.txt; list what app.py imports"),
        ("model.safetensors", "x", "weights, data and pickles are not part of a Space"),
        ("state.pkl", "x", "weights, data and pickles are not part of a Space"),
    ],
)
def test_what_is_no_space_is_refused(space, name, content, said):
    if content is None:
        (space / name).unlink()
    else:
        (space / name).write_text(content)
    with pytest.raises(ValueError, match=said):
        plan_space(space, "org/listen")


def test_code_that_is_not_pinned_is_said(space):
    (space / "app.py").write_text('AutoModel.from_pretrained("org/tiny", trust_remote_code=True)\n')
    assert any("Pin it to a commit" in note for note in plan_space(space, "org/listen").notes)
    (space / "app.py").write_text('AutoModel.from_pretrained("org/tiny", revision="x", trust_remote_code=True)\n')
    assert plan_space(space, "org/listen").notes == ()


def test_a_secret_in_a_page_is_found(publish, space):
    (space / "app.py").write_text(f'client = Client(api_key="sk-proj-{"aB3" * 10}")\n')
    result = publish("space", space, "org/listen", "--dry-run")
    assert result.exit_code == 1 and "app.py, line 1: a key of OpenAI, sk-p…" in result.output


def test_a_folder_that_is_not_there(publish, tmp_path):
    result = publish("space", tmp_path / "none", "org/listen", "--dry-run")
    assert result.exit_code == 1 and "none is not there: name the folder of a Space." in result.output
