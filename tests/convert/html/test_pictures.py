import pytest

from spanwise.convert.html.page import convert_html


def text_of(html):
    return convert_html(html.encode()).text


def test_a_picture_alone_in_a_cell_is_its_description():
    page = "<table><tr><th>Boat<th>Sail<tr><td>Oak<td><b><img alt='Yes'></b><tr><td>Elm<td><img alt=✗><br></table>"
    assert text_of(page) == "Boat: Oak; Sail: Yes\nBoat: Elm; Sail: ✗"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<h2><a name=x></a><img alt='Spare  parts'></h2><p>Text", "Spare parts\n\nText"),
        ("<p><!-- c --><picture><source><img alt='Sales grew'></picture></p>", "Sales grew"),
        ("<figure><img alt='The keel'></figure>", "The keel"),
        ("<figure><img alt='The keel'><figcaption>A keel</figcaption></figure>", "A keel"),
        ("<p>Press <img alt=Save> now</p>", "Press now"),
        ("<p>Text</p><div><img alt=Save></div>", "Text"),
        ("<p>Text</p><p><a href=x><img alt=Next></a></p>", "Text"),
        ("<p>Text</p><p><img alt=One><img alt=Two></p>", "Text"),
    ],
)
def test_a_picture_alone_in_a_heading_or_paragraph_is_its_description(html, text):
    assert text_of(html) == text


@pytest.mark.parametrize("alt", ["", "Boats logo", "icon", "image 3", "*", "keel.png", "keel_24", "[Note]"])
def test_some_descriptions_say_nothing(alt):
    assert text_of(f"<p>Text</p><p><img alt='{alt}'></p>") == "Text"


def test_thousands_of_pictures_take_no_time():
    assert text_of("<p>" + "<img alt=x><br>" * 20_000 + "Text") == "Text"
