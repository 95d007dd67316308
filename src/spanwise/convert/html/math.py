"""MathML on one line: "(a + b)/2", "x^2", "√(y)"."""

from collections.abc import Callable

from turbohtml import Element

_SILENT = {"annotation", "annotation-xml", "none", "mprescripts"}
_DEEPEST = 100  # what is nested further is written without its structure
_SIGNS = {"+", "-", "\u2212", "±", "∓"}
_SEPARATORS = {"mtable": "; ", "mtr": ", "}
_OPERATORS = set("=<>≤≥≠≈≡±\u00d7·÷∈⊂→⇒↔+\u2212∓∝\u223c≃")


def math_text(element: Element, depth: int = 0) -> str:
    """Return a formula on one line, so that a fraction or a power is no number of more digits."""
    if depth > _DEEPEST:
        return " ".join(element.text.split())
    tag = element.tag
    children = [child for child in element.children if isinstance(child, Element) and child.tag not in _SILENT]
    fewest, write = _FORMS.get(tag, (0, None))
    parts = [math_text(child, depth + 1) for child in children]
    if write is not None and len(parts) >= fewest:
        return write(parts)
    if tag in _SEPARATORS:
        return _SEPARATORS[tag].join(parts)
    if tag == "mfenced":
        return (element.attr("open") or "(") + ", ".join(parts) + (element.attr("close") or ")")
    text = " ".join((_joined(parts) if children else element.text).split())
    return f" {text} " if tag == "mo" and text in _OPERATORS else text


def _joined(parts: list[str]) -> str:
    text = ""
    for part in parts:
        # Digits of two numbers, or of a number and a fraction, must not become one number.
        is_apart = text[-1:].isdigit() and part[:1].isdigit()
        # A sign at the beginning, or behind an operator, belongs to what follows.
        is_sign = part.strip() in _SIGNS and (not text.strip() or text[-1] in " (,|[{")
        text += f" {part}" if is_apart else part.strip() if is_sign else part
    return text


def _group(text: str) -> str:
    is_number = text.replace(".", "").replace(",", "").isdigit()
    return text if text.isalpha() or len(text) < 2 or is_number else f"({text})"


def _root(parts: list[str]) -> str:
    return f"√{_group(parts[0])}" if len(parts) == 1 else f"√({_joined(parts)})"


def _power(parts: list[str]) -> str:
    return "".join(parts) if parts[1] in {"\u2032", "\u00b0", "\u2218"} else f"{_group(parts[0])}^{_group(parts[1])}"


_FORMS: dict[str, tuple[int, Callable[[list[str]], str]]] = {
    "mfrac": (2, lambda parts: f"{_group(parts[0])}/{_group(parts[1])}"),
    "msup": (2, _power),
    **dict.fromkeys(("msub", "munder"), (2, lambda parts: f"{parts[0]}_{_group(parts[1])}")),
    **dict.fromkeys(("msubsup", "munderover"), (3, lambda parts: f"{parts[0]}_{_group(parts[1])}^{_group(parts[2])}")),
    "mover": (2, lambda parts: f"{parts[0]}^{_group(parts[1])}" if parts[1].isalnum() else "".join(parts)),
    "mroot": (2, lambda parts: f"{_group(parts[0])}^(1/{parts[1]})"),
    "msqrt": (1, _root),
}
"""How an element is written, and how many parts it has at least."""
