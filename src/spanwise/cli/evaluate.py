"""`spanwise evaluate`: measure predictions, a reader, or a whole corpus."""

from pathlib import Path
from typing import Annotated

import typer

from spanwise.cli.evaluate_corpus import evaluate_corpus
from spanwise.cli.evaluate_files import read_set
from spanwise.cli.evaluate_reader import evaluate_reader
from spanwise.cli.options import JsonOption
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


evaluate.command("reader")(evaluate_reader)
evaluate.command("corpus")(evaluate_corpus)
