"""`spanwise evaluate reader`: a reader by itself, every question on its own context."""

from pathlib import Path
from typing import Annotated, Any

import typer

from spanwise.cli.evaluate_files import DataOption, LimitOption, MoreData, read_sets
from spanwise.cli.options import DeviceOption, JsonOption
from spanwise.cli.output import print_json


def evaluate_reader(
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
    from spanwise.evaluate import reader as measure
    from spanwise.evaluate.model_card import card_file, write_model_card
    from spanwise.read.reader import SpanReader

    card = None if model_card is None else card_file(model_card)
    reader = SpanReader(model, device=device)
    results: list[dict[str, Any]] = []
    with step_progress() as report:
        for questions in sets:
            done = 0

            def count(finished: int, total: int = len(questions.questions)) -> None:
                nonlocal done
                done += finished
                report("reading", done, total)

            metrics = measure.evaluate_reader(reader, questions, null_threshold=null_threshold, progress=count)
            results.append({"data": questions.name, "model": model, **metrics})
    if card is not None:
        name = Path(model).resolve().name if Path(model).is_dir() else model
        write_model_card(card, name, results)
    if as_json:
        print_json(results[0] if len(results) == 1 else {"results": results})
        return
    for result in results:
        print_squad(result["data"], result)
