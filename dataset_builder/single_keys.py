"""YAML in which no mapping has a key twice: of two, `yaml` would take the last without a word."""

from __future__ import annotations

import yaml


MERGED = "tag:yaml.org,2002:merge"
"""The key `<<`, which may stand more than once."""


class SingleKeys(yaml.SafeLoader):
    """Reads what `yaml.safe_load` reads.

    Raises:
        ValueError: a mapping has a key twice; says which, and in which lines.
    """

    def compose_mapping_node(self, anchor: str | None) -> yaml.MappingNode:
        # Looked for before `<<` puts the keys of other mappings among these.
        node = super().compose_mapping_node(anchor)
        lines: dict[tuple[str, str], int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == MERGED:
                continue
            line = key.start_mark.line + 1
            if before := lines.get((key.tag, key.value)):
                where = f"lines {before} and {line}" if before != line else f"line {line}"
                raise ValueError(f"`{key.value}:` stands twice, in {where}: keep one of the two.")
            lines[key.tag, key.value] = line
        return node
