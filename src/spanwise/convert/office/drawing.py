"""The words of charts and diagrams in office documents."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from xml.etree.ElementTree import Element

from spanwise.convert.numerals import integer
from spanwise.convert.office.number_formats import EPOCH, EPOCH_1904, number_format

_MOST_POINTS = 200  # of one series of a chart


def drawing_text(root: Element) -> str:
    """Return a diagram's paragraphs, or a chart's title, its series and their points, one a line."""
    lines = list(paragraphs(root))
    epoch = EPOCH_1904 if any(flag.get("val") in {"1", "true"} for flag in root.iter("c:date1904")) else EPOCH
    for series in root.iter("c:ser"):
        name, categories, values = (
            _points(series, tags, epoch) for tags in (("c:tx",), ("c:cat", "c:xVal"), ("c:val", "c:yVal"))
        )
        points = [
            f"{categories[at]}: {number}" if at in categories else number
            for at, number in sorted(values.items())[:_MOST_POINTS]
        ]
        lines.append("; ".join([*name.values(), *points]))
    return "\n".join(line for line in lines if line)


def paragraphs(root: Element) -> Iterator[str]:
    """Yield the text of each paragraph of DrawingML that holds any."""
    for paragraph in root.iter("a:p"):
        text = " ".join("".join(part.text or "" for part in paragraph.iter("a:t")).split())
        if text:
            yield text


def _points(series: Element, tags: tuple[str, ...], epoch: datetime) -> dict[int, str]:
    found = {}
    for part in (child for child in series if child.tag in tags):
        code = next((code.text for code in part.iter("c:formatCode") if code.text), None)
        write = None if code is None else number_format(0, code, epoch)
        for at, point in enumerate(part.iter("c:pt")):
            text = next((value.text for value in point.iter("c:v") if value.text), "")
            with suppress(ValueError):  # a word among numbers
                text = text if write is None else write(float(text))
            found[integer(point.get("idx"), at)] = text
    return found
