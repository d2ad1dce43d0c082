"""The page of two runs compared, in a real browser: what its search, order and filter leave, wide and narrow."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from evaluation.report.compare_page import PAGE, write_compare_page
from tests.evaluation.finished_runs import SECOND, write_run


BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHANGED = ["2", "3", "4", "6", "8"]
"""The items that the two runs of `finished_runs` answered otherwise, in the order of the runs."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"no browser: install one of {', '.join(BROWSERS)}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compared")
    write_compare_page(write_run(folder / "first"), write_run(folder / "second", SECOND), folder / "page")
    return folder / "page" / PAGE


@pytest.fixture(params=[1280, 390], ids=["wide", "narrow"])
def page(browser: Browser, written: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": request.param, "height": 844})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(written.as_uri())
    yield page
    context.close()
    assert faults == []


def shown(page: Page) -> list[str]:
    """The names of the items that can be seen, from top to bottom."""
    names = page.locator("#items tbody tr:visible td:first-child")
    return [text.split("\n")[0].strip() for text in names.all_inner_texts()]


def test_all_that_changed_is_there_at_first(page: Page) -> None:
    assert shown(page) == CHANGED
    expect(page.locator("#shown")).to_have_text("5 of 5 shown")


def test_search(page: Page) -> None:
    page.get_by_label("Search").fill("FLUTE no answer")
    assert shown(page) == ["6"]
    expect(page.locator("#shown")).to_have_text("1 of 5 shown")
    page.get_by_label("Search").fill("violin")
    assert shown(page) == []
    expect(page.locator("#shown")).to_have_text("no item matches")
    page.get_by_label("Search").fill("")
    assert shown(page) == CHANGED


def test_filter(page: Page) -> None:
    for words, left in (("second better", ["4"]), ("officially alone", ["8"]), ("first better", ["2", "3", "6"])):
        page.get_by_label(words).check()
        assert shown(page) == left
    page.get_by_label("Search").fill("heard in 3")
    assert shown(page) == ["3"]
    page.get_by_label("any (5)").check()
    page.get_by_label("Search").fill("")
    assert shown(page) == CHANGED


def test_order(page: Page) -> None:
    order = page.get_by_label("In the order of")
    order.select_option("the right answers")
    # cat, cat, dog, flute, flute; what agrees stays as it was.
    assert shown(page) == ["2", "4", "3", "6", "8"]
    page.get_by_label("first better").check()
    assert shown(page) == ["2", "3", "6"]
    page.get_by_label("any (5)").check()
    order.select_option("the run")
    assert shown(page) == CHANGED


def test_nothing_is_wider_than_the_screen(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_no_fault_of_access(page: Page) -> None:
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]})
    assert [fault["id"] for fault in found.response["violations"]] == []
