"""Ask a corpus and print what it says, in one way for one question, a file of them, or a conversation."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import typer

from spanwise.cli.output import print_json
from spanwise.cli.render import render_result
from spanwise.errors import SpanwiseError, UsageError
from spanwise.pipeline.corpus import QUESTIONS_AT_ONCE, Corpus
from spanwise.types import QueryResult


class Asker:
    """
    Prints the results of questions.

    :param explain: Also print every candidate and the passages read.
    """

    def __init__(
        self,
        corpus: Corpus,
        *,
        filters: list[str] | None,
        top_k: int,
        passages: int,
        threshold: float | None,
        explain: bool,
        as_json: bool,
    ) -> None:
        self._corpus = corpus
        self._filters = filters
        self._numbers: dict[str, Any] = {"top_k": top_k, "passages": passages, "threshold": threshold}
        self._explain = explain
        self._as_json = as_json

    def ask_one(self, question: str) -> None:
        """Answer one question."""
        self._print(self._ask([question])[0])

    def ask_each(self, questions: Sequence[str]) -> bool:
        """
        Answer questions in order; one that fails is reported in its place and the others go on.

        :returns: Whether all went well.
        """
        well = True
        for begin in range(0, len(questions), QUESTIONS_AT_ONCE):
            for result in self._ask_some(questions[begin : begin + QUESTIONS_AT_ONCE]):
                if isinstance(result, QueryResult):
                    self._print(result)
                else:
                    well = False
                    self._print_error(*result)
        return well

    def converse(self) -> None:
        """Answer questions typed at a terminal until an empty line or the end of input."""
        import readline  # noqa: F401  # gives the prompt a history and line editing

        with self._corpus.index:
            typer.echo("Ask a question; an empty line ends.", err=True)
            while True:
                try:
                    question = input("? ").strip()
                except EOFError:
                    typer.echo()
                    return
                if not question:
                    return
                try:
                    self.ask_one(question)
                except UsageError as error:
                    typer.echo(f"spanwise: {error}", err=True)

    def _ask(self, questions: Sequence[str]) -> list[QueryResult]:
        return self._corpus.ask_many(questions, self._filters, **self._numbers)

    def _ask_some(self, questions: Sequence[str]) -> list[QueryResult | tuple[str, SpanwiseError]]:
        """Answer a batch, or each question by itself where one of them cannot be asked."""
        try:
            return list(self._ask(questions))
        except UsageError as error:
            if len(questions) == 1:
                return [(questions[0], error)]
        return [result for question in questions for result in self._ask_some([question])]

    def _print(self, result: QueryResult) -> None:
        if self._as_json:
            print_json(result_as_json(result, explain=self._explain))
        else:
            render_result(result, explain=self._explain)

    def _print_error(self, question: str, error: SpanwiseError) -> None:
        if self._as_json:
            print_json({"query": question, "error": str(error)})
        else:
            typer.echo(f"spanwise: {error}", err=True)


def result_as_json(result: QueryResult, *, explain: bool = False) -> dict[str, Any]:
    """Return a result as the JSON object that `spanwise ask --json` prints."""
    fields = asdict(result)
    del fields["passages"]
    if not explain:
        for answer in fields["answers"]:
            del answer["signals"]
    else:
        fields["passages"] = [
            {
                "file": hit.passage.file,
                "page": hit.passage.page,
                "start": hit.passage.start,
                "end": hit.passage.end,
                "text": hit.passage.text,
                "retrieval_score": hit.score,
            }
            for hit in result.passages
        ]
    return fields
