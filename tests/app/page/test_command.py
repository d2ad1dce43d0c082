"""`audio-reasoner page` says what is wrong before anything is served."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from app.main import app


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none/of/these"], "none/of/these does not exist: name a model folder, or a repository on the Hub"),
        (["{model}", "--examples", "{model}/none"], "none is not a folder: name the one that holds the examples."),
        (["{model}", "--space", "space"], "is not the name of a model on the Hub (ORG/NAME)"),
    ],
)
def test_what_cannot_be_served_is_a_sentence(model_folder, arguments, message):
    result = CliRunner().invoke(app, ["page", *(each.format(model=model_folder) for each in arguments)])
    assert result.exit_code == 1 and message in result.stderr and result.stderr.count("\n") == 1
