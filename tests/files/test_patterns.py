import pytest

from spanwise.errors import UsageError
from spanwise.files.patterns import Patterns, is_pattern, path_matcher


@pytest.mark.parametrize(
    ("patterns", "file", "matched"),
    [
        (["*.pdf"], "a/b/c.pdf", True),
        (["reports"], "2024/reports/x.txt", True),
        (["reports/"], "reports", False),
        (["/reports"], "2024/reports/x.txt", False),
        (["reports/*.txt"], "reports/a/x.txt", False),
        (["reports/**/*.txt"], "reports/a/x.txt", True),
        (["*.txt", "!x.txt"], "a/x.txt", False),
        (["!x.txt", "*.txt"], "a/x.txt", True),
        (["[!a].txt"], "b.txt", True),
        ([r"\#1.txt"], "#1.txt", True),
        (["Reports"], "reports/x.txt", False),
        (["two\\ words "], "two words", True),
        (["caf\\\\xe9.txt"], "caf\\xe9.txt", True),
    ],
)
def test_matching_is_that_of_gitignore(patterns, file, matched):
    assert path_matcher(tuple(patterns))(file) is matched


@pytest.mark.parametrize("pattern", ["", "  ", "!", "/", "[", "a[", "\\", "# drafts", "a\nb", "a\n"])
def test_a_pattern_that_can_match_nothing_is_refused(pattern):
    assert not is_pattern(pattern)
    with pytest.raises(UsageError, match=r"^expected a pattern as in \.gitignore, found .*; "):
        path_matcher(("*.txt", pattern))


def test_patterns_given_anew_replace_those_of_their_kind():
    before = Patterns(("*.md",), ("drafts/",))
    assert before.replaced_by((), ("old/",)) == Patterns(("*.md",), ("old/",))
    assert before.replaced_by(("*.txt",), ()) == Patterns(("*.txt",), ("drafts/",))
    assert before.replaced_by(("**",), ()) == Patterns()
    assert before.replaced_by(("**", "*.md"), ("old/",)) == Patterns((), ("old/",))


def test_nothing_in_an_excluded_folder_is_included_again():
    patterns = Patterns((), ("a", "!a/b/c.txt"))
    assert patterns.leave_out("a")
    assert not patterns.match("a/b/c.txt")
    assert patterns.match("b/c.txt")
