"""Answers across documents as a Haystack component."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from haystack import Document, ExtractedAnswer, component

from spanwise.answer.answering import answer_question
from spanwise.calibration import Calibration, load_calibration, read_calibration
from spanwise.checks import check_positive, check_threshold
from spanwise.conditions import Conditions, conditions_of
from spanwise.documents import document_to_hit, documents_to_sources
from spanwise.files.staleness import with_staleness
from spanwise.runtime.default_reader import DEFAULT_READER, reader_folder
from spanwise.types import Candidate, EmbedderIdentity, Hit, QueryResult, SourceText, Span

if TYPE_CHECKING:
    from spanwise.index.records import Stamp
    from spanwise.index.roots import Roots
    from spanwise.index.store.document_store import FaissDocumentStore

logger = logging.getLogger(__name__)


@component
class AnswerMerger:
    """
    Merges what a reader found in passages into answers with citations and confidence, or abstains.

    Everything in the result belongs to one generation of the index: a passage that was replaced since it was retrieved
    is left out, with a warning, and so is what was read in it. Without an index the passages that were read are all
    that is known of their texts, and the generation is 0.

    ### Usage example

    ```python
    from spanwise.answer import AnswerMerger
    from spanwise.index import FaissDocumentStore

    merger = AnswerMerger(FaissDocumentStore("my.index"))
    print(merger.run(query="When does the dome open?", documents=[], answers=[])["result"].abstained)
    ```
    """

    def __init__(
        self,
        document_store: "FaissDocumentStore | None" = None,
        reader: str = DEFAULT_READER,
        top_k: int = 5,
        threshold: float | None = None,
        calibration: str | None = None,
        retrieval: str | None = None,
        reranker: str | None = None,
        passages: int | None = None,
        second_reader: str | None = None,
    ) -> None:
        """
        Store and check the settings.

        :param document_store: Where the passages came from, if it keeps source texts; None for any other, of which
            `CorpusWriter` wrote the passages.
        :param reader: The reader's model, whose calibration is used.
        :param top_k: Most answers.
        :param threshold: Confidence in [0, 1] below which to abstain; None takes the calibration's own.
        :param calibration: A calibration file that counts instead of the reader's own.
        :param retrieval: How passages are found, as `spanwise.retrieve.retriever.retrieval` says it of `PassageFusion`.
            Where that, or `passages`, is not told, results are not called calibrated.
        :param reranker: The cross-encoder that sorts passages, or None for none.
        :param passages: How many passages are asked for.
        :param second_reader: The model that read the best passages again, whose calibration is used then; or None.
        :raises ValueError: If `top_k` is below 1, or the threshold no probability.
        """
        check_positive(top_k=top_k)
        check_threshold(threshold)
        self.document_store = document_store
        self.reader = reader
        self.top_k = top_k
        self.threshold = threshold
        self.calibration = calibration
        self.retrieval = retrieval
        self.reranker = reranker
        self.passages = passages
        self.second_reader = second_reader

    @component.output_types(result=QueryResult)
    def run(
        self,
        query: str,
        documents: list[Document],
        answers: list[ExtractedAnswer],
        top_k: int | None = None,
        passages: int | None = None,
    ) -> dict[str, QueryResult]:
        """
        Merge the answers to one question.

        :param documents: The passages that were read.
        :param answers: What `ExtractiveReader` found in them; a "no answer" among them is passed over.
        :param top_k: Overrides the component's own.
        :param passages: How many passages were asked for; overrides the component's own.
        :returns: A dictionary with the following keys:
            - `result`: Answers by descending confidence, and whether to abstain.
        """
        read = [document_to_hit(document) for document in documents]
        found = [_candidate(answer) for answer in answers if answer.data is not None]
        hits = [*read, *(candidate.hit for candidate in found)]
        store = self.document_store
        shown: Callable[[str], str] = str
        roots: Roots | None = None
        stamps: Mapping[str, Stamp] = {}
        if store is None:
            with_answers = (answer.document for answer in answers if answer.document is not None)
            sources: Mapping[str, SourceText] = documents_to_sources([*documents, *with_answers])
            generation, identity = 0, None
        else:
            with store.index.pinned() as snapshot:
                generation, roots, identity = snapshot.generation, snapshot.roots, snapshot.embedder
                sources = snapshot.sources(place.file for hit in hits for place in hit.places)
                shown, stamps = roots.shown, snapshot.stamps(sources)
        standing = [hit for hit in (_standing(hit, sources) for hit in read) if hit is not None]
        places = [
            place
            for candidate in found
            if (hit := _standing(candidate.hit, sources)) is not None
            for place in replace(candidate, hit=hit).everywhere()
        ]
        if standing != read:
            msg = "passages were replaced while %r was asked, and left out of its answers: ask it again"
            logger.warning(msg, query)
        result = answer_question(
            query,
            places,
            sources.__getitem__,
            self._calibration(identity),
            generation=generation,
            top_k=self.top_k if top_k is None else top_k,
            threshold=self.threshold,
            passages=standing,
            conditions=self._conditions(identity, passages),
            shown=shown,
        )
        return {"result": result if roots is None else with_staleness(result, roots, stamps)}

    def _calibration(self, identity: EmbedderIdentity | None) -> Calibration:
        file, counts = self.calibration, self.reader if self.second_reader is None else self.second_reader
        found = load_calibration(reader_folder(counts)) if file is None else read_calibration(Path(file))
        return found if identity is None else found.for_embedder(identity.fingerprint)

    def _conditions(self, identity: EmbedderIdentity | None, passages: int | None) -> Conditions:
        return conditions_of(
            reader=self.reader,
            second_reader=self.second_reader,
            reranker=self.reranker,
            embedder=identity,
            retrieval=self.retrieval,
            passages=self.passages if passages is None else passages,
            with_weights=self.calibration is None,
        )


def _standing(hit: Hit, sources: Mapping[str, SourceText]) -> Hit | None:
    """Return a hit with those of its places that are what they were when they were retrieved, or None."""
    places = [place for place in hit.places if place.file in sources and place.stands_in(sources[place.file])]
    return replace(hit, passage=places[0], copies=tuple(places[1:])) if places else None


def _candidate(answer: ExtractedAnswer) -> Candidate:
    if answer.document is None or answer.document_offset is None:
        msg = f"expected an answer with its document and offset, found {answer.data!r} without"
        raise ValueError(msg)
    logits = (answer.meta[name] for name in ("start_logit", "end_logit", "null_logit"))
    span = Span(answer.document_offset.start, answer.document_offset.end, *logits)
    return Candidate(document_to_hit(answer.document), span)
