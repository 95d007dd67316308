import pytest

from spanwise.convert.html.page import convert_html


def text_of(html):
    return convert_html(html.encode()).text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<ol type=a><li>x<li>y</ol>", "a. x\nb. y"),
        ("<ol type=A start=27><li>x</ol>", "AA. x"),
        ("<ol type=i start=3><li>x<li>y</ol>", "iii. x\niv. y"),
        ("<ol type=I><li value=1999>x</ol>", "MCMXCIX. x"),
        ("<ol type=i start=0><li>x</ol>", "0. x"),
        ("<ol reversed><li>x<li>y<li>z</ol>", "3. x\n2. y\n1. z"),
        ("<ol reversed start=10><li>x<li>y</ol>", "10. x\n9. y"),
        ("<ol start=-1><li>x<li>y</ol>", "-1. x\n0. y"),
        ("<ol start=7x><li>x<li value=z>y</ol>", "7. x\n8. y"),
        ("<ol style='list-style-type: lower-roman'><li>x<li>y</ol>", "i. x\nii. y"),
        ("<ol style='list-style: none'><li>x</ol>", "- x"),
        ("<ol><li>x<ol type=a><li>y</ol><li>z</ol>", "1. x\n   a. y\n2. z"),
        ("<ol><li>x<li type=a>y</ol>", "1. x\nb. y"),
        ("<dl><div><dt>t<dd>d</div><div><dt>u<dd>e</div></dl>", "t\n    d\n\nu\n    e"),
    ],
)
def test_list_markers(html, text):
    assert text_of(html) == text


@pytest.mark.parametrize(
    ("html", "lines"),
    [
        (
            (
                "<table><tr><th>Machine<th>Part<th>Torque<tr><td rowspan=2>Lathe<td>Chuck<td>40 Nm<tr>"
                "<td>Tailstock<td>25 Nm</table>"
            ),
            ["Machine: Lathe; Part: Chuck; Torque: 40 Nm", "Machine: Lathe; Part: Tailstock; Torque: 25 Nm"],
        ),
        (
            (
                "<table><thead><tr><td rowspan=2>Day<td colspan=2>Hours<tr><td>from<td>to<tbody>"
                "<tr><td>Monday<td>9<td>17</table>"
            ),
            ["Day: Monday; Hours from: 9; Hours to: 17"],
        ),
        (
            "<table><tr><td><b>Article</b><td><b>Price</b><tr><td>A-1003<td>149</table>",
            ["Article: A-1003; Price: 149"],
        ),
        (
            "<table><tr><th>Height<td>31 m<tr><th>Built<td>1987</table>",
            ["Height: 31 m", "Built: 1987"],
        ),
        (
            "<table><tr><th><th>2023<th>2024<tr><th>Boats<td>7<td>9</table>",
            ["Boats; 2023: 7; 2024: 9"],
        ),
        (
            "<table><tr><th>Fare<th>Price<tr><td colspan=2>Weekdays<tr><td>Child<td>4</table>",
            ["Weekdays", "Fare: Child; Price: 4"],
        ),
        (
            "<table><tr><th>Fee<th>Note<tr><td>45<sup><a href='#n'>3</a></sup><td>12 m<sup>2</sup></table>",
            ["Fee: 45 [3]; Note: 12 m^2"],
        ),
        (
            "<table><tr><td>Director<td>Pekka<tr><td>Architect<td>Ida</table>",
            ["Director | Pekka", "Architect | Ida"],
        ),
        (
            "<table><tr><th>A<th>B<tr><td>1<td>2<tr><th>C<th>D<tr><td>3<td>4</table>",
            ["A: 1; B: 2", "C: 3; D: 4"],
        ),
    ],
)  # fmt: skip
def test_rows_are_readable_alone(html, lines):
    page = convert_html(html.encode())
    assert page.text.splitlines() == lines
    assert [page.text[part.start : part.end] for part in page.parts] == lines
    assert {part.kind for part in page.parts} == {"row"}


def test_headings_stand_over_their_sections():
    page = convert_html(
        b"<h1>Pier</h1><p>a<h3>Gate <a href='#g'>#</a></h3><p>b</p><div role=heading aria-level=2>Fees</div><p>c</p>"
    )
    found = [(page.text[part.start : part.end].split("\n")[0], part.value) for part in page.parts]
    assert found == [("Pier", "Pier"), ("Gate", "Gate"), ("Fees", "Fees")]
    assert page.text[page.parts[1].start : page.parts[1].end] == "Gate\n\nb\n\n"


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("<title></title><svg><title>Menu icon</title></svg><h1>Boat manual</h1>", "Boat manual"),
        ("<svg><title>Menu icon</title></svg><p>x</p>", None),
        ("<title>Boats</title><h1>Boat manual</h1>", "Boats"),
    ],
)
def test_title(html, title):
    assert convert_html(html.encode()).title == title


@pytest.mark.parametrize(
    "html",
    [
        "<!doctype html><html><head><title>T</title></head></html>\n<body><p>At 21:15.</p></body>",
        "<html><body><p>Open</p></body></html><p>At 21:15.</p>",
        "<title>T</title><table><tr><td>x</table></html><div>At 21:15.</div>",
        "<p>Open<plaintext>At 21:15.",
        "<select><option>x</select><p>At 21:15.",
        "<frameset></frameset><noframes>At 21:15.</noframes>",
        "<head><noscript><p>At 21:15.</p></noscript></head>",
    ],
)
def test_what_browsers_show_of_broken_pages(html):
    assert "At 21:15." in text_of(html)


def test_a_doctype_of_xhtml_says_what_is_empty():
    page = (
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" "x.dtd"><html><body><iframe src="a"/><p>At 21:15.</p></html>'
    )
    assert text_of(page) == "At 21:15."


@pytest.mark.parametrize("head", ['<?xml version="1.0"?>\n<!DOCTYPE html>\n<html', "<!DOCTYPE html>\n<html"])
def test_empty_elements_of_pages_that_are_xml(head):
    page = f"""{head} xmlns="http://www.w3.org/1999/xhtml"><head><title/><script src="a.js"/></head>
        <body><a id="top"/><h1>Gate</h1><ul class="menu"/><p>At<br/>21:15.</p><textarea/></body></html>"""
    assert text_of(page) == "Gate\n\nAt\n21:15."


def test_in_html_an_empty_element_is_open():
    assert text_of("<!doctype html><p>Open<textarea/>till <b>21:15</b></textarea>") == "Open till <b>21:15</b>"
