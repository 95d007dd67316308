"""`spanwise evaluate` and `spanwise calibrate`: measure predictions, a reader or a corpus; fit confidences."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option

from spanwise.cli.app import command_of, make_app
from spanwise.cli.options import (
    CalibrationOption,
    CorpusOptions,
    DeviceOption,
    JsonOption,
    RightOption,
    ThresholdOption,
    TopKOption,
)
from spanwise.cli.output import echo, one_line, print_json, print_table, safe_name
from spanwise.cli.progress import step_progress
from spanwise.errors import UsageError
from spanwise.squad.questions import QuestionSet, read_questions
from spanwise.text.pluralize import pluralize

HELP = "Questions: SQuAD JSON, or JSON Lines (.jsonl); may be gzipped."
DataOption = Annotated[list[Path] | None, Option("--data", metavar="FILE...", help=HELP)]
MoreData = Annotated[list[Path] | None, Argument(metavar="[FILE]...", help="More files of questions.")]
LimitOption = Annotated[int | None, Option(min=1, metavar="N", help="Only the first N questions of each file.")]
SHOWN = 5


def read_sets(data: Sequence[Path] | None, more: Sequence[Path] | None, limit: int | None) -> list[QuestionSet]:
    """
    Read all files of questions.

    :raises UsageError: If there is none, one cannot be read, or two have the same name.
    """
    files = [*(data or ()), *(more or ())]
    if not files:
        msg = "expected a file of questions, found none: --data FILE"
        raise UsageError(msg)
    sets = [read_set(file, limit) for file in files]
    names = [questions.name for questions in sets]
    for name, file in zip(names, files, strict=True):
        if names.count(name) > 1:
            msg = f"expected files of different names, found {name!r} twice ({file}); rename one"
            raise UsageError(msg)
    return sets


def read_set(file: Path, limit: int | None = None) -> QuestionSet:
    """Read a file of questions, and name on stderr the answers that do not stand where the file says."""
    questions = read_questions(file, limit=limit)
    if questions.misplaced:
        wrong = pluralize(len(questions.misplaced), "answer")
        echo(f"{safe_name(str(file))}: {wrong} not at the offset given; these offsets are ignored", err=True)
        for found in questions.misplaced[:SHOWN]:
            texts = f"{one_line(found.answer)[:50]!r} at {found.start}, where {one_line(found.found)[:50]!r} stands"
            echo(f"  {one_line(found.question_id)}: {texts}", err=True)
        if len(questions.misplaced) > SHOWN:
            echo(f"  and {len(questions.misplaced) - SHOWN:,} more", err=True)
    return questions


evaluate = make_app("evaluate", help="Measure predictions, a reader alone, or a whole corpus.")


@command_of(evaluate)
def predictions(
    file: Annotated[Path, Argument(metavar="PRED.json", help="One JSON object: {question id: text}.")],
    data: Annotated[Path, Option("--data", metavar="FILE", help=HELP)],
    na_prob: Annotated[
        Path | None,
        Option("--na-prob", metavar="FILE", help="One JSON object: {question id: how likely it has no answer}."),
    ] = None,
    na_prob_threshold: Annotated[
        float, Option("--na-prob-thresh", metavar="P", help="Above it a prediction counts as empty.")
    ] = 1.0,
    as_json: JsonOption = False,
) -> None:
    """
    Score a file of predictions as SQuAD 2.0's official script does.

    The numbers are the script's own, to the last digit. An empty text says
    that there is no answer.

    Examples:
        spanwise evaluate predictions predictions.json --data dev-v2.0.json

    """
    from spanwise.cli.evaluation.tables import print_squad
    from spanwise.evaluate.squad_metric import read_na_probs, read_predictions, score_predictions, unknown_ids

    questions = read_set(data)
    texts = read_predictions(file)
    probabilities = None if na_prob is None else read_na_probs(na_prob)
    metrics = score_predictions(questions, texts, probabilities, na_prob_threshold=na_prob_threshold)
    unknown = unknown_ids(questions, texts)
    if unknown:
        some = ", ".join(unknown[:5]) + (", ..." if len(unknown) > 5 else "")
        left = f"ignored {len(unknown):,} of {len(texts):,} predictions, whose ids {data} does not have: {some}"
        echo(left, err=True)
    if as_json:
        print_json(metrics)
    else:
        print_squad(questions.name, metrics)


@command_of(evaluate)
def reader(
    model: Annotated[str, Argument(metavar="MODEL", help="'default', a model folder or a hub name.")],
    more: MoreData = None,
    data: DataOption = None,
    null_threshold: Annotated[
        float | None,
        Option(
            metavar="T",
            help="A prediction is empty where 'no answer' beats the best span by more than T, in logits. The default "
            "is the model's own.",
        ),
    ] = None,
    device: DeviceOption = "auto",
    limit: LimitOption = None,
    model_card: Annotated[
        Path | None, Option(metavar="DIR|FILE", help="Also write the results into this model card.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """
    Measure a reader alone, each question on its own context.

    The numbers are those of SQuAD 2.0's official script.

    Examples:
        spanwise evaluate reader default --data dev-v2.0.json --limit 500

    """
    sets = read_sets(data, more, limit)
    from spanwise.cli.evaluation.tables import print_squad
    from spanwise.evaluate.model_card import card_file, write_model_card
    from spanwise.evaluate.reader import evaluate_reader
    from spanwise.progress import counting
    from spanwise.read.reader import SpanReader
    from spanwise.read.settings import ReaderSettings

    card = None if model_card is None else card_file(model_card)
    loaded = SpanReader(ReaderSettings(model, device=device))
    results: list[dict[str, Any]] = []
    with step_progress() as step:
        for questions in sets:
            count = counting(step, "reading", len(questions.questions))
            metrics = evaluate_reader(loaded, questions, null_threshold=null_threshold, progress=count)
            results.append({"data": questions.name, "model": model, **metrics})
    if card is not None:
        name = Path(model).resolve().name if Path(model).is_dir() else model
        write_model_card(card, name, results)
    if as_json:
        print_json(results[0] if len(results) == 1 else {"results": results})
        return
    for result in results:
        print_squad(result["data"], result)


@command_of(evaluate, "corpus")
def evaluate_corpus(
    more: MoreData = None,
    *,
    data: DataOption = None,
    limit: LimitOption = None,
    top_k: TopKOption = 5,
    threshold: ThresholdOption = None,
    calibration: CalibrationOption = None,
    right: RightOption = "holds",
    batch: Annotated[
        int, Option(min=1, metavar="N", help="How many questions to ask together; 1 times each one alone.")
    ] = 16,
    report: Annotated[Path | None, Option(metavar="OUT.html", help="Also write a page with plots.")] = None,
    compare: Annotated[
        Path | None, Option(metavar="OTHER.json", help="Also show what changed since an earlier --json output.")
    ] = None,
    as_json: JsonOption = False,
    options: CorpusOptions,
) -> None:
    """
    Ask a whole index questions whose answers are known, and measure the results.

    Measures the answers, the search, the confidences, abstaining and time,
    and names the stage that lost each answer.

    Examples:
        spanwise evaluate corpus --data questions.jsonl --report report.html

    """
    sets = read_sets(data, more, limit)
    from spanwise.cli.evaluation import tables
    from spanwise.evaluate.corpus import CorpusEvaluation, Settings
    from spanwise.evaluate.document import changed_outcomes, make_document, read_document, result_of
    from spanwise.evaluate.document import compare as compare_documents
    from spanwise.evaluate.report import check_report, write_report

    if report is not None:
        check_report(report)
    other = None if compare is None else read_document(compare)
    settings = Settings(top_k=top_k, passages=options.passages, threshold=threshold, batch=batch, right=right)
    with options.open(calibration) as corpus, step_progress() as step:
        evaluation = CorpusEvaluation(corpus, settings, step)
        results = [result_of(questions, evaluation.ask(questions), settings) for questions in sets]
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
        tables.print_differences(differences, changed_outcomes(other, document))


def calibrate(
    more: MoreData = None,
    *,
    data: DataOption = None,
    limit: LimitOption = None,
    right: RightOption = "holds",
    out: Annotated[
        Path | None, Option(metavar="FILE", help="Where to write; the default is beside the reader's weights.")
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
