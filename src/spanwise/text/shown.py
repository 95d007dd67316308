"""A result as a person reads it, in plain text and in a notebook."""

from html import escape

from spanwise.text.visible import CONTROL, one_line, safe_name
from spanwise.types import Answer, Citation, QueryResult

SAID = {"answer": "", "unsure": "Not sure. The best candidates:", "no_answer": "These documents do not seem to say."}
NEAREST = 3  # candidates shown where the documents do not seem to say


def said_answers(result: QueryResult) -> tuple[Answer, ...]:
    """Return the answers that are shown where nothing else is asked for: those it is sure of, or the nearest."""
    if result.abstained:
        return result.answers if result.verdict == "unsure" else result.answers[:NEAREST]
    return tuple(answer for answer in result.answers if answer.confidence >= result.threshold)


def percent(confidence: float) -> str:
    """Return whole percents; nothing is said to be certain."""
    return ">99%" if confidence > 0.99 else f"{confidence:.0%}"


def place_of(citation: Citation) -> str:
    """Return the file and where in it a citation stands, safe for a terminal."""
    location = f", {one_line(citation.location)}" if citation.location else ""
    return f"{safe_name(citation.file)}{location}"


def context_parts(answer: Answer) -> tuple[str, str, str]:
    """Return what stands before an answer, the answer and what follows, in one line safe for a terminal."""
    begin, end = answer.start - answer.context_start, answer.end - answer.context_start
    before, after = answer.context[:begin], answer.context[end:]
    return (
        one_line(before) + (" " if before[-1:].isspace() else ""),
        one_line(answer.answer),
        (" " if after[:1].isspace() else "") + one_line(after),
    )


def as_text(result: QueryResult) -> str:
    """Return the verdict, and each answer with its confidence, its context and where it stands."""
    lines = [SAID[result.verdict]] if result.abstained else []
    for answer in said_answers(result):
        lines += [
            "",
            f"{one_line(answer.answer)}   {percent(answer.confidence)}",
            f"  {''.join(context_parts(answer))}",
        ]
        lines += [f"  {place_of(citation)}" for citation in answer.citations]
    if result.stale_note is not None:
        lines += ["", one_line(result.stale_note)]
    return "\n".join(lines).lstrip("\n")


def as_html(result: QueryResult) -> str:
    """Return the same as HTML, with each answer's words marked in their context."""
    said = f"<p><em>{escape(SAID[result.verdict])}</em></p>" if result.abstained else ""
    answers = "".join(map(_answer_html, said_answers(result)))
    stale = "" if result.stale_note is None else f"<p><em>{_html(result.stale_note)}</em></p>"
    return f"<div><p><b>{_html(result.query)}</b></p>{said}{answers}{stale}</div>"


def _answer_html(answer: Answer) -> str:
    before, words, after = map(_html, context_parts(answer))
    places = "<br>".join(_html(place_of(citation)) for citation in answer.citations)
    return (
        f"<p><b>{words}</b> {percent(answer.confidence)}<br>{before}<mark>{words}</mark>{after}<br>"
        f"<small>{places}</small></p>"
    )


def _html(text: str) -> str:
    return escape(CONTROL.sub("\ufffd", text))
