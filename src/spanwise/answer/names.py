"""Keep an answer from beginning or ending inside a name such as `read.table`, `--sign-off` or `/etc/hosts`."""

import re

NAME = re.compile(
    r"""
    (?<![\w-]) --? [A-Za-z][\w-]*                              # options
  | (?<![\w.]) [.~/]? /? \w+ (?: (?: [._/@$] | :: | -> ) \w+ )+  # dotted, slashed and joined names, decimal numbers
    (?: \(\) )?
  | (?<![\w.]) \. [A-Za-z]\w*                                   # hidden files
  | \w+ (?: \(\) )?                                             # words and calls
    """,
    re.VERBOSE,
)
REACH = 100  # characters looked at on each side


def whole_names(text: str, start: int, end: int) -> tuple[int, int]:
    """
    Move the ends of `text[start:end]` outwards to the ends of the names they stand in.

    :returns: The new start and end.
    """
    low, high = max(0, start - REACH), min(len(text), end + REACH)
    for match in NAME.finditer(text, low, high):
        if match.start() >= end:
            break
        if match.start() < start < match.end():
            start = match.start()
        if match.start() < end < match.end():
            end = match.end()
    return start, end
