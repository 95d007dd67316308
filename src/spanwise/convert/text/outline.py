"""The headings of texts that are stored as they stand: Markdown, reStructuredText, AsciiDoc, Org and LaTeX."""

import re
from collections.abc import Callable, Iterator

from spanwise.files.names import MARKDOWN
from spanwise.text.markup import INLINE_TAG

Heading = tuple[int, int, str]  # offset, level (1 is the highest), text
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_FENCE = re.compile(r"((?: {0,3}(?:[-*+]|\d{1,9}[.)])[ \t]++)* {0,3})(`{3,}(?![^\n]*`)|~{3,})")
_ATX = re.compile(r" {0,3}(#{1,6})(?=[ \t]|$)")
_UNDERLINE = re.compile(r" {0,3}(=+|-{2,})[ \t]*$")
_NO_PARAGRAPH = re.compile(r" {0,3}(?:[-*+>|]|\d{1,9}[.)])(?:\s|$)|\s*\|| {4}|\t")
_LITERAL = re.compile(r"(?<!`)(`++)(.+?)(?<!`)\1(?!`)|\\([!-/:-@\[-`{-~])")  # code, and signs behind a backslash
_UNSHOWN = re.compile(
    r"<!--(?:(?!<!--).)*?-->|\[\^[^\[\]]*\]|<[a-z][\w.-]*(?:\s[^<>]*)?/>|" + INLINE_TAG, re.IGNORECASE
)
_LINK = re.compile(
    r"!?\[([^\[\]]*)\]\((?:[^()]|\([^()]*\))*\)|(?<!\w)!?\[([^\[\]]+)\]\[[^\[\]]*\]"  # [text](address), [text][name]
)
_EMPHASIS = re.compile(
    r"(?<!\w)(_{1,3})(?=[^\s_])((?:(?!\s\1).)+?)(?<=[^\s_])\1(?!\w)"
    r"|(?<!\*)(\*{1,3})(?=[^\s*])((?:(?!\s\3).)+?)(?<=[^\s*])\3"
)
_HIDDEN = {sign: sign + 0x100000 for sign in range(0x80)}  # to private characters, which are no marks
_SHOWN = {hidden: sign for sign, hidden in _HIDDEN.items()}
_LONGEST_TITLE = 500  # characters that are looked at
_ANCHOR = re.compile(r"\{(?:#|/\*)[^{}]*\}$")  # {#name}, {/* #name */}
_RST_MARKUP = re.compile(r"``([^`]+)``|(?::[\w:.+-]+:)?`([^`<]+?)(?:\s*<[^`>]*>)?`_{0,2}|\*\*([^*]+)\*\*")
_RULE = re.compile(r"(?!::$|\.\.$)([!-/:-@\[-`{-~])\1+$")
_UNDERLINES = "=-~^+"  # AsciiDoc's, of titles from the highest
_ASCIIDOC_TITLE = re.compile(r"[^\s\[.|:/].*\w|\w")
_SECTIONS = {"part": 1, "chapter": 1, "section": 2, "subsection": 3, "subsubsection": 4, "paragraph": 5}
_LATEX = re.compile(
    r"^[ \t]*\\(" + "|".join(_SECTIONS) + r")\*?(?:\[[^\]\n]*\])?\{((?:[^{}]|\{[^{}]*\}){0,500}?)\}", re.MULTILINE
)
_LABEL = re.compile(r"\\label\{[^{}]*\}")


def lines_of(text: str) -> Iterator[tuple[int, str]]:
    """Return where each line begins, and the line without its end."""
    return ((line.start(), line[0].rstrip("\r\n")) for line in _LINE.finditer(text) if line[0])


def markdown_headings(text: str) -> Iterator[Heading]:
    """Yield the headings of Markdown, by CommonMark's rules as far as lines tell; what stands in code is none."""
    fence, item, in_comment = "", 0, False
    before, before_that = (0, ""), ""
    for at, line in lines_of(text):
        if fence and line.strip() and _indent(line) < item:
            fence = ""  # the item of a list ends, and its code with it
        if fence:
            bare = line.strip()
            is_closing = bare.startswith(fence) and not bare.strip(fence[0]) and _indent(line) <= item + 3
            fence = "" if is_closing else fence
        elif in_comment or line.lstrip().startswith("<!--"):
            in_comment = "-->" not in line
        elif opening := _FENCE.match(line):
            fence, item = opening[2], len(opening[1]) if opening[1].strip() else 0
        elif marks := _ATX.match(line):
            title = line[marks.end() :].strip()
            bare = title.rstrip("#")
            title = bare if bare[-1:] in {"", " ", "\t"} else title
            yield at, len(marks[1]), _plain_title(title)
        elif (
            (under := _UNDERLINE.match(line))
            and before[1].strip()
            and not before_that.strip()
            and not _NO_PARAGRAPH.match(before[1])
        ):
            yield before[0], 1 if under[1][0] == "=" else 2, _plain_title(before[1].strip())
        else:
            before_that, before = before[1], (at, line)
            continue
        before_that, before = "", (at, "")


