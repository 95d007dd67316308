"""`spanwise calibrate`: fit a reader's confidences to questions whose answers are known."""

from pathlib import Path
from typing import Annotated

import typer

from spanwise.cli.evaluation.questions import DataOption, LimitOption, MoreData, read_sets
from spanwise.cli.options import CorpusOptions, JsonOption, RightOption, takes_options
from spanwise.cli.output import echo, print_json, print_table, safe_name
from spanwise.cli.progress import step_progress
from spanwise.errors import UsageError


@takes_options(CorpusOptions)
def calibrate(
    more: MoreData = None,
    *,
    data: DataOption = None,
    limit: LimitOption = None,
    right: RightOption = "holds",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write; the default is beside the reader's weights.")
    ] = None,
    as_json: JsonOption = False,
    options: CorpusOptions,
) -> None:
    """
    Fit a reader's confidences to questions whose answers are known.

    Use at least some hundred questions that the reader was not trained on. In
    FILE, a question that the documents do not answer has no "answers"; include
    some. Afterwards about eight in ten answers with a confidence of 0.8 are
    right, and `spanwise ask --precision 0.9` knows where to abstain. This
    holds for questions that are asked in the same way: with as many passages,
    the same models and, if these questions are English, in English.

    Examples:
        spanwise calibrate --data questions.jsonl --out mine.json
        spanwise ask --calibration mine.json --precision 0.9 "QUESTION"

    """
    sets = read_sets(data, more, limit)
    from spanwise.calibration import check_writable, write_calibration
    from spanwise.evaluate.calibrating import calibrate as fit

    deciding = options.reader if options.second_reader is None else options.second_reader
    file = _beside_the_reader(deciding) if out is None else out
    check_writable(file)
    with options.open() as corpus, step_progress() as step:
        found = fit(corpus, sets, right=right, passages=options.passages, progress=step)
    write_calibration(found.calibration, file)
    if as_json:
        print_json({"file": str(file), "threshold": found.calibration.threshold, **found.measures})
        return
    echo(f"Wrote {safe_name(str(file))}; the threshold is {found.calibration.threshold:.0%}.")
    echo("Measured on questions that the fit did not see, in turn:")
    print_table(
        [
            (f"  {name.replace('_', ' ')}", "not measured: all are of one kind" if value is None else f"{value:.3f}")
            for name, value in found.measures.items()
        ]
    )


def _beside_the_reader(reader: str) -> Path:
    """
    Return the calibration file in a reader's own folder.

    :raises UsageError: If it is the packaged reader, or is in no folder.
    """
    from spanwise.calibration import CALIBRATION_FILE
    from spanwise.runtime.default_reader import DEFAULT_READER, reader_folder

    if reader == DEFAULT_READER:
        msg = "expected --out FILE, found none: the packaged reader keeps its own calibration; name a file"
        raise UsageError(msg)
    folder = reader_folder(reader)
    if not folder.is_dir():
        msg = f"expected a reader in a folder, found the name {reader!r}; name a file with --out"
        raise UsageError(msg)
    return folder / CALIBRATION_FILE
