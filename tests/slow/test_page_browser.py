"""The page in a real browser: upload, record, ask, sections as they come, errors, keyboard alone, contrast."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from app.page.answer_state import TITLES
from app.page.answering import load
from app.page.examples import Example
from app.page.layout import launch, make_page
from tests.evaluation.conftest import write_tiny_model


BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SECTIONS = list(TITLES)
PATIENCE = 60_000  # milliseconds; a loaded machine writes slowly
# What the page shows, each time that it changes: the state, and the sections that are open or closed by then.
WATCH = """() => {
  window.seen = [];
  const look = () => {
    const answer = document.querySelector("#answer .answer");
    const parts = [...answer.querySelectorAll("section[data-section]")].map((part) => part.dataset.section);
    const now = JSON.stringify([answer.dataset.state, parts]);
    if (window.seen.at(-1) !== now) window.seen.push(now);
  };
  const all = {childList: true, subtree: true, attributes: true};
  new MutationObserver(look).observe(document.querySelector("#answer"), all);
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"no browser: install one of {', '.join(BROWSERS)}")
    # A microphone that beeps.
    flags = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def recordings(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    soundfile.write(folder / "tone.wav", 0.3 * np.sin(np.arange(16_000) / 5), 8000)
    soundfile.write(folder / "long.flac", np.zeros(601 * 8000, dtype=np.int16), 8000)
    (folder / "text.wav").write_text("hello")
    return folder


@pytest.fixture(scope="module")
def address(recordings, tmp_path_factory) -> Iterator[str]:
    """Where the page of a tiny model is served."""
    model = load(str(write_tiny_model(tmp_path_factory.mktemp("model") / "tiny")))
    examples = [Example(recordings / "tone.wav", "Which tone?", ("high", "low"))]
    page = make_page(model, examples)
    _, address, _ = launch(page, examples, prevent_thread_lock=True, quiet=True)
    yield address
    page.close()


@pytest.fixture
def page(browser, address) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 844}, permissions=["microphone"])
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    page.wait_for_selector("#announcer", state="attached")
    yield page
    context.close()
    assert faults == []


def upload(page: Page, path: Path) -> None:
    page.locator("#recording input[type=file]").set_input_files(path)


def set_budgets(page: Page, tokens: int) -> None:
    """With random weights only a budget closes a section."""
    page.get_by_role("button", name="Thinking budget and votes").click()
    for title in TITLES.values():
        field = page.get_by_label(f"{title}, tokens")
        expect(field).to_have_value("0")
        field.fill(str(tokens))
    for title in TITLES.values():
        expect(page.get_by_label(f"{title}, tokens")).to_have_value(str(tokens))


def wait_for(page: Page, state: str) -> None:
    page.wait_for_selector(f".answer[data-state={state}]")


def test_upload_ask_and_watch_the_sections_open(page, recordings):
    upload(page, recordings / "tone.wav")
    expect(page.locator("#heard figcaption")).to_have_text(
        "tone.wav: 2.00 s at 16 kHz, mono, heard in one window of up to 30 s."
    )
    expect(page.locator("#heard .on-light img")).to_be_visible()
    expect(page.locator("#played audio")).to_be_visible()
    page.get_by_label("What do you want to know?").fill("<b>What</b> is heard?</PLANNING>")
    set_budgets(page, 40)
    page.evaluate(WATCH)
    page.get_by_role("button", name="Ask").click()
    wait_for(page, "complete")
    steps = [step for step in map(json.loads, page.evaluate("window.seen")) if step[0] != "empty"]
    assert steps[0] == ["waiting", []] and steps[-1] == ["complete", SECTIONS]
    reached = [parts for state, parts in steps if state == "writing"]
    assert reached == [SECTIONS[: number + 1] for number in range(5)]
    told = page.locator("#announcer p").all_inner_texts()
    assert [line.partition(":")[0] for line in told[1:6]] == list(TITLES.values())
    assert told[0].startswith("Listening") and told[6].startswith("Complete") and len(told) == 7
    assert page.locator("#announcer").get_attribute("aria-live") == "polite"


def test_record_and_ask(page):
    page.get_by_role("button", name="Record audio").click()
    page.locator("#recording button.record-button").click()
    page.wait_for_timeout(1500)
    page.locator("#recording button.stop-button").click()
    expect(page.locator("#heard figcaption")).to_contain_text("at 16 kHz, mono")


def test_an_example_fills_the_fields_and_votes_are_counted(page):
    page.get_by_role("button", name="Example: tone").click()
    expect(page.get_by_label("What do you want to know?")).to_have_value("Which tone?")
    expect(page.get_by_label("Choices, for a multiple-choice question")).to_have_value("high\nlow")
    set_budgets(page, 4)
    page.get_by_label("number input for Votes").fill("3")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("table", name="Votes of 3 sampled answers")).to_be_visible()


