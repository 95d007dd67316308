"""`spanwise calibrate`: fit a reader's confidences to questions whose answers are known."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from spanwise.cli.evaluate_files import DataOption, LimitOption, MoreData, read_sets
from spanwise.cli.options import DEFAULT_INDEX, DeviceOption, IndexOption, JsonOption
from spanwise.cli.output import print_json, safe_name
from spanwise.errors import UsageError


def calibrate(
    more: MoreData = None,
    *,
    index_dir: IndexOption = DEFAULT_INDEX,
    data: DataOption = None,
    limit: LimitOption = None,
    passages: Annotated[int, typer.Option(min=1, help="How many passages are read for a question.")] = 20,
    reader: Annotated[
        str, typer.Option(metavar="MODEL", help="A question-answering model: a hub name or a folder.")
    ] = "default",
    reranker: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="A cross-encoder that sorts passages before they are read."),
    ] = None,
    right: Annotated[
        Literal["holds", "exact"],
        typer.Option(
            help="An answer is right if one of it and a right one holds the other, or only if both are equal."
        ),
    ] = "holds",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write there; else beside the reader's weights.")
    ] = None,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """
    Fit a reader's confidences to questions whose answers are known.

    Ask at least some hundred questions that the reader was not trained on,
    some of which these documents do not answer: those have no "answers" in
    FILE. Then a confidence of 0.8 is right about eight times in ten here,
    and `spanwise ask --precision 0.9` knows where to abstain. It holds for
    questions that are asked as these were: with as many passages, the same
    models and, if these are English, in English.
    """
    sets = read_sets(data, more, limit)
    from spanwise.calibration import CALIBRATION_FILE, check_writable, write_calibration
    from spanwise.cli.progress import step_progress
    from spanwise.default_reader import DEFAULT_READER, reader_folder
    from spanwise.evaluate.calibrating import calibrate as fit
    from spanwise.pipeline.corpus import Corpus

    file = out
    if file is None:
        if reader == DEFAULT_READER:
            msg = "expected --out FILE, found none: the packaged reader keeps its own calibration; name a file"
            raise UsageError(msg)
        folder = reader_folder(reader)
        if not folder.is_dir():
            msg = f"expected a reader in a folder, found the name {reader!r}; name a file with --out"
            raise UsageError(msg)
        file = folder / CALIBRATION_FILE
    check_writable(file)
    with Corpus(index_dir, reader=reader, reranker=reranker, device=device) as corpus, step_progress() as step:
        found = fit(corpus, sets, right=right, passages=passages, progress=step)
    write_calibration(found.calibration, file)
    if as_json:
        print_json({"file": str(file), "threshold": found.calibration.threshold, **found.measures})
        return
    typer.echo(f"Wrote {safe_name(str(file))}; the threshold is {found.calibration.threshold:.0%}.")
    typer.echo("On questions left out of the fit in turn:")
    for name, value in found.measures.items():
        shown = "not measured: all are of one kind" if value is None else f"{value:.3f}"
        typer.echo(f"  {name.replace('_', ' ')}: {shown}")
