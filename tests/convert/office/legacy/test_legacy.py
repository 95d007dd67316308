"""Tables of the old Word format, as Kreuzberg writes them."""

import pytest

from spanwise.convert.office.legacy.legacy import _with_parted_rows


def test_rows_on_one_line():
    prices = "Article\tName\tPrice\t\tA-1003\tLadder\t149\t\tA-1004\t\t89\t\tPrices are those of May."
    source = _with_parted_rows(f"Price list\n{prices}\nLast.").extracted()
    assert source.text.split("\n\n") == [
        "Price list",
        "Article: A-1003; Name: Ladder; Price: 149\nArticle: A-1004; Price: 89",
        "Prices are those of May.\nLast.",
    ]
    assert [part.kind for part in source.parts] == ["row", "row"]


@pytest.mark.parametrize(
    "line",
    [
        "Nr.\tName\t\t: Falk",
        "Surname\tFirst name\t\tTown",
        "\t\t\t\t\t\t",
        "Head\t\t15\t\t16\t\t17",
        "A\tB\t\tC\tD\tE\tF\t\t\tG\tH\tI",
    ],
)
def test_tabs_of_other_kinds_stay(line):
    assert _with_parted_rows(f"One\n{line}\nTwo").extracted().text == f"One\n{line}\nTwo"