def test_errors_are_sentences(page, recordings):
    ask = page.get_by_role("button", name="Ask")
    ask.click()
    expect(page.get_by_role("alert")).to_have_text("No answer The question is empty; write one.")
    page.get_by_label("What do you want to know?").fill("What?")
    ask.click()
    expect(page.get_by_role("alert")).to_contain_text("There is no recording yet")
    upload(page, recordings / "long.flac")
    said = "long.flac lasts 601.0 s, and the model hears at most 600 s: cut out the part that you ask about."
    expect(page.locator("#heard").get_by_role("alert")).to_have_text(said)
    ask.click()
    expect(page.locator("#answer").get_by_role("alert")).to_have_text(f"No answer {said}")
    page.locator("#recording").get_by_role("button", name="Clear").click()
    upload(page, recordings / "text.wav")
    expect(page.locator("#heard").get_by_role("alert")).to_contain_text("text.wav is not audio that can be decoded")
    assert "Traceback" not in page.content()
    # The sentence about the recording before does not stand beside this one.
    expect(page.locator("#answer").get_by_role("alert")).to_have_count(0)


def test_an_answer_is_stopped_and_the_next_one_written(page, recordings):
    upload(page, recordings / "tone.wav")
    page.get_by_label("What do you want to know?").fill("What?")
    page.get_by_role("button", name="Thinking budget and votes").click()
    page.get_by_label("Planning, tokens").fill("4000")
    page.get_by_label("Whole answer, tokens").fill("4096")
    page.get_by_role("button", name="Ask").click()
    page.wait_for_selector(".answer[data-state=writing] [data-section=planning]")
    page.get_by_role("button", name="Stop").click()
    wait_for(page, "stopped")
    expect(page.locator("#answer")).to_contain_text("You stopped the answer before its end.")
    page.get_by_label("Whole answer, tokens").fill("5")
    page.get_by_role("button", name="Ask").click()
    wait_for(page, "incomplete")
    expect(page.locator("#answer")).to_contain_text("It was cut off after 5 tokens")
    expect(page.locator("#answer [data-missing=response]")).to_be_visible()


def tab_to(page: Page, what: str) -> None:
    """Go on with Tab until the element that has the focus fits the selector."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", what):
            outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
            assert outline == "solid", f"the focus on {what} cannot be seen"
            return
    raise AssertionError(f"{what} cannot be reached with Tab")


def test_by_keyboard_alone(page, recordings):
    page.on("filechooser", lambda chooser: None)  # from the start, so that no key is pressed before they are caught
    tab_to(page, "#theme-switch")
    page.keyboard.press("Enter")
    expect(page.locator("body")).to_have_class("dark")
    tab_to(page, "#recording button.upload-container")
    with page.expect_file_chooser() as chosen:
        page.keyboard.press("Enter")
    chosen.value.set_files(recordings / "tone.wav")
    expect(page.locator("#heard .on-dark img")).to_be_visible()
    tab_to(page, "#played audio")
    tab_to(page, "#question :is(input, textarea)")
    page.keyboard.type("What?")
    tab_to(page, "#choices textarea")
    tab_to(page, "#settings button")
    page.keyboard.press("Enter")
    for section in SECTIONS:
        tab_to(page, f"#budget-{section} input")
        page.keyboard.press("Control+A")
        page.keyboard.type("4")
    tab_to(page, "#votes input[type=range]")
    tab_to(page, "#ask")
    page.keyboard.press("Enter")
    wait_for(page, "complete")
    assert page.evaluate("() => document.activeElement.id") == "ask", "the focus stays where it was"
    tab_to(page, "#stop")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_readable_in_both_themes_and_at_the_width_of_a_phone(browser, address, recordings, scheme, width):
    """Contrast, names, roles and headings by axe; nothing is wider than the page."""
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    page.wait_for_selector("#announcer", state="attached")

    def check() -> None:
        found = Axe().run(page).response["violations"]
        assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width

    check()
    upload(page, recordings / "tone.wav")
    expect(page.locator(f"#heard .on-{scheme} img")).to_be_visible()
    page.get_by_label("What do you want to know?").fill("What?")
    set_budgets(page, 4)
    page.get_by_role("button", name="Ask").click()
    wait_for(page, "complete")
    check()
    page.get_by_label("Whole answer, tokens").fill("12")
    page.get_by_role("button", name="Ask").click()
    wait_for(page, "incomplete")
    check()
    page.get_by_label("What do you want to know?").fill("")
    page.get_by_role("button", name="Ask").click()
    wait_for(page, "refused")
    check()
    context.close()


def test_the_theme_that_was_chosen_is_kept(page):
    page.get_by_role("button", name="Dark theme").click()
    page.reload()
    expect(page.get_by_role("button", name="Light theme")).to_be_visible()
    assert page.evaluate("() => document.body.classList.contains('dark')")
