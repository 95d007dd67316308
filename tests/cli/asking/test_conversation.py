"""Questions typed one after the other."""

from types import SimpleNamespace

from spanwise.cli.asking.conversation import Conversation
from spanwise.types import FileFilter


def test_a_filter_typed_in_a_conversation_counts_instead_of_the_given_one(monkeypatch):
    typed, asked = iter(["Who?", "/filter b.txt", "Who?", "/filter", "Who?"]), []
    monkeypatch.setattr("builtins.input", lambda _: next(typed, None) or exhausted())

    def exhausted():
        raise EOFError

    def answers(questions, among):
        asked.append(among)
        return questions

    printer = SimpleNamespace(show=lambda result: [], show_more=lambda: None)
    Conversation(answers, printer, FileFilter(patterns=("a.txt",), since_ns=7)).run()
    assert asked == [FileFilter(patterns, since_ns=7) for patterns in (("a.txt",), ("b.txt",), None)]


def test_a_filter_may_hold_a_space_and_a_malformed_one_is_refused_at_once(monkeypatch, capsys):
    lines = ["/filter 'my folder/' *.pdf", "Who?", '/filter "my folder', "/filter !", "/filter 'a", "Who?"]
    typed, asked = iter(lines), []
    monkeypatch.setattr("builtins.input", lambda _: next(typed, "/quit"))
    printer = SimpleNamespace(show=lambda result: [], show_more=lambda: None)
    Conversation(lambda _, among: asked.append(among.patterns) or [None], printer, FileFilter()).run()
    assert asked == [("my folder/", "*.pdf")] * 2
    told = capsys.readouterr()
    assert told.out == "asking files that match my folder/ or *.pdf\n"
    assert [line.split(",")[0] for line in told.err.splitlines()[1:]] == [
        "spanwise: expected patterns",
        "spanwise: expected a pattern as in .gitignore",
        "spanwise: expected patterns",
    ]
