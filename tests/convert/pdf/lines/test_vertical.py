from spanwise.convert.pdf.lines.vertical import joined_columns


def test_characters_one_below_the_other_are_a_line():
    down = "\n".join(["\u9580", "\u306f", "\u4e5d", "\u6642", "\u306b", "\u9589", "\u307e", "\u308b\u3002"])
    assert joined_columns(f"2015\n{down}\nEnd") == f"2015\n{down.replace(chr(10), '')}\nEnd"


def test_short_lines_of_words_stay():
    days = "\n".join(["\u6708\u66dc\u65e5", "\u706b\u66dc\u65e5", "\u6c34\u66dc\u65e5"] * 3)
    assert joined_columns(days) == days
    few = "\u6708\n\u706b\n\u6c34"
    assert joined_columns(few) == few
