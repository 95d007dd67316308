"""Make the index of a corpus once, and search it as `spanwise ask` does."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from spanwise.embed.load import Encoder
from spanwise.index import Change, Index
from spanwise.progress import ReportCount
from spanwise.retrieve.retriever import retrieve
from spanwise.train.passages.corpora import TrainingCorpus
from spanwise.types import Passage, SourceText

AT_ONCE = 250  # passages of one commit, the most that a kill makes embed again
NO_DIGEST = "0" * 64  # the passages are no files


@contextmanager
def corpus_index(corpus: TrainingCorpus, folder: Path, encoder: Encoder | None, report: ReportCount) -> Iterator[Index]:
    """
    Open the index of a corpus; make it first, or finish it, if need be.

    :param encoder: None for an index of words alone.
    :param folder: Where indexes of corpora are, each named by a digest of its texts and its embedder.
    :param report: Called with the number of passages embedded since the last call.
    :raises IndexStateError: If the corpus is an index that another embedder made.
    """
    identity = None if encoder is None else encoder.identity
    if corpus.index is not None:
        with Index.open(corpus.index) as index:
            if identity is not None:
                index.require_embedder(identity)
            yield index
        return
    key = hashlib.sha256(f"{corpus.sha256} {None if identity is None else identity.fingerprint}".encode()).hexdigest()
    path = folder / f"index-{key[:32]}"
    Index.ensure(path, embedder=identity)
    with Index.open(path, writable=True) as index:
        done = len(index.files())  # which are committed in their order
        for begin in range(done, len(corpus.texts), AT_ONCE):
            texts = corpus.texts[begin : begin + AT_ONCE]
            sources = [SourceText(f"{begin + at:07}", text, NO_DIGEST) for at, text in enumerate(texts)]
            passages = [Passage(source.file, 0, len(source.text), source.text) for source in sources]
            vectors = np.ones((len(texts), 1), dtype=np.float32) if encoder is None else encoder.encode(texts)
            index.apply(Change([(source, len(source.text), 1) for source in sources], passages, vectors))
            report(len(texts))
    with Index.open(path) as index:
        yield index


def search(index: Index, encoder: Encoder | None, questions: Sequence[str], top_k: int) -> list[list[str]]:
    """Return for each question the texts of its best passages, found and fused as `spanwise ask` does, or by words."""
    if encoder is None:
        return [[hit.passage.text for hit in index.lexical(question, top_k)] for question in questions]
    ranked = retrieve(index, questions, encoder.encode_queries(questions), top_k=top_k)
    return [[hit.passage.text for hit in hits] for hits in ranked]