def _indent(line: str) -> int:
    line = line.expandtabs(4)
    return len(line) - len(line.lstrip())


def _plain_title(title: str) -> str:
    """Return what a heading shows: without comments, tags, addresses and pairs of marks, and code as it stands."""
    title = _LITERAL.sub(_without_marks, _ANCHOR.sub("", title[:_LONGEST_TITLE]))
    title = _UNSHOWN.sub("", title)
    for _ in range(3):  # marks stand in marks
        title = _EMPHASIS.sub(r"\2\4", _LINK.sub(r"\1\2", title))
    return title.translate(_SHOWN).strip()


def _without_marks(literal: re.Match[str]) -> str:
    return (literal[2] or literal[3]).strip().translate(_HIDDEN)


def rst_headings(text: str) -> Iterator[Heading]:
    """Yield the titles of reStructuredText: lines underlined, and maybe overlined; levels as they first occur."""
    levels: dict[tuple[str, bool], int] = {}
    before, before_that = (0, ""), ""
    for at, line in lines_of(text):
        title = before[1].strip()
        rule = line.rstrip()
        if title and _RULE.match(rule) and len(rule) >= min(len(title), 4) and not _RULE.match(title):
            style = line[0], before_that[:1] == line[0] and _RULE.match(before_that) is not None
            indented = before[1][:1].isspace()
            if style[1] or (not indented and (not before_that.strip() or _RULE.match(before_that))):
                yield before[0], levels.setdefault(style, len(levels) + 1), _RST_MARKUP.sub(_words_of, title)
        before_that, before = before[1], (at, line)


def _words_of(markup: re.Match[str]) -> str:
    """Return the words that literals, references, roles and strong emphasis of reStructuredText show."""
    return str(next(filter(None, markup.groups())))


def asciidoc_headings(text: str) -> Iterator[Heading]:
    """Yield the titles of AsciiDoc: `= Title`, or underlined; not those in blocks between lines of signs."""
    block, before, before_that = "", (0, ""), ""
    for at, line in lines_of(text):
        rule, title = line.rstrip(), before[1].rstrip()
        is_rule = len(rule) >= 2 and rule[0] in "-.+/_*=~^" and not rule.strip(rule[0])
        marks = len(line) - len(line.lstrip("="))
        if block:
            block = "" if rule == block else block
        elif (
            is_rule
            and rule[0] in _UNDERLINES
            and abs(len(rule) - len(title)) <= 1
            and _ASCIIDOC_TITLE.match(title)
            and (not before_that.strip() or before_that[0] in "[:/")
        ):
            yield before[0], _UNDERLINES.index(rule[0]) + 1, title
        elif is_rule and len(rule) >= 4:
            block = rule if rule[0] in "-.+/" else ""
        elif line.startswith("```"):
            block = "```"
        elif 1 <= marks <= 6 and line[marks : marks + 1] == " ":
            yield at, marks, line[marks:].strip().removesuffix(" " + "=" * marks).rstrip()
        before_that, before = before[1], (at, line)


def org_headings(text: str) -> Iterator[Heading]:
    """Yield the headlines of Org: `* Heading`, without keywords and tags."""
    for at, line in lines_of(text):
        stars = len(line) - len(line.lstrip("*"))
        if stars and line[stars : stars + 1] == " ":
            title = line[stars:].strip()
            if title.endswith(":") and " :" in title:
                title = title[: title.rindex(" :")].strip()
            yield at, stars, title.removeprefix("TODO ").removeprefix("DONE ")


def latex_headings(text: str) -> Iterator[Heading]:
    r"""Yield the titles of LaTeX's sections: `\section{Title}`."""
    for match in _LATEX.finditer(text):
        yield match.start(), _SECTIONS[match[1]], " ".join(_LABEL.sub("", match[2]).split())


OUTLINES: dict[str, Callable[[str], Iterator[Heading]]] = {
    **dict.fromkeys(MARKDOWN, markdown_headings),
    **dict.fromkeys((".rst", ".rest"), rst_headings),
    **dict.fromkeys((".adoc", ".asciidoc"), asciidoc_headings),
    ".org": org_headings,
    **dict.fromkeys((".tex", ".latex"), latex_headings),
}
