"""`audio-reasoner ask`: one recording, one question, the sections as the model writes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Annotated, Any

import typer


if TYPE_CHECKING:
    from modeling_audio_reasoner.reasoning_audio_reasoner import Reasoning

DEMO_MODEL = "demo/model"


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
    from dataset_builder.question_text import question_text
    from modeling_audio_reasoner.audio_loading import check_audible, read_audio
    from modeling_audio_reasoner.reasoning_audio_reasoner import parse_reasoning

    text = question_text(question, choice or ())
    budgets = _budgets(budget or [])
    waveform, rate = read_audio(recording)
    check_audible(waveform, recording)
    processor = load_processor(model, revision)
    refuse_older_code(processor, ("reasoning_streamer", "reasoning_grammar"), model)
    sound = {"array": waveform, "sampling_rate": rate, "path": recording}
    parts = [{"type": "audio", "audio": sound}, {"type": "text", "text": text}]
    messages = [{"role": "user", "content": parts}]
    # Before the weights are loaded, so that a recording that cannot be heard is said at once.
    inputs = processor.apply_chat_template(
        messages, tokenize=True, return_dict=True, add_generation_prompt=True, return_tensors="pt"
    )
    network = load_model(model, revision)
    refuse_older_code(network, ("vote",), model)
    inputs = inputs.to(network.device)
    options: dict[str, Any] = {} if max_new_tokens is None else {"max_new_tokens": max_new_tokens}
    if budgets:
        options["logits_processor"] = [processor.reasoning_grammar(budgets)]
    if votes is None:
        answer = parse_reasoning(_stream(network, processor, inputs, options))
    else:
        answer = _vote(network, processor, messages, {"num_answers": votes, "choices": choice, **options}, seed)
    if not answer.complete:
        if max_new_tokens is not None:
            typer.echo(f"\nThe answer was held to --max-new-tokens {max_new_tokens}.", err=True)
        typer.echo(f"\nThe answer is not well-formed: {'; '.join(answer.problems)}.", err=True)
        raise typer.Exit(2)


def load_processor(model: str, revision: str | None = None):
    """The processor of a model, through AutoProcessor.

    Raises:
        ValueError: the folder is not a model, or not an Audio-Reasoner.
        OSError: neither a folder nor a reachable repository of that name exists.
    """
    folder = Path(model)
    if folder.is_file():
        raise ValueError(f"{model} is a file, not a model folder: name the folder that holds config.json.")
    if folder.is_dir() and not (folder / "config.json").is_file():
        raise ValueError(f"{model} is not a model folder: it has no config.json.")
    if not folder.exists() and model == DEMO_MODEL:
        raise FileNotFoundError(f"{model} is not there: `make demo` makes it; or name a model with --model.")
    if not folder.exists() and not re.fullmatch(r"[\w.-]+/[\w.-]+", model):
        raise FileNotFoundError(f"{model} does not exist: name a model folder, or a repository on the Hub (org/name).")
    from transformers import AutoProcessor

    processor = AutoProcessor.from_pretrained(model, trust_remote_code=True, revision=revision)
    if not hasattr(processor, "parse_reasoning"):
        raise ValueError(f"{model} holds a {type(processor).__name__}, which is not Audio-Reasoner's processor.")
    return processor


def load_model(model: str, revision: str | None = None):
    """The model, through AutoModel, on the GPU where there is one.

    Raises:
        ValueError: a file of its weights cannot be read.
    """
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModel

    try:
        network = AutoModel.from_pretrained(model, trust_remote_code=True, revision=revision).eval()
        return network.to("cuda" if torch.cuda.is_available() else "cpu")
    except SafetensorError as error:
        raise ValueError(
            f"{model}: a file of its weights cannot be read ({error}), so it is cut off or damaged: copy or download "
            "it again."
        ) from None


def refuse_older_code(loaded: Any, needed: tuple[str, ...], model: str) -> None:
    """Refuse what a folder's own code made where that code cannot do what a command needs.

    Raises:
        ValueError: an earlier version of this package wrote the folder.
    """
    if all(hasattr(loaded, name) for name in needed):
        return
    said = f"{model} holds the code of an earlier version of this package, which cannot do this: "
    if not Path(model).is_dir():
        raise ValueError(f"{said}download it to a folder, and name that to learn how its code is renewed.")
    raise ValueError(
        f"{said}put this version's in its place by python -c '"
        f'from modeling_audio_reasoner.saving_audio_reasoner import save_code; save_code("{model}")\'.'
    )


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
    import torch
    from rich.console import Console

    from modeling_audio_reasoner.reasoning_audio_reasoner import SECTIONS

    console = Console(highlight=False, soft_wrap=True)
    torch.manual_seed(seed)
    with console.status(f"sampling {options['num_answers']} answers"):
        voted = network.vote(processor, messages, **options)
    for section in SECTIONS:
        if (text := getattr(voted.reasoning, section)) is not None:
            console.print(section, style="bold cyan", end="\n  ")
            console.print(f"{text}\n", markup=False)
    console.print("votes", style="bold cyan")
    spelt = {} if options["choices"] else _as_written(voted.answers)
    for response, count in voted.votes.items():
        console.print(f"  {count}  {spelt.get(response, response)}", markup=False)
    if silent := len(voted.answers) - sum(voted.votes.values()):
        console.print(f"  {silent}  (no vote: the response names none of the choices, or more than one)")
    if voted.unfinished:
        console.print(f"  {voted.unfinished}  (not waited for, or cut at the token limit)")
    return voted.reasoning


def _as_written(answers: Sequence[Reasoning]) -> dict[str, str]:
    """By normalised response how the first of the answers writes it."""
    from modeling_audio_reasoner.choices_audio_reasoner import normalise

    responses = [answer.response or "" for answer in reversed(answers)]
    return {normalise(response): " ".join(response.split()) for response in responses}


def _stream(network, processor, inputs, options: dict[str, Any]) -> str:
    """Generate greedily, print each section as it opens, and return the whole answer."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    streamer = processor.reasoning_streamer()
    outcome: dict[str, object] = {}

    def generate() -> None:
        try:
            outcome["tokens"] = network.generate(**inputs, streamer=streamer, do_sample=False, **options)
        except Exception as error:  # carried over to the reading thread, which raises it
            outcome["error"] = error
            streamer.end()

    thread = Thread(target=generate)
    thread.start()
    at_line_start = True
    for event in streamer:
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
    thread.join()
    if isinstance(error := outcome.get("error"), Exception):
        raise error
    tokens = outcome["tokens"][0, inputs["input_ids"].shape[1] :]  # type: ignore[index]
    return processor.tokenizer.decode(tokens, skip_special_tokens=True)
