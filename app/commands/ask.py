"""`audio-reasoner ask`: one recording, one question, the sections as the model writes them."""

from __future__ import annotations

from typing import Annotated

import typer

from app.asking.loading import DEMO_MODEL, load_model, load_processor, refuse_older_code


def ask(
    recording: Annotated[str, typer.Argument(help="An audio file, or a URL of one.")],
    question: Annotated[str, typer.Argument(help="What to ask about it.")],
    model: Annotated[str, typer.Option(help="A model folder, or its name on the Hub.")] = DEMO_MODEL,
    choice: Annotated[
        list[str] | None, typer.Option(help="An answer to choose from; give the option once for each.")
    ] = None,
    revision: Annotated[str | None, typer.Option(help="The commit of a model on the Hub, to pin its code.")] = None,
    max_new_tokens: Annotated[
        int | None, typer.Option(help="At most so many tokens; the model's own limit if left out.")
    ] = None,
    budget: Annotated[
        list[str] | None,
        typer.Option(help="SECTION=TOKENS, once for each: close the section then, and keep the answer well-formed."),
    ] = None,
    votes: Annotated[
        int | None, typer.Option(min=1, help="Sample so many answers and show the one that most of them give.")
    ] = None,
    seed: Annotated[int, typer.Option(help="For the answers that --votes samples.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the sections as JSON alone, at the end.")] = False,
) -> None:
    """Ask a model about a recording and watch it plan, caption, reason, summarise and respond.

    The demo's model has learnt questions that name their choices; give them with --choice.

    Example: audio-reasoner ask demo/held_out.flac "$(cat demo/held_out.txt)"
    """
    from json import dumps

    from rich.console import Console

    from app.asking.answering import SampledAnswers, StreamedAnswer, encode, generation_options, messages_of
    from app.asking.shown import answer_fields, show_events, show_votes
    from dataset_builder.question_text import question_text
    from modeling_audio_reasoner.audio_loading import check_audible, read_audio
    from modeling_audio_reasoner.reasoning_audio_reasoner import parse_reasoning

    text = question_text(question.strip(), choice or ())
    budgets = _budgets(budget or [])
    waveform, rate = read_audio(recording)
    check_audible(waveform, recording)
    processor = load_processor(model, revision)
    refuse_older_code(processor, ("reasoning_streamer", "reasoning_grammar"), model)
    messages = messages_of({"array": waveform, "sampling_rate": rate, "path": recording}, text)
    # Before the weights are loaded, so that a recording that cannot be heard is said at once.
    inputs = encode(processor, messages)
    network = load_model(model, revision)
    refuse_older_code(network, ("vote",), model)
    options = generation_options(processor, budgets, max_new_tokens)
    console = Console(highlight=False, soft_wrap=True, quiet=as_json)
    voted = None
    if votes is None:
        streamed = StreamedAnswer(network, processor, inputs, options)
        show_events(console, streamed)
        answer = parse_reasoning(streamed.text)
    else:
        asked = {"num_answers": votes, "choices": choice, **options}
        voted = show_votes(console, SampledAnswers(network, processor, messages, asked, seed), asked)
        answer = voted.reasoning
    if as_json:
        typer.echo(dumps(answer_fields(answer, voted), ensure_ascii=False, indent=2))
    if not answer.complete:
        if max_new_tokens is not None:
            typer.echo(f"\nThe answer was held to --max-new-tokens {max_new_tokens}.", err=True)
        typer.echo(f"\nThe answer is not well-formed: {'; '.join(answer.problems)}.", err=True)
        raise typer.Exit(2)


def _budgets(given: list[str]) -> dict[str, int]:
    """`["planning=20"]` -> `{"planning": 20}`."""
    from modeling_audio_reasoner.reasoning_audio_reasoner import SECTIONS

    budgets = {}
    for text in given:
        section, _, tokens = text.partition("=")
        if section not in SECTIONS or not tokens.isdecimal() or int(tokens) < 1:
            raise ValueError(
                f"--budget {text} is not SECTION=TOKENS: give one of {', '.join(SECTIONS)} and a whole number, as in "
                "--budget planning=20."
            )
        budgets[section] = int(tokens)
    return budgets
