"""The words of charts and diagrams in office documents."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from spanwise.convert.numerals import integer

_MOST_POINTS = 200  # of one series of a chart


def drawing_text(root: Element) -> str:
    """
    Return a diagram's paragraphs, or a chart's title, its series and their points, one a line.

    :param root: The root of its part.
    """
    if root.tag != "c:chartSpace":
        return "\n".join(paragraphs(root))
    lines = list(paragraphs(root))
    for series in root.iter("c:ser"):
        name, categories, values = (
            _points(series, tags) for tags in (("c:tx",), ("c:cat", "c:xVal"), ("c:val", "c:yVal"))
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


def _points(series: Element, tags: tuple[str, ...]) -> dict[int, str]:
    found = {}
    for part in (child for child in series if child.tag in tags):
        for at, point in enumerate(part.iter("c:pt")):
            text = next((value.text for value in point.iter("c:v") if value.text), "")
            found[integer(point.get("idx"), at)] = text
    return found
