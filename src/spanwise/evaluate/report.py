"""The report of an evaluation: one HTML file that needs no other, with its plots as SVG."""

from collections.abc import Mapping
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spanwise.errors import UsageError
from spanwise.evaluate.document import changed_outcomes, compare
from spanwise.evaluate.outcome import STAGES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, ORANGE, GRAY = "#4189dd", "#e08a2e", "#8a8f98"  # readable on white and on black
INK = "#010203"  # stands for the page's text color, which an inline SVG calls currentColor
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.alpha": 0.15,
    "legend.frameon": False,
    **{f"{part}.color": INK for part in ("text", "xtick", "ytick", "grid")},
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
}
TEMPLATE = "report.html.j2"


def plots_of(result: Mapping[str, Any], *, batch: int) -> dict[str, str]:
    """
    Draw the plots of a result.

    :param result: Of one file of questions, as `spanwise.evaluate.document.result_of` makes it.
    :param batch: How many questions were asked together.
    :returns: Title to SVG element.
    """
    draws = {
        "Reliability: how often an answer of a confidence is right": _reliability,
        "Risk and coverage: errors among the surest answers": _risk_coverage,
        "Recall: how often the first k passages hold the answer": _recall,
        "Confidence of the first answer": _histograms,
        f"Milliseconds for a question, by stage, {batch} asked together": _latency,
    }
    return {title: _draw(draw, result, title) for title, draw in draws.items()}


def _draw(draw: Any, result: Mapping[str, Any], title: str) -> str:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({**STYLE, "svg.hashsalt": f"{result['data']} {title}"}):
        figure = Figure(figsize=(5, 3.4), layout="constrained")
        draw(figure.add_subplot(), result)
        out = StringIO()
        empty = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(out, format="svg", transparent=True, metadata=empty)
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    head, rest = svg.split(">", 1)
    box = head.split('viewBox="')[1].split('"')[0]
    return f'<svg viewBox="{box}" role="img">{rest}'.replace(INK, "currentColor")


def _reliability(axes: "Axes", result: Mapping[str, Any]) -> None:
    bins = result["confidence"]["reliability"]
    axes.plot([0, 1], [0, 1], "--", color=GRAY, linewidth=1)
    axes.plot([entry["confidence"] for entry in bins], [entry["right"] for entry in bins], "o-", color=BLUE)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="mean confidence of a tenth of the answers", ylabel="share right")


def _risk_coverage(axes: "Axes", result: Mapping[str, Any]) -> None:
    curve = result["confidence"]["risk_coverage"]
    axes.plot([coverage for coverage, _ in curve], [risk for _, risk in curve], color=BLUE)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="share of questions answered, surest first", ylabel="share wrong")


def _recall(axes: "Axes", result: Mapping[str, Any]) -> None:
    recall = {depth: value for depth, value in result["retrieval"]["recall"].items() if value is not None}
    bars = axes.bar(list(recall), list(recall.values()), color=BLUE, width=0.6)
    axes.bar_label(bars, fmt="%.2f")
    axes.set(ylim=(0, 1.08), xlabel="k", ylabel="recall")
    axes.grid(visible=False, axis="x")


def _histograms(axes: "Axes", result: Mapping[str, Any]) -> None:
    import numpy as np

    kinds = result["confidence"]["histograms"]
    edges = np.linspace(0, 1, len(kinds["right"]) + 1)
    floor = np.zeros(len(kinds["right"]))
    for kind, color in (("right", BLUE), ("wrong", ORANGE), ("unanswerable", GRAY)):
        counts = np.array(kinds[kind], dtype=np.float64)
        axes.bar(edges[:-1], counts, np.diff(edges), bottom=floor, align="edge", color=color, label=kind)
        floor += counts
    axes.set(xlim=(0, 1), xlabel="confidence", ylabel="questions")
    axes.legend()


def _latency(axes: "Axes", result: Mapping[str, Any]) -> None:
    stages = result["latency_ms"]
    places = range(len(stages))
    for shift, level, color in ((-0.2, "p50", BLUE), (0.2, "p95", ORANGE)):
        values = [stages[stage][level] for stage in stages]
        bars = axes.barh([place + shift for place in places], values, 0.38, color=color, label=level)
        axes.bar_label(bars, fmt="%.0f", padding=3)
    axes.set_yticks(list(places), list(stages))
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set(xlabel="milliseconds")
    axes.grid(visible=False, axis="y")
    axes.legend()


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
