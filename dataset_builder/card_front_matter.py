"""What stands above the dataset's card for programs: its configs over the shards, languages, size and licence."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from .recording import DOMAINS
from .schema import SPLITS


LICENSES_OF_ROWS = "The licences are those of the recordings"
"""What the card says of licences begins so."""


def dataset_configs(shards: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """`default`, each domain and each task, all over the same files; a split without files is not listed.

    Files are named one by one, so that a missing one is an error: of a pattern `datasets` takes what is there, and
    keeps that in its cache. Each config names the content of its files: the cache goes by these lines alone, and would
    hand out the rows of an earlier build.
    """
    wanted: dict[str, tuple[str, str]] = {"default": ("*", "*")}
    wanted |= {domain: (domain, "*") for domain in DOMAINS if any(shard["domain"] == domain for shard in shards)}
    wanted |= {task: ("*", task) for task in sorted({shard["task"] for shard in shards})}
    configs = []
    for name, (domain, task) in wanted.items():
        found = [s for s in shards if domain in ("*", s["domain"]) and task in ("*", s["task"])]
        files = [
            {"split": split, "path": paths}
            for split in SPLITS
            if (paths := [shard["path"] for shard in found if shard["split"] == split])
        ]
        content = hashlib.sha256("".join(shard["sha256"] for shard in found).encode()).hexdigest()[:16]
        config = {"config_name": name, "description": f"content {content}", "data_files": files}
        configs.append(config | ({"default": True} if name == "default" else {}))
    return configs


def render_front_matter(shards: Sequence[Mapping[str, Any]], statistics: Mapping[str, Any]) -> str:
    """The YAML between the two lines `---`."""
    import yaml

    rows = sum(statistics["rows"].values())
    limits = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
    size = next((name for limit, name in limits if rows < limit), "1M<n<10M")
    metadata = {
        "pretty_name": "CoTA",
        "license": "other",
        "license_name": "per-row",
        "license_link": "README.md",
        "language": ["en", *sorted(set(statistics["hours_by"]["language"]) - {"en", "none"})],
        "task_categories": ["audio-text-to-text", "question-answering"],
        "tags": ["audio", "audio-reasoning", "chain-of-thought"],
        "size_categories": [size],
        "configs": dataset_configs(shards),
    }
    return f"---\n{yaml.safe_dump(metadata, sort_keys=False, allow_unicode=True)}---\n\n"


def with_license(card: str, license: str) -> str:
    """The card with one licence for the whole in its front matter, by the Hub's name of it, and a sentence of it.

    Raises:
        ValueError: the card has no front matter.
    """
    import yaml

    _, front, text = card.split("---\n", 2) if card.startswith("---\n") and card.count("---\n") > 1 else ("", "", "")
    metadata = yaml.safe_load(front)
    if not isinstance(metadata, dict):
        raise ValueError("README.md has no front matter between two lines `---`: build the data set again.")
    metadata = {name: value for name, value in metadata.items() if name not in ("license_name", "license_link")}
    front = yaml.safe_dump(metadata | {"license": license}, sort_keys=False, allow_unicode=True)
    whole = f"The data set as a whole is under `{license}`. {LICENSES_OF_ROWS}"
    return f"---\n{front}---\n{text.replace(LICENSES_OF_ROWS, whole)}"
