"""A hook of mkdocs: README.md is the site's first page, and links out of docs lead to the repository or nowhere.

The pages are written to be read in the repository, where `../evaluation` is a folder beside them. On the site such a
link goes to `repo_url`, and becomes plain text where none is set.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files


CODE_OR_LINK = re.compile(
    r"^```.*?^```|(?P<image>!?)\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<target>[^)\s#]*)(?P<anchor>#[^)\s]*)?\)|`[^`\n]*`",
    re.DOTALL | re.MULTILINE,
)
"""Whichever begins first: a link in code is code, and code in a link's text belongs to the link."""


def on_files(files: Files, config: Any) -> Files:
    """Put README.md in as index.md."""
    readme = Path(config.config_file_path).parent / "README.md"
    files.append(File.generated(config, "index.md", content=readme.read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """A page with its links as the site has them."""
    docs = Path(config.docs_dir)
    folder = "" if page.file.src_uri == "index.md" else posixpath.join(docs.name, posixpath.dirname(page.file.src_uri))

    def led(found: re.Match[str]) -> str:
        target = found["target"]
        if not target or "://" in target or target.startswith("mailto:"):
            return found[0]
        path = posixpath.normpath(posixpath.join(folder, target))
        inside = path.removeprefix(f"{docs.name}/")
        if path == "README.md":
            address = "index.md"
        elif path != inside and files.get_file_from_path(inside) is not None:
            address = inside
        elif config.repo_url:
            address = f"{config.repo_url.rstrip('/')}/blob/main/{path}"
        else:
            return str(found["text"])
        return f"{found['image']}[{found['text']}]({address}{found['anchor'] or ''})"

    return CODE_OR_LINK.sub(led, markdown)
