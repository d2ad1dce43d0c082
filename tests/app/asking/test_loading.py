"""A model that is not there is one sentence, said soon, whether it was meant as a folder or as a repository."""

from __future__ import annotations

import httpx
import pytest
from huggingface_hub import HfApi, constants
from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError

from app.asking.loading import load_processor


@pytest.fixture
def online(monkeypatch, tmp_path):
    """The Hub may be asked: a closed port of this machine, unless a test says otherwise; nothing is in the cache."""
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:1")


def test_a_hub_that_cannot_be_asked(online):
    with pytest.raises(OSError, match=r"no folder demo/nope, and the Hub cannot be asked .* \(ConnectError\)"):
        load_processor("demo/nope")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RepositoryNotFoundError, "There is no folder demo/nope, and no repository of that name on the Hub"),
        (RevisionNotFoundError, "The repository demo/nope has no revision abc"),
    ],
)
def test_a_repository_or_revision_that_is_not_there(online, monkeypatch, error, said):
    def refuse(self, name, revision, timeout):
        request = httpx.Request("GET", "http://127.0.0.1:1")
        raise error("404", response=httpx.Response(404, request=request))

    monkeypatch.setattr(HfApi, "model_info", refuse)
    with pytest.raises(FileNotFoundError, match=said):
        load_processor("demo/nope", "abc")
