"""Source texts and candidates in them, without an index or a reader."""

from spanwise.types import Candidate, Hit, Passage, SourceText, Span


class Texts:
    """
    Source texts by file.

    :param texts: By file name, `_` for the dot.
    """

    def __init__(self, **texts):
        self.sources = {
            name.replace("_", "."): SourceText(name.replace("_", "."), text, "0" * 64, page_starts=(0, 30))
            for name, text in texts.items()
        }

    def __call__(self, file):
        return self.sources[file]

    def candidate(self, file, words, margin, *, passage=None, nth=0, score=0.5):
        """A candidate in a passage that begins at `passage` and reaches to the end of the text."""
        text = self.sources[file].text
        start = -1
        for _ in range(nth + 1):
            start = text.index(words, start + 1)
        begin = 0 if passage is None else passage
        hit = Hit(Passage(file, begin, len(text), text[begin:]), score)
        return Candidate(hit, Span(start - begin, start - begin + len(words), margin, 0.0, 0.0))
