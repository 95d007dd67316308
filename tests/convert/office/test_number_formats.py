import pytest

from spanwise.convert.office.number_formats import EPOCH, EPOCH_1904, number_format


@pytest.mark.parametrize(
    ("code", "number", "expected"),
    [
        ("00000", 4711, "04711"),
        ("00000", 471123, "471123"),
        ("00-00-00", 204060, "20-40-60"),
        ("000\\-0000", 5551234, "555-1234"),
        ('00"-"00', 712, "07-12"),
        ("(###) ###-####", 2065551234, "(206) 555-1234"),
        ("00000", 4711.5, "4711.5"),
        ("0", 7, "7"),
        ("#", 7, "7"),
        ("# ##0", 12345, "12345"),
        ("#,##0.00", 1234.5, "1234.5"),
        ("[h]:mm", 1.75, "42:00"),
        ("[h]:mm:ss", 0.5 + 1 / 86400, "12:00:01"),
        ("[mm]:ss", -0.0625, "-1:30"),
        ("h:mm", 0.75, "18:00"),
        ("# ?/?", 0.25, "1/4"),
        ("# ?/?", 2.5, "2 1/2"),
        ("# ??/??", -0.3125, "-5/16"),
        ("# ?/?", 3, "3"),
        ("0.0%", 0.075, "7.5%"),
        ('#,##0.00 "EUR"', 12.5, "12.5 EUR"),
        ("[$\u20ac-407] 0", 12, "\u20ac12"),
        ("d. mmm yyyy", 45000, "2023-03-15"),
        ("General", 0.1, "0.1"),
    ],
)
def test_numbers_are_written_as_they_are_shown(code, number, expected):
    assert number_format(200, code, EPOCH)(number) == expected


@pytest.mark.parametrize(
    ("identifier", "number", "expected"),
    [(12, 1.5, "1 1/2"), (13, 0.0625, "1/16"), (46, 1.5, "36:00"), (14, 45000, "2023-03-15"), (9, 0.5, "50%")],
)
def test_formats_that_every_workbook_has(identifier, number, expected):
    assert number_format(identifier, "", EPOCH)(number) == expected


def test_days_since_1904():
    assert number_format(14, "", EPOCH_1904)(0) == "00:00"
    assert number_format(14, "", EPOCH_1904)(1462) == "1908-01-02"
