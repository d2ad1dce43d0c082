"""Repositories as the Hub keeps them: commits of files over branches, contents by hash. Knows nothing of HTTP."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


LARGE = (".safetensors", ".parquet", ".png", ".flac", ".wav", ".bin", ".pt")
"""Kept by LFS whatever their size, as a new repository's .gitattributes says."""
LARGE_BYTES = 10 * 1024 * 1024
ATTRIBUTES = b"*.safetensors filter=lfs diff=lfs merge=lfs -text\n"


class Refused(Exception):
    """A request that the Hub does not answer with 200: status, its error code, and what it says."""

    def __init__(self, status: int, message: str, code: str | None = None, commit: str | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.commit = status, message, code, commit


@dataclass(frozen=True)
class Entry:
    """A file of a commit: sha1 of git of a small one, sha256 of one that LFS keeps; size in bytes."""

    oid: str
    size: int
    large: bool


@dataclass(frozen=True)
class Commit:
    oid: str
    title: str
    files: Mapping[str, Entry]


@dataclass
class Repository:
    """One of the Hub's: its commits by hash, and branches."""

    kind: str
    name: str
    private: bool
    sdk: str | None
    commits: dict[str, Commit] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)

    def commit_of(self, revision: str) -> Commit:
        """The commit that a branch or a hash names."""
        found = self.commits.get(self.branches.get(revision, revision))
        if found is None:
            raise Refused(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return found

    def entry_of(self, revision: str, path: str) -> tuple[Commit, Entry]:
        """A file at a revision."""
        commit = self.commit_of(revision)
        if path not in commit.files:
            raise Refused(404, "Entry not found", "EntryNotFound", commit.oid)
        return commit, commit.files[path]

    def add_commit(self, branch: str, title: str, files: Mapping[str, Entry]) -> Commit:
        """Put a commit on a branch; its hash is that of what it says and holds."""
        parent = self.branches.get(branch, "")
        content = json.dumps([parent, title, sorted((name, entry.oid) for name, entry in files.items())])
        commit = Commit(hashlib.sha1(content.encode()).hexdigest(), title, dict(files))
        self.commits[commit.oid] = commit
        self.branches[branch] = commit.oid
        return commit


class Repositories:
    """All that a Hub holds.

    Args:
        owners: names of the user and of the organisations that he may write to; the first is the user's.
    """

    def __init__(self, owners: tuple[str, ...]) -> None:
        self.owners = owners
        self.contents: dict[str, bytes] = {}
        """By sha1 of git, or sha256."""
        self._held: dict[tuple[str, str], Repository] = {}

    def create(self, kind: str, name: str, private: bool, sdk: str | None) -> Repository:
        """A new repository, which holds .gitattributes."""
        if name.partition("/")[0] not in self.owners:
            raise Refused(403, f"You don't have the rights to create a {kind} under the namespace {name}")
        if (kind, name) in self._held:
            raise Refused(409, f"You already created this {kind} repo: {name}")
        if kind == "space" and sdk is None:
            raise Refused(400, '"sdk" is required')
        made = self._held[kind, name] = Repository(kind, name, private, sdk)
        made.add_commit("main", "initial commit", {".gitattributes": self.keep(ATTRIBUTES)})
        return made

    def get(self, kind: str, name: str, signed_in: bool) -> Repository:
        """A repository that is there, for one who may see it."""
        found = self._held.get((kind, name))
        if found is None or (found.private and not signed_in):
            raise Refused(404 if signed_in else 401, "Repository not found", "RepoNotFound")
        return found

    def keep(self, content: bytes) -> Entry:
        """Keep a small file."""
        oid = hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()
        self.contents[oid] = content
        return Entry(oid, len(content), False)

    def commit(
        self, repository: Repository, revision: str, lines: Iterable[Mapping[str, Any]], elsewhere: bool = False
    ) -> Commit:
        """Commit the lines that `/commit` is sent; all or nothing. `elsewhere`: large files lie in another store."""
        if revision not in repository.branches:
            raise Refused(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        files = dict(repository.commit_of(revision).files)
        title = ""
        for line in lines:
            value = line["value"]
            if line["key"] == "header":
                title = value["summary"]
            elif line["key"] == "file":
                files[value["path"]] = self.keep(base64.b64decode(value["content"], validate=True))
            elif line["key"] == "lfsFile":
                if value["oid"] not in self.contents and not elsewhere:
                    raise Refused(400, f"Your push was rejected: {value['path']} is an LFS pointer to nothing")
                files[value["path"]] = Entry(value["oid"], value["size"], True)
            elif line["key"] == "deletedFile":
                del files[value["path"]]
            else:
                raise Refused(400, f"unknown key {line['key']}")
        return repository.add_commit(revision, title, files)

    def read(self, kind: str, name: str, revision: str = "main") -> dict[str, bytes]:
        """The files of a repository by path, without .gitattributes."""
        files = self.get(kind, name, signed_in=True).commit_of(revision).files
        return {path: self.contents[entry.oid] for path, entry in files.items() if path != ".gitattributes"}


def is_large(path: str, size: int) -> bool:
    """Whether the Hub keeps a file by LFS."""
    return size >= LARGE_BYTES or path.endswith(LARGE)
