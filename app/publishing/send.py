"""Sends a plan to the Hub, in a way that a second call goes on where a first one broke off.

Contents are kept by their hash there: what has arrived is not sent again, and a commit comes after all that it names.
Of a data set the shards are committed in parts, and the card, which names them, last; all else is one commit. The card
of a model pins the commit that holds its code and weights, and so comes in a second one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import Any

from app.publishing.plan import CARD, Plan
from app.publishing.refusals import refusals, signed_in


COMMIT = re.compile(r"[0-9a-f]{40}")
PINNED = re.compile(r'^revision = "([0-9a-f]{40})"$', re.MULTILINE)


@dataclass(frozen=True)
class Sent:
    """Where it is: address, and the commit that users pin; `card_commit` is the later one of the card, if there is."""

    address: str
    commit: str
    card_commit: str
    beside: tuple[str, ...]
    """Files that were in the repository before, and that the plan does not name."""


def send(plan: Plan, private: bool = False, revision: str | None = None) -> Sent:
    """Make repository and branch where they are not there, and send the files.

    Args:
        plan: what is sent.
        private: make a new repository private.
        revision: the branch; main without it.

    Raises:
        ValueError: there is no token, the Hub does not take it, or the repository is public and was asked to be
            private.
        ConnectionError: the connection broke.
    """
    if revision is not None and COMMIT.fullmatch(revision):
        raise ValueError(f"--revision {revision} is a commit; name a branch, which is made if it is not there.")
    from huggingface_hub import HfApi

    api = HfApi()
    user = signed_in(api)
    with refusals(api, plan.repository, user):
        address = _make(api, plan, private, revision)
        commit, card_commit = _send_files(api, plan, revision or "main")
        there = api.list_repo_files(plan.repository, repo_type=plan.kind, revision=card_commit)
    planned = {file.name for file in plan.files}
    beside = tuple(name for name in there if name not in planned and name != ".gitattributes")
    return Sent(address, commit, card_commit, beside)


def _make(api: Any, plan: Plan, private: bool, revision: str | None) -> str:
    """Make the repository and the branch; returns the address."""
    options = {"space_sdk": "gradio"} if plan.kind == "space" else {}
    made = api.create_repo(plan.repository, repo_type=plan.kind, private=private or None, exist_ok=True, **options)
    if private and not api.repo_info(plan.repository, repo_type=plan.kind).private:
        raise ValueError(
            f"{plan.repository} is there and public, which --private does not change: make it private in its "
            "settings on the Hub, or name another repository."
        )
    if revision is not None and revision != "main":
        api.create_branch(plan.repository, repo_type=plan.kind, branch=revision, exist_ok=True)
    return str(made)


def _send_files(api: Any, plan: Plan, branch: str) -> tuple[str, str]:
    """The commit to be pinned and the one with the card."""
    what = f"audio-reasoner publish {plan.kind}"
    if plan.kind == "dataset":
        names = [escape(file.name) for file in plan.files if file.name != CARD]
        api.upload_folder(
            repo_id=plan.repository,
            repo_type=plan.kind,
            folder_path=plan.folder,
            revision=branch,
            allow_patterns=names,
            commit_message=f"{what}: rows",
        )
        commit = _commit(api, plan, branch, f"{what}: card", [(CARD, plan.card)])
        return commit, commit
    if plan.card_for is None:
        commit = _commit(api, plan, branch, what, [(file.name, file.content) for file in plan.files])
        return commit, commit
    before = api.repo_info(plan.repository, repo_type=plan.kind, revision=branch).sha
    others = [(file.name, file.content) for file in plan.files if file.name != CARD]
    commit = _commit(api, plan, branch, what, others)
    if commit == before:
        commit = _pinned_before(api, plan, commit)
    return commit, _commit(api, plan, branch, f"{what}: card", [(CARD, plan.card_for(commit))])


def _commit(api: Any, plan: Plan, branch: str, message: str, contents: list[tuple[str, Any]]) -> str:
    """Commit files, those that are as they were left out; returns the branch's commit."""
    from huggingface_hub import CommitOperationAdd

    operations = [
        CommitOperationAdd(name, content.encode() if isinstance(content, str) else content)
        for name, content in contents
    ]
    made = api.create_commit(plan.repository, operations, commit_message=message, repo_type=plan.kind, revision=branch)
    return made.oid


def _pinned_before(api: Any, plan: Plan, commit: str) -> str:
    """The commit that the card pins already, if it holds the same files as the branch, where nothing was changed."""
    from huggingface_hub.errors import RemoteEntryNotFoundError, RevisionNotFoundError

    def files(revision: str) -> dict[str, str]:
        tree = api.list_repo_tree(plan.repository, recursive=True, revision=revision, repo_type=plan.kind)
        return {entry.path: entry.blob_id for entry in tree if hasattr(entry, "blob_id") and entry.path != CARD}

    try:
        path = api.hf_hub_download(plan.repository, CARD, repo_type=plan.kind, revision=commit)
        found = PINNED.search(Path(path).read_text(encoding="utf-8"))
        if found is not None and files(found[1]) == files(commit):
            return found[1]
    except (RemoteEntryNotFoundError, RevisionNotFoundError):
        pass
    return commit
