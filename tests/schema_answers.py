"""A JSON value that fits a JSON schema, the same for the same seed. For servers in tests; knows no protocol.

Reads what Pydantic writes for models without `pattern`: $ref, enum, const, anyOf, arrays, tuples, numbers with bounds.
"""

from __future__ import annotations

from random import Random
from typing import Any


WORDS = (
    "a", "bird", "sings", "while", "rain", "falls", "and", "someone", "speaks", "near", "the", "drum", "with", "slow",
    "bright", "strings", "before", "it", "stops", "twice",
)  # fmt: skip


def fitting_value(schema: dict[str, Any], random: Random, root: dict[str, Any] | None = None) -> Any:
    """A value that fits `schema`.

    Raises:
        ValueError: the schema uses something that is not read here.
    """
    root = schema if root is None else root
    if "$ref" in schema:
        found: Any = root
        for name in schema["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return fitting_value({**found, **{k: v for k, v in schema.items() if k != "$ref"}}, random, root)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return random.choice(schema["enum"])
    for name in ("anyOf", "oneOf"):
        if name in schema:
            return fitting_value(random.choice(schema[name]), random, root)
    if "allOf" in schema:
        merged: dict[str, Any] = {}
        for part in schema["allOf"]:
            merged |= part
        return fitting_value(merged, random, root)
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = random.choice(kind)
    if kind == "object":
        return {name: fitting_value(part, random, root) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        if "prefixItems" in schema:
            return [fitting_value(part, random, root) for part in schema["prefixItems"]]
        least = schema.get("minItems", 1)
        count = random.randint(least, max(least, min(schema.get("maxItems", least + 2), least + 2)))
        return [fitting_value(schema.get("items", {"type": "string"}), random, root) for _ in range(count)]
    if kind == "string":
        return _text(schema, random)
    if kind in ("integer", "number"):
        return _number(schema, kind, random)
    if kind == "boolean":
        return random.random() < 0.5
    if kind == "null":
        return None
    raise ValueError(f"No value can be made for the schema {schema}.")


def _text(schema: dict[str, Any], random: Random) -> str:
    if "pattern" in schema:
        raise ValueError(f"No text can be made for the pattern {schema['pattern']!r}.")
    text = " ".join(random.choice(WORDS) for _ in range(random.randint(4, 9)))
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    while len(text) < least:
        text += f" {random.choice(WORDS)}"
    return text if most is None else text[:most]


def _number(schema: dict[str, Any], kind: str, random: Random) -> float | int:
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    low = (0 if high is None else high - 10) if low is None else low
    high = low + 10 if high is None else high
    if kind == "number":
        return low + (high - low) * random.uniform(0.25, 0.75)
    return random.randint(int(low) + ("exclusiveMinimum" in schema), int(high) - ("exclusiveMaximum" in schema))
