"""The page itself: where its fields stand, and what happens when they are used.

Faults that a reader can mend are said as one sentence where the answer would stand; those of the program go to the
server's log, and the page says so.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from app.failure import is_mendable, sentence
from app.page.answer_html import answer_html
from app.page.answer_state import TITLES, Answer
from app.page.answering import LONGEST_ANSWER, MOST_VOTES, Model, answers, read_fields
from app.page.examples import Example
from app.page.heard_figure import heard_html
from app.page.listening import Heard, hear
from app.page.theme import script, style_sheet, theme


if TYPE_CHECKING:
    from gradio import Blocks

logger = logging.getLogger(__name__)

LARGEST_UPLOAD = "250mb"
WAITING_AT_MOST = 20  # questions in the queue; the model answers one at a time
OUR_FAULT = "Something went wrong on the server, which has kept a note of it. Please try again."
THEME_SWITCH = (
    '<button type="button" id="theme-switch"><span class="on-light">Dark theme</span>'
    '<span class="on-dark">Light theme</span></button>'
)
NOTHING_HEARD = '<p class="nothing-heard">Nothing yet: upload a recording, or record one.</p>'


def told(error: BaseException) -> str:
    """What the page says of an error; one that is the program's goes to the log, whole."""
    if is_mendable(error):
        return sentence(error)
    logger.error("The page failed.", exc_info=error)
    return OUR_FAULT


def listen(recording: str | None, model: Model) -> tuple[str, tuple[int, Any] | None]:
    """What the model hears of a recording as HTML, and as samples to play: the rate and (samples,) int16."""
    import numpy as np

    if not recording:
        return NOTHING_HEARD, None
    try:
        heard = hear(recording, model.processor)
        played = np.round(np.clip(heard.waveform, -1, 1) * 32767).astype(np.int16)
        return heard_html(heard), (heard.sampling_rate, played)
    except Exception as error:
        return f'<div class="answer refused"><p class="verdict" role="alert">{escape(told(error))}</p></div>', None


def reply(model: Model, recording: str | None, fields: Sequence[Any]) -> Iterator[Answer]:
    """The answer to what stands in the fields as it comes, or why there is none; raises nothing.

    Args:
        model: answers.
        recording: path of the uploaded file; None where there is none.
        fields: question, choices, a budget for each section, whole answer, votes, seed.
    """
    question, choices, *budgets, longest, votes, seed = fields
    try:
        asked = read_fields(question, choices, budgets, longest, votes, seed)
        heard: Heard = hear(recording, model.processor)
        yield from answers(model, heard, asked)
    except Exception as error:
        yield Answer("refused", note=told(error))


