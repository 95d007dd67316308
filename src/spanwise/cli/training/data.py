"""`spanwise data`: check the files that readers are trained on, correct them, and add to them."""

import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Argument, Option

from spanwise.cli.app import command_of, make_app
from spanwise.cli.options import DeviceOption, JsonOption
from spanwise.cli.output import echo, one_line, print_json, safe_name
from spanwise.errors import UsageError
from spanwise.text.pluralize import pluralize
from spanwise.train.data.checking import KINDS, NEAR

if TYPE_CHECKING:
    from spanwise.train.data import CheckReport, FixReport

FOUND = 1
SHOWN = 3  # findings of each kind

FilesArgument = Annotated[list[Path], Argument(metavar="FILE...", help="SQuAD JSON; may be gzipped.")]
ForceOption = Annotated[bool, Option("--force", help="Replace OUT if it is there.")]
data = make_app("data", help="Check and add to SQuAD files before training on them.")


@command_of(data)
def check(
    files: FilesArgument,
    evaluation: Annotated[
        list[Path] | None,
        Option("--eval", metavar="FILE", help="A file whose questions must not be in training; may be repeated."),
    ] = None,
    near: Annotated[
        float,
        Option(
            metavar="S", help="Two contexts are the same if they share this much of the smaller one's runs of 8 words."
        ),
    ] = NEAR,
    fix: Annotated[
        Path | None, Option("--fix", metavar="OUT", help="Write FILE there without its faults; takes one FILE.")
    ] = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """
    Find faults in SQuAD files.

    Finds answers that are not at their offset, repeated ids and questions,
    and contradictory flags. With --eval it also finds contexts and questions
    of an evaluation file that are in training, wholly or in part. Exits with
    0 if it finds nothing, with 1 otherwise.

    Examples:
        spanwise data check mine.json --eval dev-v2.0.json
        spanwise data check mine.json --fix whole.json

    """
    if fix is not None and len(files) > 1:
        msg = f"expected one FILE for --fix, found {len(files)}; fix them one by one"
        raise UsageError(msg)
    from spanwise.cli.progress import step_progress
    from spanwise.train.data.checking import check as check_files
    from spanwise.train.data.fixing import fix as fix_file
    from spanwise.train.data.squad_writer import check_output

    if fix is not None:
        check_output(fix, overwrite=force)
    with step_progress() as step:
        report = check_files(files, evaluation=evaluation or (), near=near, progress=step)
        fixed = None if fix is None else fix_file(files[0], fix, overwrite=force)
    if as_json:
        print_json(_as_json(report, fixed))
    else:
        _print_check(report)
        if fixed is not None:
            _print_fixed(fixed)
    if not report.clean:
        raise typer.Exit(FOUND)


@command_of(data)
def mine(
    files: FilesArgument,
    output: Annotated[
        Path, Option("--output", "-o", metavar="OUT", help="The file to write; gzipped if it ends in .gz.")
    ],
    corpus: Annotated[
        list[Path] | None, Option("--corpus", metavar="FILE", help="A SQuAD file to search too; may be repeated.")
    ] = None,
    per_question: Annotated[int, Option(metavar="N", help="Most passages for a question.")] = 1,
    ranks: Annotated[str, Option(metavar="A-B", help="First and last rank to take.")] = "1-20",
    share: Annotated[float, Option(metavar="S", help="Share of the questions to use, chosen at random.")] = 1.0,
    seed: Annotated[int, Option(help="Seed of the random choice.")] = 0,
    device: DeviceOption = "auto",
    force: ForceOption = False,
) -> None:
    """
    Pair questions with passages that do not answer them.

    Searches the contexts of all files as `spanwise ask` searches a corpus,
    and takes passages without the answer. OUT is SQuAD 2.0 JSON in which no
    question has an answer.

    Examples:
        spanwise data mine mine.json --output negatives.json --ranks 3-20

    """
    between = re.fullmatch(r"(\d+)(?:-(\d+))?", ranks)
    if between is None:
        msg = f"expected ranks as in 1-20, found {ranks!r}"
        raise UsageError(msg)
    from spanwise.cli.progress import step_progress
    from spanwise.train.data.mining import mine as mine_negatives

    with step_progress() as step:
        report = mine_negatives(
            files,
            output,
            corpus=corpus or (),
            per_question=per_question,
            ranks=(int(between[1]), int(between[2] or between[1])),
            share=share,
            seed=seed,
            overwrite=force,
            device=device,
            progress=step,
        )
    found = f"{pluralize(report.mined, 'passage')} without the answer, for {pluralize(report.questions, 'question')}"
    echo(f"Wrote {safe_name(str(output))}: {found}.")


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


def _print_check(report: "CheckReport") -> None:
    """Print what each file holds, and what is wrong with it: how often, and the first few."""
    for file in report.files:
        counts, share = file.counts, file.counts.unanswerable / file.counts.questions
        echo(safe_name(str(file.path)))
        asked = f"{pluralize(counts.questions, 'question')}, {counts.unanswerable:,} ({share:.1%}) without answer"
        echo(f"  {asked}; {pluralize(counts.contexts, 'context')}; {pluralize(counts.articles, 'article')}")
        for kind, count in file.by_kind.items():
            echo(f"  {KINDS[kind]}: {count:,}")
            for finding in [finding for finding in file.findings if finding.kind == kind][:SHOWN]:
                which = finding.where if finding.question_id is None else finding.question_id or finding.where
                echo(f"    {one_line(which)}: {one_line(finding.detail)[:160]}")
            if count > SHOWN:
                echo(f"    and {count - SHOWN:,} more; --json lists them")
    if report.clean:
        echo("no faults were found")


def _print_fixed(report: "FixReport") -> None:
    """Print what was done to a file."""
    output = safe_name(str(report.output))
    echo(f"Wrote {output} with {report.kept:,} of {pluralize(report.before, 'question')}:")
    for what, count in report.done.items():
        echo(f"  {what}: {count:,}")
    if not report.done:
        echo("  nothing had to be changed")
