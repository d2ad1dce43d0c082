"""`audio-reasoner ask`: one recording, one question, the sections as the model writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.asking.loading import DEMO_MODEL, load_model, load_processor, refuse_older_code


if TYPE_CHECKING:
    from modeling_audio_reasoner.reasoning_audio_reasoner import Reasoning


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
) -> None:
    """Ask a model about a recording and watch it plan, caption, reason, summarise and respond.

    The demo's model has learnt questions that name their choices; give them with --choice.

    Example: audio-reasoner ask demo/held_out.flac "In which language is this said?" --choice English --choice Czech
    """
    from app.asking.answering import encode, generation_options, messages_of
    from dataset_builder.question_text import question_text
    from modeling_audio_reasoner.audio_loading import check_audible, read_audio
    from modeling_audio_reasoner.reasoning_audio_reasoner import parse_reasoning

    text = question_text(question, choice or ())
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
    if votes is None:
        answer = parse_reasoning(_stream(network, processor, inputs, options))
    else:
        answer = _vote(network, processor, messages, {"num_answers": votes, "choices": choice, **options}, seed)
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


def _vote(network, processor, messages: list[dict], options: dict[str, Any], seed: int) -> Reasoning:
    """Sample answers, print the chosen one and the votes, and return it."""
    from rich.console import Console

    from app.asking.answering import SampledAnswers, as_written
    from modeling_audio_reasoner.choices_audio_reasoner import normalise
    from modeling_audio_reasoner.reasoning_audio_reasoner import SECTIONS

    console = Console(highlight=False, soft_wrap=True)
    answers = SampledAnswers(network, processor, messages, options, seed)
    with console.status(f"sampling {options['num_answers']} answers"):
        for _ in answers:
            pass
    voted = answers.voted
    for section in SECTIONS:
        if (text := getattr(voted.reasoning, section)) is not None:
            console.print(section, style="bold cyan", end="\n  ")
            console.print(f"{text}\n", markup=False)
    console.print("votes", style="bold cyan")
    spelt = {} if options["choices"] else as_written(voted.answers, normalise)
    for response, count in voted.votes.items():
        console.print(f"  {count}  {spelt.get(response, response)}", markup=False)
    if silent := len(voted.answers) - sum(voted.votes.values()):
        console.print(f"  {silent}  (no vote: the response names none of the choices, or more than one)")
    if voted.unfinished:
        console.print(f"  {voted.unfinished}  (not waited for, or cut at the token limit)")
    return voted.reasoning


def _stream(network, processor, inputs, options: dict[str, Any]) -> str:
    """Generate greedily, print each section as it opens, and return the whole answer."""
    from rich.console import Console

    from app.asking.answering import StreamedAnswer

    console = Console(highlight=False, soft_wrap=True)
    answer = StreamedAnswer(network, processor, inputs, options)
    at_line_start = True
    for event in answer:
        if event.kind == "opened":
            if not at_line_start:  # the section before was not closed
                console.print("\n")
            console.print(f"{event.section}", style="bold cyan", end="\n  ")
        elif event.kind == "text":
            console.print(event.text, end="", markup=False, style=None if event.section else "red")
        else:
            console.print("\n")
        at_line_start = event.kind == "closed"
    if not at_line_start:
        console.print()
    return answer.text
