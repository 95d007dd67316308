"""`spanwise evaluate`: measure predictions, a reader, or a whole corpus."""

from pathlib import Path
from typing import Annotated, Any

import typer

from spanwise.cli.app import command_of, make_app
from spanwise.cli.evaluation.questions import HELP, DataOption, LimitOption, MoreData, read_set, read_sets
from spanwise.cli.options import (
    CalibrationOption,
    CorpusOptions,
    DeviceOption,
    JsonOption,
    RightOption,
    ThresholdOption,
    TopKOption,
    takes_options,
)
from spanwise.cli.output import echo, print_json
from spanwise.cli.progress import step_progress

evaluate = make_app("evaluate", help="Measure predictions, a reader alone, or a whole corpus.")


@command_of(evaluate)
def predictions(
    file: Annotated[Path, typer.Argument(metavar="PRED.json", help="One JSON object: {question id: text}.")],
    data: Annotated[Path, typer.Option("--data", metavar="FILE", help=HELP)],
    na_prob: Annotated[
        Path | None,
        typer.Option("--na-prob", metavar="FILE", help="One JSON object: {question id: how likely it has no answer}."),
    ] = None,
    na_prob_threshold: Annotated[
        float, typer.Option("--na-prob-thresh", metavar="P", help="Above it a prediction counts as empty.")
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
    model: Annotated[str, typer.Argument(metavar="MODEL", help="'default', a model folder or a hub name.")],
    more: MoreData = None,
    data: DataOption = None,
    null_threshold: Annotated[
        float | None,
        typer.Option(
            metavar="T",
            help="A prediction is empty where 'no answer' beats the best span by more than T, in logits. The default "
            "is the model's own.",
        ),
    ] = None,
    device: DeviceOption = "auto",
    limit: LimitOption = None,
    model_card: Annotated[
        Path | None, typer.Option(metavar="DIR|FILE", help="Also write the results into this model card.")
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
@takes_options(CorpusOptions)
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
        int, typer.Option(min=1, metavar="N", help="How many questions to ask together; 1 times each one alone.")
    ] = 16,
    report: Annotated[Path | None, typer.Option(metavar="OUT.html", help="Also write a page with plots.")] = None,
    compare: Annotated[
        Path | None, typer.Option(metavar="OTHER.json", help="Also show what changed since an earlier --json output.")
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
