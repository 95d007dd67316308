import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.answer.markdown import trim_marks


@pytest.mark.parametrize(
    ("text", "chosen", "expected"),
    [
        ("It is **8443** here", "**8443**", "8443"),
        ("It is **8443** here", "**8443", "8443"),
        ("It is **8443** here", "8443**", "8443"),
        ("It is **8443** here", "*8443*", "8443"),
        ("It is *8443*, here", "*8443*", "8443"),
        ("It is ***8443***.", "***8443***", "8443"),
        ("It is __8443__.", "__8443__", "8443"),
        ("It is _8443_ here", "_8443_", "8443"),
        ("It is ~~8443~~ 9000", "~~8443~~", "8443"),
        ("It is `8443` here", "`8443`", "8443"),
        ("It is ``a`b`` here", "``a`b``", "a`b"),
        ("It is **`8443`**", "**`8443`**", "8443"),
        ("See [the guide](https://a.b/c_d) now", "[the guide](https://a.b/c_d)", "the guide"),
        ("See [the guide](https://a.b/c_d) now", "guide](https://a.b/c_d)", "guide"),
        ("See [the guide](https://a.b/c_d) now", "[the guide", "the guide"),
        ("See **[the guide](a.md)** now", "**[the guide](a.md)**", "the guide"),
        ("![the dome](dome.png)", "![the dome](dome.png)", "the dome"),
        ("# The dome\ntext", "# The dome", "The dome"),
        ("## The dome ##\ntext", "## The dome ##", "The dome"),
        ("   ###### The dome", "###### The dome", "The dome"),
        ("- first\n- second", "- second", "second"),
        ("* first\n  + second", "+ second", "second"),
        ("1. first\n2) second", "2) second", "second"),
        ("- [ ] open\n- [x] done", "- [x] done", "done"),
        ("> The dome\n> opens", "> The dome", "The dome"),
        ("> > - **The dome**", "> > - **The dome**", "The dome"),
        ("| port | 8443 |", "| 8443 |", "8443"),
        ("| port | 8443 |", "port |", "port"),
        ("| port |\n|------|\n| 8443 |", "port |\n|------|\n", "port"),
        ("| port |\n|:-----:|\n| 8443 |", "|:-----:|\n| 8443", "8443"),
        ("```sh\nmake demo\n```", "```sh\nmake demo\n```", "make demo"),
        ("~~~\nmake demo\n~~~", "~~~\nmake demo", "make demo"),
        (" \t 8443 \n", " \t 8443 \n", "8443"),
        ("See [the dome](http://a.b/Dome_(roof)) now", "[the dome](http://a.b/Dome_(roof))", "the dome"),
        ("See [the dome][1] now", "[the dome][1]", "the dome"),
        ("See [the dome][1] now", "dome][1", "dome"),
        ("See <https://a.b/c> now", "<https://a.b/c>", "https://a.b/c"),
        ("It is 8443[^1].", "8443[^1]", "8443"),
        ("[^1]: Since 1990", "[^1]: Since 1990", "Since 1990"),
        ("It is <b>8443</b>", "<b>8443</b>", "8443"),
        ('It is <a href="x">8443</a><br/>', "8443</a><br/>", "8443"),
        ("<!-- x --> 8443", "<!-- x --> 8443", "8443"),
        # A piece of a mark is no answer; an address is one.
        ("It is <b>8443</b>", "/b>", ""),
        ("It is 8443.[^1]", "[^1", ""),
        ("See [the guide](https://a.b/c)", "https://a.b/c", "https://a.b/c"),
        # What only looks like a mark stays.
        ("It is rows[i][j]", "rows[i][j]", "rows[i][j]"),
        ("Run pull <name>", "pull <name>", "pull <name>"),
        ("Run `a <b>`", "a <b>", "a <b>"),
        ("It is 2 * 3 = 6", "2 * 3", "2 * 3"),
        ("Use snake_case_ here", "snake_case", "snake_case"),
        ("Use __init__.py", "init__.py", "init__.py"),
        ("In C# it is", "C#", "C#"),
        ("The -v option", "-v", "-v"),
        ("In 1990. It was", "1990.", "1990."),
        ("See [1] for more", "[1]", "[1]"),
        ("It is (8443)", "(8443)", "(8443)"),
        ("Run `a | b` now", "a | b", "a | b"),
        ("Run `**kwargs` now", "**kwargs", "**kwargs"),
        ("Run `*args, **kw` now", "`*args, **kw`", "*args, **kw"),
        ("It is **bold** and **strong** text", "bold** and **strong", "bold** and **strong"),
        # Nothing but marks is kept as it is.
        ("a ** b", "**", "**"),
        ("a | | b", "| |", "| |"),
    ],
)
def test_marks_never_bound_an_answer(text, chosen, expected):
    start = text.index(chosen)
    low, high = trim_marks(text, start, start + len(chosen))
    assert text[low:high] == expected


TEXTS = st.text(st.sampled_from("ab1 *_`~#<>/^|-[]()!.\\\n"), min_size=1, max_size=50)


@given(TEXTS, st.data())
def test_the_ends_only_move_inwards_and_only_once(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    low, high = trim_marks(text, start, end)
    assert start <= low <= high <= end
    assert trim_marks(text, low, high) == (low, high)


@given(st.text(st.sampled_from("ab1 ,;\n"), min_size=1), st.data())
def test_a_text_without_marks_loses_only_whitespace(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    low, high = trim_marks(text, start, end)
    assert text[low:high] == (text[start:end].strip() or text[start:end])


def test_a_line_of_nothing_but_marks_takes_no_time():
    text = "`" * 400_000
    assert trim_marks(text, 200_000, 200_010) == (200_000, 200_010)
