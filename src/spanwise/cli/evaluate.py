"""`spanwise evaluate`: measure predictions, a reader, or a whole corpus."""

from pathlib import Path
from typing import Annotated, Any

import typer

from spanwise.cli.evaluate_corpus import evaluate_corpus
from spanwise.cli.evaluate_files import DataOption, LimitOption, MoreData, read_set, read_sets
from spanwise.cli.options import DeviceOption, JsonOption
from spanwise.cli.output import print_json

evaluate = typer.Typer(
    name="evaluate", help="Measure predictions, a reader by itself, or a whole corpus.", no_args_is_help=True
)


@evaluate.command()
def predictions(
    file: Annotated[Path, typer.Argument(metavar="PRED.json", help="One JSON object: {question id: text}.")],
    data: Annotated[
        Path, typer.Option("--data", metavar="FILE", help="Questions: SQuAD JSON, or lines (.jsonl); may be gzipped.")
    ],
    na_prob: Annotated[
        Path | None,
        typer.Option("--na-prob", metavar="FILE", help="One JSON object: {question id: how surely it has no answer}."),
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
    """
    from spanwise.cli.evaluate_tables import print_squad
    from spanwise.evaluate.predictions import read_na_probs, read_predictions, score_predictions, strangers

    questions = read_set(data)
    texts = read_predictions(file)
    probabilities = None if na_prob is None else read_na_probs(na_prob)
    metrics = score_predictions(questions, texts, probabilities, na_prob_threshold=na_prob_threshold)
    unknown = strangers(questions, texts)
    if unknown:
        some = ", ".join(unknown[:5]) + (", ..." if len(unknown) > 5 else "")
        left = f"passed over {len(unknown):,} of {len(texts):,} predictions, which {data} does not ask: {some}"
        typer.echo(left, err=True)
    if as_json:
        print_json(metrics)
    else:
        print_squad(questions.name, metrics)


@evaluate.command()
def reader(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="'default', a model folder or a hub name.")],
    more: MoreData = None,
    data: DataOption = None,
    null_threshold: Annotated[
        float | None,
        typer.Option(
            metavar="T",
            help="A prediction is empty where 'no answer' beats the best span by more than T, in logits; else the "
            "model's own.",
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
    Measure a reader by itself, every question on its own context.

    The numbers are those of SQuAD 2.0's official script.
    """
    sets = read_sets(data, more, limit)
    from spanwise.cli.evaluate_tables import print_squad
    from spanwise.cli.progress import step_progress
    from spanwise.evaluate.model_card import card_file, write_model_card
    from spanwise.evaluate.reader import evaluate_reader
    from spanwise.read.reader import SpanReader
    from spanwise.read.settings import ReaderSettings

    card = None if model_card is None else card_file(model_card)
    loaded = SpanReader(ReaderSettings(model, device=device))
    results: list[dict[str, Any]] = []
    with step_progress() as report:
        for questions in sets:
            done = 0

            def count(finished: int, total: int = len(questions.questions)) -> None:
                nonlocal done
                done += finished
                report("reading", done, total)

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


evaluate.command("corpus")(evaluate_corpus)
