"""`spanwise data check`: what is wrong in SQuAD files."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spanwise.cli.data_options import FilesArgument, ForceOption
from spanwise.cli.options import JsonOption
from spanwise.cli.output import print_json
from spanwise.errors import UsageError
from spanwise.train.data.leaks import NEAR

if TYPE_CHECKING:
    from spanwise.train.data import CheckReport, FixReport

FOUND = 1


def check(
    files: FilesArgument,
    evaluation: Annotated[
        list[Path] | None,
        typer.Option("--eval", metavar="FILE", help="A file that must not be in training; may be given again."),
    ] = None,
    near: Annotated[
        float,
        typer.Option(metavar="S", help="Share of the smaller context's runs of 8 words that make two the same."),
    ] = NEAR,
    fix: Annotated[
        Path | None, typer.Option("--fix", metavar="OUT", help="Write the one FILE there without its faults.")
    ] = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """
    Say what is wrong in SQuAD files.

    Answers that do not stand at their offset, ids and questions that are
    there twice, flags that do not agree, and, with --eval, contexts and
    questions of an evaluation file that stand in training, wholly or in part.
    Exits with 0 if nothing was found, with 1 if something was.
    """
    if fix is not None and len(files) > 1:
        msg = f"expected one FILE for --fix, found {len(files)}; fix them one by one"
        raise UsageError(msg)
    from spanwise.cli.progress import step_progress
    from spanwise.train.data.checking import check as check_files
    from spanwise.train.data.fixing import fix as fix_file
    from spanwise.train.data.output import check_output

    if fix is not None:
        check_output(fix, overwrite=force)
    with step_progress() as step:
        report = check_files(files, evaluation=evaluation or (), near=near, progress=step)
        fixed = None if fix is None else fix_file(files[0], fix, overwrite=force)
    if as_json:
        print_json(_as_json(report, fixed))
    else:
        from spanwise.cli.data_tables import print_check, print_fixed

        print_check(report)
        if fixed is not None:
            print_fixed(fixed)
    if not report.clean:
        raise typer.Exit(FOUND)


def _as_json(report: "CheckReport", fixed: "FixReport | None") -> dict[str, Any]:
    files = [
        {
            "file": str(file.path),
            **asdict(file.counts),
            "found": file.by_kind,
            "findings": [asdict(finding) for finding in file.findings],
        }
        for file in report.files
    ]
    result: dict[str, Any] = {"clean": report.clean, "files": files}
    if fixed is not None:
        result["fixed"] = {"output": str(fixed.output), "kept": fixed.kept, "done": dict(fixed.done)}
    return result
