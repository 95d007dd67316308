import json

from spanwise.cli.output import echo, one_line, print_json, print_table, safe_name


def test_a_table_shows_every_text_as_it_is(capsys):
    name = "reports/" + "x" * 300
    print_table([("[bold]all[/]", "1,000"), (name, ":smile:")], ("file", "count"))
    header, *rows = (line.split() for line in capsys.readouterr().out.splitlines())
    assert header == ["file", "count"]
    assert rows == [["[bold]all[/]", "1,000"], [name, ":smile:"]]


def test_numbers_stand_to_the_right_of_their_column(capsys):
    print_table([("a", "1"), ("b", "1,000")], ("name", "count"))
    assert capsys.readouterr().out.splitlines() == [
        "name  count",
        "a         1",
        "b     1,000",
    ]


def test_json_is_one_line_for_every_reader(capsys):
    print_json({"text": "one\u2028two\x85three\n"})
    out = capsys.readouterr().out
    assert len(out.splitlines()) == 1
    assert json.loads(out) == {"text": "one\u2028two\x85three\n"}


def test_control_characters_do_not_reach_a_terminal():
    assert one_line("a\n b\x1b[31m") == "a b\ufffd[31m"
    assert safe_name("a\n\x1b.txt") == "a\\n\\x1b.txt"


def test_what_is_printed_cannot_drive_a_terminal(capsys):
    echo("a\tb\r\nc\x1b]0;title\x07 \x9b31m \u202egnp.exe\r\f")
    assert capsys.readouterr().out == "a\tb\r\nc\\x1b]0;title\\x07 \\x9b31m \\u202egnp.exe\\r\f\n"
    print_table([("[/b]\x1b[2J", "\u2066x")])
    assert capsys.readouterr().out.split() == ["[/b]\\x1b[2J", "\\u2066x"]


def test_json_has_nothing_that_json_has_not(capsys):
    value = {"infinite": [float("inf"), {"none": float("nan")}], "half": "\ud800", "driving": "\x9b\x7f\u202e"}
    print_json(value)
    out = capsys.readouterr().out
    assert out.isascii()
    assert json.loads(out, parse_constant=lambda name: 1 / 0) == {
        **value,
        "infinite": [None, {"none": None}],
    }
