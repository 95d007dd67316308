"""`spanwise evaluate corpus`: ask a whole index, and measure what it says."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from spanwise.cli.evaluate_files import DataOption, LimitOption, MoreData, read_sets
from spanwise.cli.options import DEFAULT_INDEX, DeviceOption, IndexOption, JsonOption
from spanwise.cli.output import print_json


def evaluate_corpus(
    more: MoreData = None,
    *,
    index_dir: IndexOption = DEFAULT_INDEX,
    data: DataOption = None,
    limit: LimitOption = None,
    passages: Annotated[int, typer.Option(min=1, help="How many passages are read for a question.")] = 20,
    top_k: Annotated[int, typer.Option("--top-k", min=1, help="Most answers to a question.")] = 5,
    threshold: Annotated[
        float | None, typer.Option(min=0, max=1, metavar="P", help="Confidence below which it counts as abstaining.")
    ] = None,
    reader: Annotated[
        str, typer.Option(metavar="MODEL", help="A question-answering model: a hub name or a folder.")
    ] = "default",
    reranker: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="A cross-encoder that sorts passages before they are read."),
    ] = None,
    calibration: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What `spanwise calibrate --out FILE` wrote.")
    ] = None,
    device: DeviceOption = "auto",
    right: Annotated[
        Literal["holds", "exact"],
        typer.Option(
            help="An answer is right if one of it and a right one holds the other, or only if both are equal."
        ),
    ] = "holds",
    batch: Annotated[
        int, typer.Option(min=1, metavar="N", help="Questions asked together; 1 times each by itself.")
    ] = 16,
    report: Annotated[Path | None, typer.Option(metavar="OUT.html", help="Also write a page with plots.")] = None,
    compare: Annotated[
        Path | None, typer.Option(metavar="OTHER.json", help="Also say what changed since what --json printed.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """
    Ask a whole index, and measure what it says.

    Measures the answers, the search, the confidences, abstaining and time,
    and says which stage lost each answer.
    """
    sets = read_sets(data, more, limit)
    from spanwise.cli import evaluate_tables as tables
    from spanwise.cli.progress import step_progress
    from spanwise.evaluate.corpus import CorpusEvaluation, Settings
    from spanwise.evaluate.document import compare as compare_documents
    from spanwise.evaluate.document import make_document, read_document, result_of, turned
    from spanwise.evaluate.report import check_report, write_report
    from spanwise.pipeline.corpus import Corpus

    if report is not None:
        check_report(report)
    other = None if compare is None else read_document(compare)
    settings = Settings(top_k=top_k, passages=passages, threshold=threshold, batch=batch, right=right)
    results: list[dict[str, Any]] = []
    opened = Corpus(index_dir, reader=reader, reranker=reranker, calibration=calibration, device=device)
    with opened as corpus, step_progress() as step:
        evaluation = CorpusEvaluation(corpus, settings, step)
        results.extend(result_of(questions, evaluation.ask(questions), settings) for questions in sets)
        document = make_document(corpus, settings, results)
    differences = [] if other is None else compare_documents(other, document)
    if report is not None:
        write_report(report, document, other)
    if as_json:
        print_json(document)
        return
    for result in results:
        tables.print_corpus(result)
    if other is not None:
        tables.print_differences(differences, turned(other, document))
