"""Haystack's own components behind hayhooks: the same passages, and the same weights as float32."""

import json
import os
from typing import Any

import torch
from hayhooks import BasePipelineWrapper
from haystack import Document, Pipeline
from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.utils import ComponentDevice
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)
from haystack_integrations.components.readers.transformers import TransformersExtractiveReader


class PipelineWrapper(BasePipelineWrapper):
    """Answers questions from the passages of PEER_PASSAGES with the models PEER_EMBEDDER and PEER_READER."""

    def setup(self) -> None:
        """Embed the passages, and build the pipeline."""
        model = os.environ["PEER_EMBEDDER"]
        cpu = ComponentDevice.from_str("cpu")
        with open(os.environ["PEER_PASSAGES"], encoding="utf-8") as file:
            passages = json.load(file)
        documents = [
            Document(id=str(number), content=one["text"], meta={"file": one["file"]})
            for number, one in enumerate(passages)
        ]
        embedder = SentenceTransformersDocumentEmbedder(model=model, device=cpu, progress_bar=False)
        embedder.warm_up()
        store = InMemoryDocumentStore(embedding_similarity_function="cosine")
        store.write_documents(embedder.run(documents=documents)["documents"])
        reader = TransformersExtractiveReader(
            model=os.environ["PEER_READER"], device=cpu, top_k=5, no_answer=True, model_kwargs={"dtype": torch.float32}
        )
        text_embedder = SentenceTransformersTextEmbedder(model=model, device=cpu, progress_bar=False)
        self.pipeline = Pipeline()
        self.pipeline.add_component("embedder", text_embedder)
        self.pipeline.add_component("retriever", InMemoryEmbeddingRetriever(document_store=store, top_k=20))
        self.pipeline.add_component("reader", reader)
        self.pipeline.connect("embedder.embedding", "retriever.query_embedding")
        self.pipeline.connect("retriever.documents", "reader.documents")
        self.pipeline.warm_up()

    def run_api(self, question: str) -> dict[str, Any]:
        """Answer a question."""
        found = self.pipeline.run({"embedder": {"text": question}, "reader": {"query": question}})
        answers = found["reader"]["answers"]
        return {"answers": [{"answer": one.data, "score": one.score} for one in answers]}
