"""Nothing is sent that holds a secret or a path of somebody's machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from app.publishing.machine_paths import found_paths
from app.publishing.plan import Plan, PlannedFile
from app.publishing.secrets import found_secrets, masked
from app.publishing.texts import texts_of


SHOWN = 10
"""Findings that an error lists."""
PATH = "the absolute path"


def check_texts(plan: Plan, allowed: Sequence[str] = ()) -> None:
    """Search all that would be sent for secrets and absolute paths.

    Args:
        plan: what would be sent.
        allowed: texts that may be published although they look like one, each as it was found.

    Raises:
        ValueError: there are some; names file and line, or row and column, of the first ones.
    """
    own = {path for near in (plan.folder, Path.cwd()) for path in (near.absolute(), near.resolve())}
    found = [line for file in plan.files for line in findings(file, sorted({*own, Path.home()}), allowed)]
    if not found:
        return
    more = f", and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    raise ValueError(
        f"{plan.folder} holds what is for nobody else: {'; '.join(found[:SHOWN])}{more}. Take it out"
        f"{'' if all(PATH in line for line in found) else ', and revoke a secret that others may have seen'}; or say "
        "--allow TEXT of what may go out."
    )


def findings(file: PlannedFile, own: Sequence[Path], allowed: Sequence[str]) -> Iterator[str]:
    """File, place and what it is, of each secret and absolute path in a file."""
    for text in texts_of(file):
        for place, what, secret in found_secrets(text.text):
            if secret not in allowed:
                yield f"{file.name}, {text.where(place)}: {what}, {masked(secret)}"
        for place, path in found_paths(text.text, own):
            if path not in allowed:
                yield f"{file.name}, {text.where(place)}: {PATH} {path}"
