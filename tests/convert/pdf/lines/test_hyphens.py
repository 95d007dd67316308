import pytest

from spanwise.convert.pdf.lines.hyphens import join_hyphenated


@pytest.mark.parametrize("mark", ["\x02", "\ufffe", "\u00ad\n"])
def test_divided_words_are_joined(mark):
    assert join_hyphenated([f"the reposi{mark}tory", f"of{mark}ten and some{mark}thing"]) == [
        "the repository",
        "often and something",
    ]


@pytest.mark.parametrize(
    ("divided", "joined"),
    [
        ("UTF\x028", "UTF-8"),
        ("S\x02Plus", "S-Plus"),
        ("OS\x02specific", "OS-specific"),
        ("--with\x02blas", "--with-blas"),
        ("a byte\x02compiled file; byte-compiled code", "a byte-compiled file; byte-compiled code"),
        ("network\x02mounted; a network is mounted", "network-mounted; a network is mounted"),
        ("data\x02base; a database; data in a base", "database; a database; data in a base"),
        ("to do\x02", "to do-"),
    ],
)
def test_hyphens_of_the_writer_are_kept(divided, joined):
    assert join_hyphenated([divided]) == [joined]


def test_texts_without_divisions_are_untouched():
    pages = ["well-known\nwords", ""]
    assert join_hyphenated(pages) == pages
