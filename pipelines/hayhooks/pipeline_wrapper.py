"""The query pipeline behind hayhooks; the index is SPANWISE_INDEX, or `.spanwise` in the current directory."""

import os
from dataclasses import asdict
from typing import Any

from hayhooks import BasePipelineWrapper

from spanwise.pipeline import query_pipeline


class PipelineWrapper(BasePipelineWrapper):
    """Answers questions in the documents' own words."""

    def setup(self) -> None:
        """Build the pipeline and load its models."""
        self.pipeline = query_pipeline(os.environ.get("SPANWISE_INDEX", ".spanwise"))
        self.pipeline.warm_up()

    def run_api(self, question: str) -> dict[str, Any]:
        """
        Answer a question.

        :param question: The question, whole.
        :returns: What `spanwise ask --json` prints, and the passages that were read.
        """
        return asdict(self.pipeline.run({"query": question})["answers"]["result"])

    def run_chat_completion(self, model: str, messages: list[dict[str, Any]], body: dict[str, Any]) -> str:  # noqa: ARG002
        """
        Answer the last message of a chat, with where the answer stands, or say that the documents do not say.

        :returns: A line for people; `run_api` has everything.
        """
        question = next(one["content"] for one in reversed(messages) if one["role"] == "user")
        result = self.pipeline.run({"query": question})["answers"]["result"]
        if result.abstained:
            return "These documents do not say."
        first = result.answers[0]
        place = "" if first.page is None else f", page {first.page}"
        return f"{first.answer} ({first.file}{place}; confidence {first.confidence:.0%})"
