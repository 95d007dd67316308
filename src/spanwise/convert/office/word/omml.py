"""Equations of Word on one line: "1/8", "x^2", "√(a+b)"."""

from collections.abc import Callable
from xml.etree.ElementTree import Element

_SKIPPED = frozenset(["m:rPr", "m:ctrlPr", "w:rPr", "w:del"])
_Parts = dict[str, Element]
_OPERATORS = frozenset("+-/=<> \u2212\u00b1\u00d7\u22c5")


def math_text(element: Element) -> str:
    """Return an equation's text; what a position on the page says is said by signs."""
    if element.tag in {"m:t", "w:t"}:
        return element.text or ""
    if element.tag in _FORMS:
        return _FORMS[element.tag](element, {child.tag.removeprefix("m:"): child for child in element})
    return "".join(math_text(child) for child in element if child.tag not in _SKIPPED)


def _root(_: Element, part: _Parts) -> str:
    degree = _inside(part.get("deg"))
    return f"{f'^{degree}' if degree else ''}\u221a{_grouped(part.get('e'))}"


def _sum(_: Element, part: _Parts) -> str:
    sign = _value(part.get("naryPr"), "m:chr") or "\u222b"
    limits = [f"{mark}{_grouped(part.get(name))}" for mark, name in (("_", "sub"), ("^", "sup"))]
    return f"{sign}{''.join(limit for limit in limits if len(limit) > 1)} {_inside(part.get('e'))}"


def _delimited(element: Element, part: _Parts) -> str:
    begin, end = (_value(part.get("dPr"), name) for name in ("m:begChr", "m:endChr"))
    return f"{'(' if begin is None else begin}{_listed(element, 'm:e', ', ')}{')' if end is None else end}"


def _matrix(element: Element, _: _Parts) -> str:
    rows = [", ".join(map(math_text, row)) for row in element if row.tag == "m:mr"]
    return f"[{'; '.join(rows)}]"


def _listed(element: Element, tag: str, between: str) -> str:
    return between.join(math_text(child) for child in element if child.tag == tag)


def _inside(element: Element | None) -> str:
    return "" if element is None else math_text(element).strip()


def _grouped(element: Element | None) -> str:
    text = _inside(element)
    is_grouped = text.startswith("(") and text.find(")") == len(text) - 1
    return f"({text})" if len(text) > 1 and _OPERATORS.intersection(text[1:]) and not is_grouped else text


def _value(element: Element | None, name: str) -> str | None:
    found = None if element is None else next((child for child in element if child.tag == name), None)
    return None if found is None else found.get("m:val", "")


_FORMS: dict[str, Callable[[Element, _Parts], str]] = {
    "m:f": lambda _, part: f"{_grouped(part.get('num'))}/{_grouped(part.get('den'))}",
    "m:sSup": lambda _, part: f"{_grouped(part.get('e'))}^{_grouped(part.get('sup'))}",
    "m:sSub": lambda _, part: f"{_inside(part.get('e'))}_{_grouped(part.get('sub'))}",
    "m:sSubSup": lambda _, part: f"{_inside(part.get('e'))}_{_grouped(part.get('sub'))}^{_grouped(part.get('sup'))}",
    "m:func": lambda _, part: f"{_inside(part.get('fName'))} {_inside(part.get('e'))}",
    "m:rad": _root,
    "m:nary": _sum,
    "m:d": _delimited,
    "m:m": _matrix,
    "m:eqArr": lambda element, _: _listed(element, "m:e", "; "),
    "m:oMathPara": lambda element, _: _listed(element, "m:oMath", "\n"),
}
