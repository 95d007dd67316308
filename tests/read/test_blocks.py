import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.read.passages import block_starts

FULL = "There were 27 papers of which many rest on the"


def blocks(text):
    starts = block_starts(text)
    found = [text[start:end].strip() for start, end in zip([0, *starts], [*starts, len(text)], strict=True)]
    return [block for block in found if block]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("just\nwrapped\r\nlines\rhere", ["just\nwrapped\r\nlines\rhere"]),
        ("One.\n\nTwo", ["One.", "Two"]),
        ("One.\r\n\r\nTwo", ["One.", "Two"]),
        ("One.\r\rTwo", ["One.", "Two"]),
        ("One. \n \t\n  two", ["One.", "two"]),
        ("- Opening: 9:30\n- Closing: 17:45", ["- Opening: 9:30", "- Closing: 17:45"]),
        ("Hours:\n* one\n  goes on\n* two", ["Hours:", "* one\n  goes on", "* two"]),
        ("2.7 km.\n1. Turn\n2) Go\n(3) Stop\n(b) Rest", ["2.7 km.", "1. Turn", "2) Go", "(3) Stop", "(b) Rest"]),
        ("\u2022 one\n\u2022 two", ["\u2022 one", "\u2022 two"]),
        ("One\n# \ntwo", ["One", "#", "two"]),
        ("One\n- \ntwo", ["One", "- \ntwo"]),
        ("# Hours\nIt opens.\n## Price\nIt costs 5.", ["# Hours", "It opens.", "## Price", "It costs 5."]),
        ("Hours\n=====\nIt opens", ["Hours", "=====", "It opens"]),
        ("| a | b |\n|---|---|\n| c | d |", ["| a | b |", "|---|---|", "| c | d |"]),
        ("http | 80\nhttps | 443\nThe end", ["http | 80", "https | 443", "The end"]),
        ("http\t80\nhttps\t443", ["http\t80", "https\t443"]),
        ("http    80\nhttps   443", ["http    80", "https   443"]),
        ("It is:\n```\na\nb\n```\nEnd", ["It is:", "```", "a\nb", "```", "End"]),
        ("It is 2.7 kilometres.\n1\nThe end", ["It is 2.7 kilometres.", "1", "The end"]),
        ("It is 2.7 km.\n2.1 Opening the dome\nPull", ["It is 2.7 km.", "2.1 Opening the dome", "Pull"]),
        ("It was built in\n1935 and has\n12 rooms", ["It was built in\n1935 and has\n12 rooms"]),
        (f"The nights\nIt was used on 214 nights.\nScience\n{FULL}\nPellet spectrograph.",
         ["The nights", "It was used on 214 nights.", "Science", f"{FULL}\nPellet spectrograph."]),
        (f"Telescope Nights Weather\nSollinger 214 138\nWren 229 130\n{FULL}",
         ["Telescope Nights Weather", "Sollinger 214 138", "Wren 229 130", FULL]),
        (f"He is, as they say,\nAna Ruiz\nand no other\n{FULL}", ["He is, as they say,\nAna Ruiz\nand no other", FULL]),
        ("The mayor is Ana\nRuiz, who lives there", ["The mayor is Ana\nRuiz, who lives there"]),
        ("", []),
        ("\n\n", []),
    ],
)  # fmt: skip
def test_blocks(text, expected):
    assert blocks(text) == expected


@given(st.text(st.sampled_from("aA1.-#| \t\r\n=*"), max_size=60))
def test_blocks_begin_behind_line_ends(text):
    starts = block_starts(text)
    assert starts == sorted(set(starts))
    assert all(text[start - 1] in "\r\n" for start in starts)
    assert all(text[start - 1 : start + 1] != "\r\n" for start in starts)


@given(st.lists(st.sampled_from(["one", "two three", "It is 5."]), min_size=2, max_size=6))
def test_a_blank_line_always_ends_a_block(paragraphs):
    for blank in ("\n\n", "\r\n\r\n", "\n \n", "\r\r"):
        assert blocks(blank.join(paragraphs)) == paragraphs
