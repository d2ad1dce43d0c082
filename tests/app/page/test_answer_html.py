"""An answer as HTML: what stands where, and that nothing written becomes markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from app.page.answer_html import answer_html
from app.page.answer_state import TITLES, Answer, Part, Votes


ATTACK = "<script>alert(1)</script><img src=x onerror=alert(1)> </section> \" ' & <PLANNING>"


class Tags(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs) -> None:
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(answer: Answer) -> Tags:
    page = Tags(answer_html(answer))
    assert page.open == []
    return page


@pytest.mark.parametrize(
    "answer",
    [
        Answer("writing", (Part("planning", ATTACK),)),
        Answer("writing", (Part(None, ATTACK),)),
        Answer("incomplete", (Part("response", ATTACK, True),), note=ATTACK, problems=(ATTACK,)),
        Answer("refused", note=ATTACK),
        Answer("complete", votes=Votes({ATTACK: 3})),
    ],
)
def test_what_was_written_is_text_and_never_markup(answer):
    page = read(answer)
    assert not {"script", "img", "planning"} & {tag for tag, _ in page.tags}
    assert ATTACK in page.text
    assert not [attrs for _, attrs in page.tags if any(name.startswith("on") for name in attrs)]


def test_a_page_without_a_question_says_what_comes():
    page = read(Answer())
    assert [attrs["data-to-come"] for _, attrs in page.tags if "data-to-come" in attrs] == list(TITLES)
    assert "how it goes about the question" in page.text


def test_while_an_answer_is_written_the_open_section_is_marked():
    page = read(Answer("writing", (Part("planning", "Listen.", True), Part("caption", "A do"))))
    sections = [attrs for tag, attrs in page.tags if tag == "section"]
    assert [(attrs["data-section"], attrs.get("data-closed")) for attrs in sections] == [
        ("planning", "true"),
        ("caption", None),
    ]
    assert "Captionwriting" in page.text.replace(" ", "") and "missing" not in page.text
    assert page.tags[0][1]["aria-busy"] == "true"


def test_a_complete_answer_says_so_in_words():
    parts = tuple(Part(name, "a", True) for name in TITLES)
    page = read(Answer("complete", parts))
    assert "Complete All five sections are there, in order." in page.text
    assert page.tags[0][1]["aria-busy"] == "false" and "missing" not in page.text
    assert [tag for tag, _ in page.tags].count("h3") == 5


def test_what_an_answer_lacks_is_listed():
    parts = (Part("planning", "a", True), Part("caption", "b"))
    problems = ("the section 'caption' is not closed", "</THINK> is missing")
    page = read(Answer("incomplete", parts, note="It was cut off after 9 tokens.", problems=problems))
    assert "Not well-formed It was cut off after 9 tokens." in page.text
    assert "The section 'caption' is not closed." in page.text and "</THINK> is missing." in page.text
    assert [attrs["data-missing"] for _, attrs in page.tags if "data-missing" in attrs] == [
        "reasoning",
        "summary",
        "response",
    ]
    assert "Caption not closed" in page.text


def test_a_refusal_is_an_alert_and_shows_no_sections():
    page = read(Answer("refused", note="clip.wav is silent."))
    assert "alert" in [attrs.get("role") for _, attrs in page.tags] and page.text == "No answer clip.wav is silent."
    assert not [tag for tag, _ in page.tags if tag in ("section", "h3")]


def test_votes_are_a_table_with_headings():
    page = read(Answer("complete", votes=Votes({"Czech": 6, "Dutch": 1}, silent=2, unfinished=1)))
    assert "Votes of 10 sampled answers" in page.text
    assert [attrs["scope"] for tag, attrs in page.tags if tag == "th"] == ["col", "col"] + ["row"] * 4
    assert re.findall(r"width:(\d+)%", answer_html(Answer("complete", votes=Votes({"a": 3}, 1)))) == ["75", "25"]
    assert "No vote: the response names none of the choices, or more than one2" in page.text
