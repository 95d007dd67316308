"""The report of an evaluation: one HTML file that needs no other."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from spanwise.errors import UsageError
from spanwise.evaluate.document import changed_outcomes, compare
from spanwise.evaluate.outcome import STAGES
from spanwise.evaluate.plots import plots_of

TEMPLATE = "report.html.j2"


def check_report(file: Path) -> None:
    """
    Check that a report can be made, before long work.

    :raises UsageError: If matplotlib is missing, or there is no folder for the file.
    """
    if find_spec("matplotlib") is None:
        msg = "expected matplotlib for the plots of a report, found none; pip install 'spanwise[eval]'"
        raise UsageError(msg)
    if file.is_dir() or not file.parent.is_dir():
        msg = f"expected a file in an existing folder for the report, found {file}; name another"
        raise UsageError(msg)


def write_report(file: Path, document: Mapping[str, Any], other: Mapping[str, Any] | None = None) -> None:
    """
    Write the report of an evaluation.

    Texts of documents and questions are shown as text whatever they hold; the page runs no script.

    :param document: What `spanwise.evaluate.document.make_document` returns.
    :param other: An earlier one to compare with, or None.
    :raises UsageError: If matplotlib is missing, or the file cannot be written.
    """
    check_report(file)
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters.update(share=_share, number=_number, percent=_percent)
    batch = document["settings"]["batch"]
    results = [
        {
            **result,
            # matplotlib escapes the texts in its SVG, none of which is of a document
            "plots": {title: Markup(svg) for title, svg in plots_of(result, batch=batch).items()},
            "failures": {
                stage: [entry for entry in result["outcomes"] if entry["lost_at"] == stage] for stage in STAGES
            },
        }
        for result in document["results"]
    ]
    page = environment.get_template(TEMPLATE).render(
        document={**document, "results": results},
        stages=STAGES,
        other=other,
        differences=[] if other is None else compare(other, document),
        changed_outcomes=[] if other is None else changed_outcomes(other, document),
    )
    try:
        file.write_bytes(page.encode("utf-8", "xmlcharrefreplace"))
    except OSError as error:
        msg = f"expected to write the report to {file}: {error.strerror}"
        raise UsageError(msg) from error


def _share(value: float | None) -> str:
    return "none" if value is None else f"{value:.0%}"


def _percent(value: float | None) -> str:
    return "none" if value is None else f"{value:.1f}%"


def _number(value: float | None) -> str:
    if value is None:
        return "none"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3f}" if abs(value) < 100 else f"{value:,.1f}"
