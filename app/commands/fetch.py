"""`audio-reasoner fetch`: Debian's packages -> recordings in the cache."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def fetch(
    cache: Annotated[
        Path | None,
        typer.Option(help="Where to keep the recordings; default $AUDIO_REASONER_CACHE or ~/.cache/audio-reasoner."),
    ] = None,
    source: Annotated[
        list[str] | None, typer.Option(help="A source to fetch; give the option once for each. Default: all.")
    ] = None,
    jobs: Annotated[int | None, typer.Option(help="Renders at a time; default one a core.", min=1)] = None,
) -> None:
    """Fetch the recordings: download and unpack Debian packages, render the music, and list what there is.

    Nothing is installed, root is not needed, and what is there already is not fetched again.

    Example: audio-reasoner fetch --source asterisk --source wesnoth
    """
    from rich.console import Console
    from rich.table import Table

    from app.progress_bars import progress_bars
    from dataset_builder.sources.debian import default_cache, fetch_recordings, read_recordings
    from dataset_builder.sources.debian.durations import hours_by_source

    folder = cache or default_cache()
    with progress_bars() as progress:
        left_out = fetch_recordings(folder, source, jobs, progress)
        recordings = read_recordings(folder, source)
        hours = hours_by_source(folder, recordings, lambda done, whole: progress("Measuring (files)", done, whole))

    table = Table("source", "domain", "recordings", "hours", "groups", title=f"Recordings in {folder}")
    table.add_column("licence", overflow="fold")
    for name in hours:
        found = [recording for recording in recordings if recording.source == name]
        table.add_row(
            name,
            ", ".join(sorted({recording.domain for recording in found})),
            str(len(found)),
            f"{hours[name]:.2f}",
            str(len({recording.group for recording in found})),
            ", ".join(sorted({recording.license for recording in found})),
        )
    groups = len({recording.group for recording in recordings})
    table.add_section()
    table.add_row("all", "", str(len(recordings)), f"{sum(hours.values()):.2f}", str(groups), "")
    console = Console()
    console.print(table, markup=False)
    for sentence in left_out:
        console.print(sentence, markup=False)
