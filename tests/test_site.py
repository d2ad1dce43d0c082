"""The site: every page is in it, all links lead somewhere, and links to code lead to the repository or are text."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest


pytest.importorskip("mkdocs", reason="mkdocs-material is not installed (Python 3.11 or newer)")


def built(repository: Path, site: Path, **environment: str) -> Path:
    """The site, of which every warning is an error: a link or an anchor to nowhere, a page that is left out."""
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(site)],
        cwd=repository,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"} | environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return site


def test_every_page_is_there_and_the_first_is_the_readme(repository: Path, tmp_path: Path) -> None:
    site = built(repository, tmp_path / "site")
    pages = {path.parent.name for path in site.glob("*/index.html")}
    assert pages >= {path.stem for path in (repository / "docs").glob("*.md")}
    first = (site / "index.html").read_text(encoding="utf-8")
    assert "An audio language model that thinks in writing before it answers" in first
    assert 'href="evaluate/"' in first and 'src="images/page-desktop-light.png"' in first
    # No address of the repository is known, so a link to code is its name.
    model = (site / "model" / "index.html").read_text(encoding="utf-8")
    assert re.search(r"The code in\s+<code>modeling_audio_reasoner</code>", model)


def test_links_to_code_lead_to_the_repository(repository: Path, tmp_path: Path) -> None:
    site = built(repository, tmp_path / "site", REPOSITORY_URL="https://example.org/ours")
    prompts = (site / "prompts" / "index.html").read_text(encoding="utf-8")
    assert 'href="https://example.org/ours/blob/main/dataset_builder/prompts/annotate.md"' in prompts
    first = (site / "index.html").read_text(encoding="utf-8")
    assert 'href="https://example.org/ours/blob/main/LICENSE"' in first
