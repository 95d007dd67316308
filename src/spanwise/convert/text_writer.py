"""Collects words and blocks into readable text: single spaces, blank lines, hanging list items."""

import io

_WIDEST_INDENT = 80  # characters; else a menu of many levels would be its square in text
_TAIL = 40  # characters of what was written last


class Mark:
    """A place in a text: where the next words begin."""

    at = 0


class TextWriter:
    r"""
    Writes text in which blocks are told apart by line ends.

    >>> writer = TextWriter()
    >>> writer.words("Two  ")
    >>> writer.words("words")
    >>> writer.open_item("- ")
    >>> writer.words("an item")
    >>> writer.text()
    'Two words\n- an item'
    """

    def __init__(self) -> None:
        self._text = io.StringIO(newline="\n")  # a list of the pieces would take many times their length
        self.length = 0
        """How many characters were written; line ends to come are not among them."""
        self._last = ""
        self._marks: list[Mark] = []  # those that wait for the next words
        self._newlines = 0
        self._space = False
        self._indents = [""]
        self._marker = ""
        self._item_is_empty = False
        self._blank_lines = [False]  # for each open item, whether there is a blank line in it
        self._last_had_blank_line = False

    def words(self, text: str) -> None:
        """Write running text; white space of any kind and length counts as one space."""
        if text.isspace():
            self._space = True
        elif text:
            self._put(self._lead(spaced=text[0].isspace()) + " ".join(text.split()))
            self._space = text[-1].isspace()

    def verbatim(self, text: str) -> None:
        """Write lines as they are, each behind the indentation of the item that it stands in."""
        for line in text.split("\n"):
            if line.strip():
                self._put(self._lead(spaced=False) + line.rstrip())
            self._newlines += 1

    def end_line(self, newlines: int = 1) -> None:
        """Let what follows begin after at least so many line ends: 1 for a new line, 2 for a blank line between."""
        self._space = False
        if not self._item_is_empty:
            self._newlines = max(self._newlines, newlines)

    def break_line(self) -> None:
        """End the line; twice in a row leaves a blank line, and more than that no more."""
        self.end_line(min(self._newlines + 1, 2))

    def open_item(self, marker: str, *, follows: str = "") -> None:
        """
        Begin an item whose further lines hang below the end of its marker.

        :param marker: What its first line begins with.
        :param follows: "term" to stand right below what was written last; "item" likewise, unless the item before
            has a blank line in it; "" to keep any blank line before it.
        """
        if follows == "term" or (follows == "item" and not self._last_had_blank_line):
            self._newlines = 1
        else:
            self.end_line(2 if follows else 1)
        self._marker = self._indents[-1] + marker
        self._indents.append((self._indents[-1] + " " * len(marker))[:_WIDEST_INDENT])
        self._blank_lines.append(False)
        self._item_is_empty = True
        self._space = False

    def close_item(self) -> None:
        """End the item that was opened last."""
        self._indents.pop()
        self._last_had_blank_line = self._blank_lines.pop()
        self._marker = ""
        self._item_is_empty = False
        self.end_line()

    def text(self) -> str:
        """Return what was written."""
        return self._text.getvalue()

    def mark(self) -> Mark:
        """Return a mark that takes its place, list marker included, when the next words are written."""
        mark = Mark()
        mark.at = self.length
        self._marks.append(mark)
        return mark

    def since(self, mark: Mark) -> str:
        """Return what was written from a mark on."""
        self._text.seek(mark.at)
        return self._text.read()

    @property
    def tail(self) -> str:
        """The end of the text that the next words are glued to, or "" where a space or line end parts them."""
        return "" if self._space or self._newlines else self._last

    def _put(self, text: str) -> None:
        self._text.write(text)
        self.length += len(text)
        self._last = (self._last + text)[-_TAIL:] if len(text) < _TAIL else text[-_TAIL:]

    def _lead(self, *, spaced: bool) -> str:
        """Return what parts the next words from those before, which are written with it."""
        if self._newlines > 1 and not self._item_is_empty:
            self._blank_lines[-1] = True
        is_new_line = bool(self._newlines) or not self.length
        lead = ""
        if self.length and (is_new_line or spaced or self._space):
            lead = "\n" * self._newlines if is_new_line else " "
        for mark in self._marks:
            mark.at = self.length + len(lead)
        self._marks.clear()
        if is_new_line:
            lead += self._marker or self._indents[-1]
        self._newlines = 0
        self._space = False
        self._marker = ""
        self._item_is_empty = False
        return lead
