"""Every `audio-reasoner …` on the pages can be typed: the command, its arguments and its options are there."""

from __future__ import annotations

import shlex

import pytest
import typer

from app.main import app
from tests.page_commands import PAGES, commands_of


# Typer's own click, or the one beside it: as this version of Typer has it.
UsageError = typer.BadParameter.__base__


def parse(line: str) -> None:
    """Take a command line as the command does, and run nothing.

    Raises:
        UsageError: it cannot be typed so.
    """
    words = shlex.split(line.split(" | ")[0])[1:]
    command = typer.main.get_command(app)
    context = typer.Context(command)
    while hasattr(command, "resolve_command") and words and not words[0].startswith("-"):
        name, command, words = command.resolve_command(context, words)
        context = typer.Context(command, parent=context, info_name=name)
    # Options that end the program, such as --version, would do so here.
    command.make_context(context.info_name, words, parent=context.parent, resilient_parsing=not context.parent)


@pytest.mark.parametrize("page", PAGES)
def test_every_command_on_a_page_can_be_typed(page):
    for line in commands_of(page):
        if line.startswith("audio-reasoner "):
            try:
                parse(line)
            except UsageError as error:
                pytest.fail(f"{line}: {error.format_message()}")


@pytest.mark.parametrize(
    "line",
    [
        "audio-reasoner answer demo/clip.flac",
        "audio-reasoner ask demo/clip.flac 'What?' --vote 8",
        "audio-reasoner ask demo/clip.flac",
        "audio-reasoner publish weights demo/model my-lab/mini",
        "audio-reasoner extract cota --row first",
    ],
)
def test_what_cannot_be_typed_is_seen(line):
    with pytest.raises(UsageError):
        parse(line)


def test_commands_are_read_without_comments_and_over_several_lines():
    assert 'audio-reasoner ask demo/held_out.flac "$(cat demo/held_out.txt)" --votes 8' in commands_of("README.md")
    assert any(
        line.startswith("vllm serve exported ") and "--chat-template" in line for line in commands_of("docs/serve.md")
    )
