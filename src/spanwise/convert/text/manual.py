"""Manual pages, rendered by the program that the system shows them with."""

import re
import shutil
import subprocess
import tempfile

from spanwise.convert.encodings import decode_text
from spanwise.convert.extracted import Extracted, heading_parts
from spanwise.convert.text.outline import lines_of
from spanwise.errors import ConversionError

_SOURCE = re.compile(rb"""\s*(?:[.'][ \t]*\\"|[.'][ \t]*(?:TH|Dd|so|de|ds|if|ie|nr)\b|[.']\\")""")
_ALIAS = re.compile(r"\s*\.so[ \t]+(\S+)\s*$")
_OVERSTRUCK = re.compile(r".\x08")
_ESCAPES = re.compile(r"\x1b\[[\d;]*m")
_SECTION, _SUBSECTION = re.compile(r"\S"), re.compile(r" {3}\S")
_IN_BOLD = re.compile(r" *(?:\x1b\[1m|(\S)\x08\1)")
_COLUMNS = re.compile(r"\s{2,}")  # part what a running header has on its left from the rest
_LIMIT = 60  # seconds
_WIDTH = 100  # characters
_PATH = "/usr/bin:/bin:/usr/local/bin:/opt/homebrew/bin"


def is_manual(data: bytes) -> bool:
    """Return whether data is the source of a manual page; a log that was rotated has such a name too."""
    return _SOURCE.match(data[:4096]) is not None or b"\n.SH " in data[:65_536] or b"\n.Sh " in data[:65_536]


def convert_manual(data: bytes) -> Extracted:
    """
    Return a manual page as it is shown, its sections and subsections as headings.

    :param data: The page's source.
    :raises ConversionError: If neither mandoc nor man is installed, or it cannot render the page.
    """
    source = decode_text(data)
    alias = _ALIAS.match(source)
    if alias:
        msg = f"no text in it: it only refers to another manual page, {alias[1]}"
        raise ConversionError(msg)
    rendered = _render(source.encode()).strip("\n")
    text = _OVERSTRUCK.sub("", _ESCAPES.sub("", rendered))
    lines = list(lines_of(text))
    # The first line and the last are the page's running header and footer.
    headings = [
        (at, 1 if line[0] != " " else 2, line.strip())
        for (at, line), (_, shown) in list(zip(lines, lines_of(rendered), strict=True))[1:-1]
        if _SECTION.match(line) or (_SUBSECTION.match(line) and _IN_BOLD.match(shown))
    ]
    title = next((_COLUMNS.split(line.strip())[0] for _, line in lines if line.strip()), None)
    return Extracted(text, title=title, parts=heading_parts(headings, len(text)))


def _render(source: bytes) -> str:
    mandoc, man = shutil.which("mandoc"), shutil.which("man")
    if mandoc is not None:
        command = [mandoc, "-T", "utf8", "-O", f"width={_WIDTH}"]
    elif man is not None:
        command = [man, "-E", "UTF-8", "--nh", "--nj", "-l", "-"]
    else:
        msg = "a manual page, which mandoc or man renders: install one of them"
        raise ConversionError(msg)
    environment = {"PATH": _PATH, "MANWIDTH": str(_WIDTH), "LC_ALL": "C.UTF-8"}
    try:
        with tempfile.TemporaryDirectory() as empty:  # a page may include files that stand beside it
            run = subprocess.run(
                command, input=source, capture_output=True, timeout=_LIMIT, check=False, cwd=empty, env=environment
            )
    except (OSError, subprocess.TimeoutExpired) as error:
        msg = f"a manual page that {command[0]} could not render: {type(error).__name__}"
        raise ConversionError(msg) from error
    if run.returncode and not run.stdout.strip():
        msg = f"a manual page that {command[0]} could not render"
        raise ConversionError(msg)
    return run.stdout.decode("utf-8", "replace")