def make_page(model: Model, examples: Sequence[Example] = ()) -> Blocks:
    """The page for a model; `launch` serves it."""
    import gradio as gr

    with gr.Blocks(title="Audio-Reasoner", analytics_enabled=False, fill_width=True) as page:
        with gr.Row(elem_id="header"):
            gr.HTML("<h1>Audio-Reasoner</h1>")
            gr.HTML(THEME_SWITCH, elem_id="switch", min_width=0)
        gr.HTML(
            f"<p>Ask the model {escape(model.name)} about a recording, and watch it plan, caption, reason and "
            "summarise before it responds.</p>",
            elem_id="about",
        )
        with gr.Row():
            with gr.Column(elem_id="recording-column", min_width=320):
                _heading("Recording")
                recording = gr.Audio(
                    label="Upload a recording or record one",
                    sources=["upload", "microphone"],
                    type="filepath",
                    elem_id="recording",
                    buttons=[],
                )
                shown_examples = [
                    gr.Button(f"Example: {example.name}", size="sm", elem_classes="example") for example in examples
                ]
                _heading("What the model hears")
                heard = gr.HTML(NOTHING_HEARD, elem_id="heard")
                played = gr.Audio(
                    label="As the model hears it",
                    interactive=False,
                    visible=False,
                    elem_id="played",
                    buttons=[],
                    waveform_options=gr.WaveformOptions(show_recording_waveform=False),
                )
            with gr.Column(elem_id="question-column", min_width=320):
                _heading("Question")
                question = gr.Textbox(
                    label="What do you want to know?",
                    placeholder="In which language is this said?",
                    max_lines=4,
                    elem_id="question",
                )
                choices = gr.Textbox(
                    label="Choices, for a multiple-choice question",
                    info="One a line. Leave it empty to ask an open question.",
                    lines=3,
                    max_lines=8,
                    elem_id="choices",
                )
                settings = _settings(model)
                with gr.Row():
                    ask = gr.Button("Ask", variant="primary", elem_id="ask", min_width=100)
                    stop = gr.Button("Stop", elem_id="stop", min_width=100)
                _heading("Answer")
                answer = gr.HTML(answer_html(Answer()), elem_id="answer")
        so_far = gr.State(Answer())

        def show_heard(path: str | None) -> tuple[str, Any, str, Answer]:
            # With another recording, an answer about the one before would stand beside what it is not about.
            said, samples = listen(path, model)
            return said, gr.update(value=samples, visible=samples is not None), answer_html(Answer()), Answer()

        def answered(path: str | None, *fields: Any) -> Iterator[tuple[str, Answer]]:
            for each in reply(model, path, fields):
                yield answer_html(each), each

        def stopped(last: Answer) -> tuple[str, Answer]:
            last = last.stopped()
            return answer_html(last), last

        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        recording.change(show_heard, recording, [heard, played, answer, so_far], **quiet)
        asked = gr.on(
            [ask.click, question.submit],
            answered,
            [recording, question, choices, *settings],
            [answer, so_far],
            show_progress="hidden",
            trigger_mode="once",
            concurrency_limit=1,
            api_name="ask",
        )
        ended = stop.click(None, cancels=[asked], **quiet)
        ended.then(stopped, so_far, [answer, so_far], **quiet)
        for button, example in zip(shown_examples, examples, strict=True):
            button.click(
                lambda example=example: (str(example.recording), example.question, "\n".join(example.choices)),
                None,
                [recording, question, choices],
                **quiet,
            )
    page.queue(max_size=WAITING_AT_MOST)
    return page


def _heading(text: str) -> None:
    import gradio as gr

    gr.HTML(f"<h2>{text}</h2>", elem_classes="heading")


def _settings(model: Model) -> list[Any]:
    """The fields for budgets, length and votes, in the order in which `reply` takes them."""
    import gradio as gr

    with gr.Accordion("Thinking budget and votes", open=False, elem_id="settings"):
        gr.HTML("<p>A section is closed once it has so many tokens. 0 is no limit.</p>", elem_id="about-budgets")
        with gr.Row():
            numbers: dict[str, Any] = {"min_width": 140, "step": 1}
            budgets = [
                gr.Number(0, label=f"{title}, tokens", elem_id=f"budget-{section}", **numbers)
                for section, title in TITLES.items()
            ]
            whole = min(model.longest_answer, LONGEST_ANSWER)
            longest = gr.Number(whole, label="Whole answer, tokens", elem_id="longest", **numbers)
        votes = gr.Slider(
            1,
            MOST_VOTES,
            value=1,
            step=1,
            label="Votes",
            info="With more than one, so many answers are sampled, and the one that most of them give is shown.",
            elem_id="votes",
        )
        seed = gr.Number(label="Seed of sampled answers", value=0, elem_id="seed")
    return [*budgets, longest, votes, seed]


def launch(page: Blocks, examples: Sequence[Example] = (), **options: Any) -> Any:
    """Serve the page; further arguments are those of Gradio's `launch`.

    Raises:
        OSError: no port is free.
    """
    return page.launch(
        theme=theme(),
        css=style_sheet(),
        js=script(),
        footer_links=["gradio"],
        max_file_size=LARGEST_UPLOAD,
        allowed_paths=[str(example.recording) for example in examples],
        ssr_mode=False,
        **options,
    )
