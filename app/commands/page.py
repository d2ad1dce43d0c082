"""`audio-reasoner page`: a model in the browser, here or as the files of a Space."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.asking.loading import DEMO_MODEL


def page(
    model: Annotated[str, typer.Argument(help="A model folder, or its name on the Hub.")] = DEMO_MODEL,
    revision: Annotated[str | None, typer.Option(help="The commit of a model on the Hub, to pin its code.")] = None,
    host: Annotated[str, typer.Option(help="The address to serve at; 0.0.0.0 for all there are.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="The port; the first free one from 7860 if left out.")] = None,
    share: Annotated[
        bool, typer.Option("--share", help="Also make a public address, through Gradio's servers.")
    ] = False,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    examples: Annotated[
        Path | None,
        typer.Option(help="A folder of recordings with questions, NAME.flac and NAME.txt; if left out, the model's."),
    ] = None,
    space: Annotated[
        Path | None, typer.Option(help="Write a Space for the model on the Hub into this folder, and serve nothing.")
    ] = None,
) -> None:
    """Show a model in the browser: upload or record, ask, and watch the sections open; Ctrl-C ends it.

    Examples are looked for in the folder that the model's lies in, as demo/held_out.flac beside demo/model.

    Example: audio-reasoner page demo/model --port 7860
    """
    if space is not None:
        from app.page.space import write_space

        for name in write_space(space, model, revision):
            typer.echo(f"{space / name}")
        return
    import gradio  # noqa: F401  # said at once where it is missing, and not after a model has been loaded

    from app.page.answering import load
    from app.page.examples import examples_in
    from app.page.layout import launch, make_page

    beside = Path(model).resolve().parent if Path(model).is_dir() else None
    folder = examples or beside
    if examples is not None and not examples.is_dir():
        raise ValueError(f"{examples} is not a folder: name the one that holds the examples.")
    found = examples_in(folder) if folder else []
    made = make_page(load(model, revision), found)
    launch(made, found, server_name=host, server_port=port, share=share, inbrowser=open_browser)
