"""The `audio-reasoner` command: registers the commands and turns their errors into one sentence.

Knows nothing of what a command does. Command modules import cheaply, so that `--help` answers at once.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from app.commands.ask import ask
from app.commands.build import build
from app.commands.card import card
from app.commands.check import check
from app.commands.compare import compare
from app.commands.compose import compose
from app.commands.convert import convert
from app.commands.curves import curves
from app.commands.evaluate import evaluate
from app.commands.extract import extract
from app.commands.fetch import fetch
from app.commands.inspect_labels import inspect_labels
from app.commands.judge import judge
from app.commands.memory import memory
from app.commands.merge import merge
from app.commands.page import page
from app.commands.publish import publish
from app.commands.report import report
from app.commands.score import score
from app.commands.serve import serve
from app.failure import is_mendable, sentence


class Commands(TyperGroup):
    """The commands, in the order they were registered, each within the error boundary."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.commands)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; an error the user can mend ends it with one sentence on stderr and exit code 1."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            if ctx.params.get("debug") or not is_mendable(error):
                raise
            typer.secho(f"audio-reasoner: {sentence(error)}", err=True, fg=typer.colors.RED)
            raise typer.Exit(1) from error


app = typer.Typer(cls=Commands, no_args_is_help=True, pretty_exceptions_enable=False)


def print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"audio-reasoner {version('audio-reasoner')}")
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Build CoTA, put models together, evaluate them, and ask them about a recording.

    Training is `trl sft --config recipes/…`, with TRL's own command.

    Exit codes: 0 done; 1 something given is wrong, and stderr says what;
    2 the command line is wrong, an answer is not well-formed, or a repeated
    run gave other answers; 130 Ctrl-C.

    Example: audio-reasoner ask demo/held_out.flac "$(cat demo/held_out.txt)"
    """


GROUPS = {
    "Data": (fetch, build, check, extract),
    "Models": (compose, convert, inspect_labels, curves, merge, memory),
    "Evaluation": (evaluate, judge, score, compare, card, report),
    "Asking": (ask, page, serve),
}
"""The commands under the headings of --help, in the order in which they are needed."""

for group, commands in GROUPS.items():
    for command in commands:
        app.command(rich_help_panel=group)(command)


app.add_typer(publish, name="publish", rich_help_panel="Publishing")


def run() -> None:
    """The console script."""
    app(prog_name="audio-reasoner")


if __name__ == "__main__":
    run()
