import re
import sys
from html.parser import HTMLParser

import pytest

from spanwise.errors import UsageError
from spanwise.evaluate.outcome import STAGES
from spanwise.evaluate.report import write_report

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"
VOID = {"meta", "br", "img", "input", "link", "hr"}


class Page(HTMLParser):
    """Notes the elements of a page, and that every one is closed."""

    def __init__(self, text):
        super().__init__()
        self.names, self.attributes, self.text, self._open = [], [], "", []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        self.attributes.extend(attrs)
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.names.append(tag)
        self.attributes.extend(attrs)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.text += data


def page_of(file, document, other=None):
    write_report(file, document, other)
    return Page(file.read_text(encoding="utf-8"))


def test_a_report_needs_no_other_file(tmp_path, make_outcome, make_evaluation):
    page = page_of(tmp_path / "r.html", make_evaluation([make_outcome(1), make_outcome(2, confidence=0.3)]))
    assert page.names.count("svg") == 5
    assert not {"script", "img", "link", "iframe", "object"} & set(page.names)
    fetched = [value for name, value in page.attributes if name in ("src", "href", "xlink:href")]
    assert all(value.startswith("#") for value in fetched)
    assert ("name", "viewport") in page.attributes
    assert "prefers-color-scheme: dark" in page.text
    assert "Nowhere: every question was answered rightly" in page.text


def test_texts_are_shown_as_texts(tmp_path, make_outcome, make_evaluation):
    lost = make_outcome(
        1, question=EVIL, answer=EVIL, golds=(EVIL,), file=f"{EVIL}.txt", id=EVIL, lost_at="misread", right_rank=None
    )
    document = make_evaluation([lost], data=EVIL, misplaced=[(EVIL, EVIL, 5, EVIL)], path=EVIL, root=EVIL)
    page = page_of(tmp_path / "r.html", document, document)
    assert page.text.count(EVIL) >= 10
    assert not {"script", "img"} & set(page.names)
    assert "default-src 'none'" in dict(page.attributes).values() or any(
        "default-src 'none'" in (value or "") for _, value in page.attributes
    )


def test_half_a_surrogate_pair_does_not_stop_a_report(tmp_path, make_outcome, make_evaluation):
    lost = make_outcome(1, answer="half \ud83d", lost_at="misread", right_rank=None)
    assert "half" in page_of(tmp_path / "r.html", make_evaluation([lost])).text


def test_failures_are_listed_by_stage(tmp_path, make_outcome, make_evaluation):
    lost = [
        make_outcome(number, question=f"Lost at {stage}?", lost_at=stage, right_rank=None)
        for number, stage in enumerate(STAGES)
    ]
    text = page_of(tmp_path / "r.html", make_evaluation([*lost, make_outcome(99, question="Fine?")])).text
    places = [text.index(f"Lost at {stage}?") for stage in STAGES]
    assert places == sorted(places)
    assert "Fine?" not in text
    assert all(text.index(meaning) < place for meaning, place in zip(STAGES.values(), places, strict=True))


def test_a_comparison_is_shown(tmp_path, make_outcome, make_evaluation):
    before = make_evaluation([make_outcome(1, lost_at="misread", right_rank=None, question="Turned?"), make_outcome(2)])
    text = page_of(
        tmp_path / "r.html", make_evaluation([make_outcome(1, question="Turned?"), make_outcome(2)]), before
    ).text
    assert "Since 2026-11-21 10:00 UTC" in text
    assert "some: answers.right_in.1" in text
    assert "+0.500" in text
    assert re.search(r"Questions that changed: 1\s+better, 0 worse", text)
    assert "Turned? q1" in text


@pytest.mark.parametrize("golds", [("5310",), ()], ids=["answerable", "unanswerable"])
def test_questions_of_one_kind_without_candidates(tmp_path, make_outcome, make_evaluation, golds):
    only = make_outcome(
        1, golds=golds, answer="", file=None, page=None, confidence=None, abstained=True, right_rank=None, isolated=None
    )
    page = page_of(tmp_path / "r.html", make_evaluation([only]))
    assert page.names.count("svg") == 5
    assert "none" in page.text


def test_plots_take_the_color_of_the_text(tmp_path, make_outcome, make_evaluation):
    write_report(tmp_path / "r.html", make_evaluation([make_outcome(1)]))
    plots = re.findall(r"<svg.*?</svg>", (tmp_path / "r.html").read_text(), re.DOTALL)
    assert all("currentColor" in plot for plot in plots)
    assert not any("#010203" in plot or "#000000" in plot or "<!DOCTYPE" in plot for plot in plots)


def test_without_matplotlib_one_line_says_what_to_install(tmp_path, make_outcome, make_evaluation, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError, match=r"found none; pip install 'spanwise\[eval\]'"):
        write_report(tmp_path / "r.html", make_evaluation([make_outcome(1)]))


def test_a_place_where_no_report_can_be(tmp_path, make_outcome, make_evaluation):
    for place in (tmp_path, tmp_path / "none" / "r.html"):
        with pytest.raises(UsageError, match="expected a file in an existing folder for the report"):
            write_report(place, make_evaluation([make_outcome(1)]))
