"""Tokens, private repositories, branches, what was there before: each over HTTP."""

from __future__ import annotations

import re

import pytest

from app.publishing.model import plan_model
from app.publishing.plan import Plan, PlannedFile
from app.publishing.send import send
from evaluation.card import CardSettings


@pytest.fixture
def plan(tiny_model) -> Plan:
    return plan_model(tiny_model, "org/tiny", CardSettings())


@pytest.mark.parametrize(
    ("token", "said"),
    [
        (None, r"There is no token for http://127.0.0.1:\d+: set HF_TOKEN .* or run `hf auth login`\."),
        (
            "hf_wrong",
            r"does not take the token in HF_TOKEN: set HF_TOKEN to one that may write .*or run `hf auth login",
        ),
    ],
)
def test_a_token_that_does_not_serve_is_one_sentence(hub, publish, space, monkeypatch, token, said):
    monkeypatch.delenv("HF_TOKEN")
    if token is not None:
        monkeypatch.setenv("HF_TOKEN", token)
    result = publish("space", space, "org/listen")
    assert result.exit_code == 1
    (sentence,) = [line for line in result.output.splitlines() if line.startswith("audio-reasoner: ")]
    assert re.search(said, sentence), sentence
    assert "hf_wrong" not in result.output
    assert [request for request in hub.requests if "whoami" not in request] == []


def test_a_name_that_the_token_may_not_write_to(hub, publish, space):
    result = publish("space", space, "someone-else/listen")
    assert result.exit_code == 1
    assert "The token of tester may not write to someone-else/listen" in result.output


def test_a_hub_that_is_not_there(publish, space, monkeypatch, hub):
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    result = publish("space", space, "org/listen")
    assert result.exit_code == 1 and "The connection to http://127.0.0.1:9 broke" in result.output


def test_offline_is_said(publish, space, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_any")
    result = publish("space", space, "org/listen")
    assert result.exit_code == 1 and "HF_HUB_OFFLINE is set, so nothing is sent: unset it." in result.output


def test_private_is_for_new_repositories_and_is_never_missed(hub, plan):
    send(plan, private=True)
    assert hub.repository("model", "org/tiny").private
    with pytest.raises(Exception, match="Repository not found"):
        hub.repositories.get("model", "org/tiny", signed_in=False)
    send(plan, private=True)
    public = Plan("model", plan.folder, "org/open", plan.files, card_for=plan.card_for)
    send(public)
    before = len(hub.repository("model", "org/open").commits)
    with pytest.raises(ValueError, match="org/open is there and public, which --private does not change"):
        send(public, private=True)
    assert len(hub.repository("model", "org/open").commits) == before


def test_a_branch_is_made_and_main_stays_as_it_was(hub, plan):
    sent = send(plan, revision="v1")
    repository = hub.repository("model", "org/tiny")
    assert set(repository.branches) == {"main", "v1"}
    assert hub.read("model", "org/tiny") == {}
    assert set(hub.read("model", "org/tiny", "v1")) == {file.name for file in plan.files}
    assert sent.card_commit == repository.branches["v1"]
    again = send(plan, revision="v1")
    assert (again.commit, again.card_commit) == (sent.commit, sent.card_commit)
    with pytest.raises(ValueError, match="is a commit; name a branch"):
        send(plan, revision=sent.commit)


def test_the_card_pins_the_commit_that_holds_the_model(hub, plan, tiny_model):
    first = send(plan)
    assert f'revision = "{first.commit}"' in hub.read("model", "org/tiny")["README.md"].decode()
    assert first.commit != first.card_commit
    uploads = list(hub.uploads)

    assert send(plan) == first, "nothing changed, nothing is committed"
    assert hub.uploads == uploads

    changed = tuple(
        PlannedFile(file.name, b"{}") if file.name == "generation_config.json" else file for file in plan.files
    )
    third = send(Plan("model", plan.folder, "org/tiny", changed, card_for=plan.card_for))
    assert third.commit not in (first.commit, first.card_commit)
    assert f'revision = "{third.commit}"' in hub.read("model", "org/tiny")["README.md"].decode()
    assert hub.read("model", "org/tiny", third.commit)["generation_config.json"] == b"{}"
    assert hub.uploads == uploads, "weights that are there are not sent again"


def test_files_broken_off_before_the_card_are_pinned_by_the_next_call(hub, plan):
    send(plan)
    changed = tuple(
        PlannedFile(file.name, b"{}") if file.name == "generation_config.json" else file for file in plan.files
    )

    def stop(revision: str) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send(Plan("model", plan.folder, "org/tiny", changed, card_for=stop))
    left = hub.repository("model", "org/tiny").branches["main"]
    sent = send(Plan("model", plan.folder, "org/tiny", changed, card_for=plan.card_for))
    assert sent.commit == left
    assert f'revision = "{left}"' in hub.read("model", "org/tiny")["README.md"].decode()


def test_what_was_there_before_is_named(hub, plan):
    files = (*plan.files, PlannedFile("pytorch_model.bin", b"old"))
    send(Plan("model", plan.folder, "org/tiny", files, card_for=plan.card_for))
    assert send(plan).beside == ("pytorch_model.bin",)


def test_a_space_is_sent_as_one(hub, publish, space):
    result = publish("space", space, "org/listen")
    assert result.exit_code == 0, result.output
    repository = hub.repository("space", "org/listen")
    assert repository.sdk == "gradio"
    assert hub.read("space", "org/listen") == {path.name: path.read_bytes() for path in space.iterdir()}
    assert f"/spaces/org/listen has it as commit {repository.branches['main']}." in result.output
