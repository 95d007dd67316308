"""Questions typed one after the other."""

from types import SimpleNamespace

from spanwise.cli.asking.ask import _converse
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
    _converse(answers, FileFilter(patterns=("a.txt",), since_ns=7), printer)
    assert asked == [FileFilter(patterns, since_ns=7) for patterns in (("a.txt",), ("b.txt",), None)]
