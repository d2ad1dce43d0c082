"""`audio-reasoner publish`: what was made -> a repository on the Hub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


publish = typer.Typer(no_args_is_help=True, help="Send what was made to the Hub.")


@publish.command()
def dataset(
    folder: Annotated[Path, typer.Argument(help="A folder that `build` wrote.")],
    repository: Annotated[str, typer.Argument(help="ORG/NAME on the Hub; made if it is not there.")],
    private: Annotated[bool, typer.Option("--private", help="Make a new repository private.")] = False,
    revision: Annotated[str | None, typer.Option(help="The branch to send to; main if left out.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List the files and show the card; send nothing.")
    ] = False,
) -> None:
    """Check a folder of CoTA and send it to the Hub; run it again to go on after a broken connection.

    Example: audio-reasoner publish dataset cota my-lab/cota --dry-run
    """
    from rich.console import Console

    from dataset_builder.hub_upload import plan_upload, send

    console = Console(highlight=False, soft_wrap=True)
    upload = plan_upload(folder, repository)
    if dry_run:
        for name, size in upload.files:
            console.print(f"{size / 1e6:10.2f} MB  {name}", markup=False)
        console.print(upload.card, markup=False)
    whole = sum(size for _, size in upload.files)
    verb = "would be sent" if dry_run else "are sent"
    console.print(
        f"{len(upload.files)} files, {whole / 1e6:.1f} MB, {verb} to the data set {repository}.", markup=False
    )
    if not dry_run:
        send(upload, private, revision)
        console.print(f"load_dataset({repository!r}) reads it now.", markup=False)
