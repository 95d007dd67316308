"""Results as a person reads them, without a model."""

from html.parser import HTMLParser

import pytest

from spanwise.text.shown import percent
from spanwise.types import Answer, Citation, QueryResult


def result(confidence=0.9, *, verdict="answer", file="a.md", context="The pump is red. It hums.", words="red"):
    start = 100 + context.index(words)
    place = Citation(file, None, 3, start, start + len(words), section=("Pumps",), location="Pumps, line 3")
    answer = Answer(
        words, confidence, file, None, 3, start, start + len(words), context, 100, 1.0, 0.5, (place,), location="Pumps"
    )
    weak = Answer("blue", 0.1, file, None, 3, 0, 4, "blue", 0, 1.0, 0.5, (place,))
    return QueryResult("Which color?", 1, (answer, weak), verdict != "answer", 0.5, 0.1, True, verdict=verdict)


def test_a_result_prints_as_a_person_reads_it():
    assert str(result()) == "red   90%\n  The pump is red. It hums.\n  a.md, Pumps, line 3"
    unsure = str(result(0.4, verdict="unsure")).splitlines()
    assert (unsure[0], unsure[2]) == ("Not sure. The best candidates:", "red   40%")
    assert "blue   10%" in unsure
    assert str(result(0.4, verdict="no_answer")).startswith("These documents do not seem to say.\n\nred   40%")


def test_nothing_drives_a_terminal_or_a_notebook():
    hostile = result(
        file="a\x1b[2J<img src=x onerror=alert(1)>.md", context="The \x1b]0;x\x07 <script>x</script> red & so"
    )
    assert "\x1b" not in str(hostile)
    page = hostile._repr_html_()
    tags = set()
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: tags.add((tag, *attributes))
    parser.feed(page)
    assert {tag for tag, *attributes in tags if not attributes} == {"div", "p", "b", "br", "mark", "small"}
    assert all(len(tag) == 1 for tag in tags)
    assert "<mark>red</mark> &amp; so" in page
    assert not set(page) & set("\x1b\x07")


@pytest.mark.parametrize(("confidence", "shown"), [(1.0, ">99%"), (0.995, ">99%"), (0.99, "99%"), (0.004, "0%")])
def test_nothing_is_certain(confidence, shown):
    assert percent(confidence) == shown
