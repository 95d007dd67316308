"""Equations of Word on one line: "1/8", "x^2", "√(a+b)"."""

from xml.etree.ElementTree import Element

_SKIPPED = frozenset(["m:rPr", "m:ctrlPr", "w:rPr", "w:del"])
_OPERATORS = frozenset("+-/=<> \u2212\u00b1\u00d7\u22c5")


def math_text(element: Element) -> str:
    """
    Return an equation's text; what a position on the page says is said by signs.

    :param element: An `m:oMath` element or a part of one.
    """
    part = {child.tag.removeprefix("m:"): child for child in element}
    match element.tag:
        case "m:t" | "w:t":
            return element.text or ""
        case "m:f":
            return f"{_grouped(part.get('num'))}/{_grouped(part.get('den'))}"
        case "m:sSup":
            return f"{_grouped(part.get('e'))}^{_grouped(part.get('sup'))}"
        case "m:sSub":
            return f"{_inside(part.get('e'))}_{_grouped(part.get('sub'))}"
        case "m:sSubSup":
            return f"{_inside(part.get('e'))}_{_grouped(part.get('sub'))}^{_grouped(part.get('sup'))}"
        case "m:rad":
            degree = _inside(part.get("deg"))
            return f"{f'^{degree}' if degree else ''}\u221a{_grouped(part.get('e'))}"
        case "m:nary":
            sign = _value(part.get("naryPr"), "m:chr") or "\u222b"
            limits = [f"{mark}{_grouped(part.get(name))}" for mark, name in (("_", "sub"), ("^", "sup"))]
            return f"{sign}{''.join(limit for limit in limits if len(limit) > 1)} {_inside(part.get('e'))}"
        case "m:d":
            properties = part.get("dPr")
            begin, end = (_value(properties, name) for name in ("m:begChr", "m:endChr"))
            inner = ", ".join(math_text(child) for child in element if child.tag == "m:e")
            return f"{'(' if begin is None else begin}{inner}{')' if end is None else end}"
        case "m:func":
            return f"{_inside(part.get('fName'))} {_inside(part.get('e'))}"
        case "m:m":
            rows = [", ".join(map(math_text, row)) for row in element if row.tag == "m:mr"]
            return "[" + "; ".join(rows) + "]"
        case "m:eqArr":
            return "; ".join(math_text(child) for child in element if child.tag == "m:e")
        case "m:oMathPara":
            return "\n".join(math_text(child) for child in element if child.tag == "m:oMath")
    return "".join(math_text(child) for child in element if child.tag not in _SKIPPED)


def _inside(element: Element | None) -> str:
    return "" if element is None else math_text(element).strip()


def _grouped(element: Element | None) -> str:
    text = _inside(element)
    return f"({text})" if len(text) > 1 and _OPERATORS.intersection(text[1:]) and not _is_grouped(text) else text


def _is_grouped(text: str) -> bool:
    return text.startswith("(") and text.find(")") == len(text) - 1


def _value(element: Element | None, name: str) -> str | None:
    found = None if element is None else next((child for child in element if child.tag == name), None)
    return None if found is None else found.get("m:val", "")
