import pytest

from spanwise.convert.plain import convert_markdown, convert_plain


def test_plain_text_is_exact():
    text = "  Two  spaces,\ttabs\r\n\r\nand a form feed\x0c.\n"
    assert convert_plain(text.encode()).text == text


def test_markdown_keeps_its_marks():
    text = "# Ports\n\n* **8443** for `https`\n"
    assert convert_markdown(text.encode()).text == text


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# Ports\n\ntext", "Ports"),
        ("intro\n\n# Ports and  hosts ##\n", "Ports and hosts"),
        ("## Second level only\n", None),
        ("```sh\n# a comment\n```\n", None),
        ("#hashtag\n", None),
    ],
)
def test_markdown_title(text, title):
    assert convert_markdown(text.encode()).title == title
