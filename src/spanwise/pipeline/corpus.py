"""The three-line way: index a folder, ask it questions."""

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from functools import cached_property, partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Literal, Self

from spanwise.answer.answering import answer_question, placed
from spanwise.calibration import Calibration, read_calibration
from spanwise.conditions import Conditions, conditions_of
from spanwise.embed.load import Encoder, load_encoder
from spanwise.errors import IndexStateError
from spanwise.files.staleness import with_staleness
from spanwise.index.catalogue.rows import as_filter
from spanwise.index.faiss.index_types import check_type
from spanwise.index.index import Index
from spanwise.index.roots import Roots
from spanwise.index.snapshot import Snapshot
from spanwise.pipeline.question_checks import as_usage_error, check_numbers, check_questions
from spanwise.progress import ReportStep, no_steps
from spanwise.read.again import hits_to_read_again
from spanwise.read.reader import SpanReader
from spanwise.read.settings import ReaderSettings
from spanwise.retrieve.cross_encoder import RERANKED, PairScorer, rerank
from spanwise.retrieve.retriever import retrieval, retrieve
from spanwise.runtime.default_embedder import DEFAULT_EMBEDDER
from spanwise.runtime.default_reader import DEFAULT_READER
from spanwise.runtime.named_embedders import remember, require_named
from spanwise.split.splitter import Splitter, SplitterSettings
from spanwise.types import FileGlobs, QueryResult, SearchResult, SyncReport

if TYPE_CHECKING:
    from spanwise.pipeline.sync.engine import MakeEngine
    from spanwise.pipeline.sync.progress import ReportProgress
    from spanwise.pipeline.sync.targets import SyncOptions

CANDIDATES = 50  # spans kept of a question before equal ones are merged
QUESTIONS_AT_ONCE = 16


class Corpus:
    """
    A folder of documents that can be asked.

    ```python
    import spanwise

    corpus = spanwise.Corpus("my.index")
    report = corpus.sync("papers/")
    result = corpus.ask("Which port does it use?")
    print(result.answers[0].answer, result.answers[0].file, result.answers[0].page, result.answers[0].confidence)
    ```

    Threads may share it, and ask while one of them syncs: each result is of one generation of the index.

    :param path: The index's directory; the first `sync` makes it.
    :param embedder: A sentence-transformers name or folder; None takes the index's own, if it was given by name on this
        machine before, and for a new index the packaged one. "default" is the packaged one.
    :param reader: "default" for the packaged reader, a hub name or a local folder.
    :param second_reader: A usually larger reader that reads the best passages again; its answers and confidences count.
        None for none.
    :param reranker: A cross-encoder's hub name or folder, which sorts what was found before it is read; None for none.
    :param calibration: A calibration file that counts instead of the one beside the reader, or the second one.
    :param device: "auto", "cpu", "cuda", "cuda:N" or "mps".
    :param splitter: Sizes of passages for a new index; None takes the index's own.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        embedder: str | None = None,
        reader: str = DEFAULT_READER,
        second_reader: str | None = None,
        reranker: str | None = None,
        calibration: Path | str | None = None,
        device: str = "auto",
        splitter: SplitterSettings | None = None,
    ) -> None:
        self.path = Path(path)
        self.device = device
        self._embedder = embedder
        self._settings = splitter
        self.reader = SpanReader(ReaderSettings(reader, device=device))
        self.second_reader = None if second_reader is None else SpanReader(ReaderSettings(second_reader, device=device))
        self._reranker = None if reranker is None else PairScorer(reranker, device=device)
        self._calibration = None if calibration is None else Path(calibration)
        self._index: Index | None = None
        self._loaded_encoder: Encoder | None = None
        self._opening = Lock()
        self._loading = Lock()

    def sync(
        self,
        *paths: Path | str,
        options: "SyncOptions | None" = None,
        progress: "ReportProgress | None" = None,
        engine: "MakeEngine | None" = None,
    ) -> SyncReport:
        """
        Bring the index up to date with folders and files: what is new, changed, gone, or no longer matched.

        Commits as it goes: an interrupted sync keeps what it committed, and the next one goes on from there.

        :param paths: Folders and files, or URLs such as s3://bucket/folder. Each becomes a root of the index, or is
            one; of a root, a path in it syncs that part. None syncs every root.
        :param progress: Called as work is done.
        :param engine: What converts and embeds, such as `spanwise.scale.RayEngine`; None for this machine alone.
        :returns: What was added, changed, removed and skipped, with reasons.
        :raises RefusedError: If most of a root's files are gone, or a path contains a root, or is one that has moved.
        :raises IndexStateError: If the index is damaged, being written by another process, or made with another
            embedder.
        :raises SpanwiseError: If a path does not exist or cannot be read, or no new root has a file to index.
        """
        from spanwise.pipeline.sync.changes import require_files
        from spanwise.pipeline.sync.engine import LocalEngine, Work
        from spanwise.pipeline.sync.progress import SyncProgress
        from spanwise.pipeline.sync.scan import scan_target
        from spanwise.pipeline.sync.sync import Sync
        from spanwise.pipeline.sync.targets import SyncOptions, plan_sync

        options = SyncOptions() if options is None else options
        if not Index.exists(self.path):
            found = [(one, scan_target(one, self.path)) for one in plan_sync(Roots(), paths, options, self.path)]
            if not any(scan.files for _, scan in found):
                require_files(*found[0])
        state = SyncProgress(report=progress)
        state.notify("loading the embedder")
        encoder = self.encoder
        with self._open_for_writing() as index:
            record = index.set_embedder if index.embedder is None else index.require_embedder
            record(encoder.identity)
            if self._embedder is not None:
                remember(encoder.identity)
            splitter = Splitter(encoder.tokenizer, self._splitter_settings(index))
            work = Work(encoder, splitter, self.device, options.limits, options.password)
            with index.releasing(state.step, encoder.unload):
                return Sync(index, work, options, progress, engine or LocalEngine).run(paths)

    def change_embedder(self, progress: ReportStep | None = None) -> bool:
        """
        Embed every passage again if the index was made with another embedder than the one given to this corpus.

        All is done in one commit: an interruption leaves the index as it was. The files need not be there.

        :param progress: Called as work is done.
        :returns: Whether it was made with another one.
        :raises IndexStateError: If there is no index, it is damaged, or another process is writing it.
        """
        encoder = self.encoder
        with Index.open(self.path, writable=True) as index, index.releasing(progress or no_steps):
            if index.was_made_with(encoder.identity):
                return False
            remember(encoder.identity)
            index.change_embedder(encoder.identity, encoder.encode, progress)
            return True

    def remove(self, root: str) -> tuple[str, ...]:
        """
        Take a root out of the index with all its files; it need not exist any more.

        :param root: Its name or its path.
        :returns: The files that were removed.
        :raises UsageError: If there is no such root.
        :raises IndexStateError: If there is no index, it is damaged, or another process is writing it.
        """
        from spanwise.pipeline.sync.sync import remove_root

        with Index.open(self.path, writable=True) as index, index.releasing():
            return remove_root(index, root)

    def check_type(self, index_type: str) -> None:
        """
        Check that this corpus can have an index type, before long work.

        :raises UsageError: If it is neither a plain name nor a FAISS factory string for the embedder's vectors.
        """
        with as_usage_error():
            check_type(index_type, self.encoder.identity.dimension)

    def set_type(self, index_type: str) -> None:
        """
        Change how vectors are searched; nothing is embedded again.

        :param index_type: auto, flat, hnsw, ivf, ivf-pq, sq8, fp16, or a FAISS factory string.
        :raises UsageError: If it is none of them, or not for vectors of this length.
        :raises IndexStateError: If there is no index, it is damaged, or another process is writing it.
        """
        with as_usage_error(), Index.open(self.path, writable=True) as index, index.releasing():
            index.set_type(index_type)

    def ask(
        self,
        question: str,
        filters: FileGlobs = None,
        *,
        top_k: int = 5,
        passages: int = 20,
        threshold: float | None = None,
    ) -> QueryResult:
        """
        Answer one question; see `ask_many`.

        :returns: Answers by descending confidence, and whether the corpus abstains.
        """
        return self.ask_many([question], filters, top_k=top_k, passages=passages, threshold=threshold)[0]

    def ask_many(
        self,
        questions: Sequence[str],
        filters: FileGlobs = None,
        *,
        top_k: int = 5,
        passages: int = 20,
        threshold: float | None = None,
    ) -> list[QueryResult]:
        """
        Answer many questions; they share batches.

        :param filters: Only files that this pattern matches, as in .gitignore, or one of these. Or a `FileFilter`.
        :param top_k: Most answers to a question.
        :param passages: How many passages are read for a question.
        :param threshold: Confidence in [0, 1] below which to abstain; None takes the reader's own.
        :returns: A result for each question, in their order.
        :raises IndexStateError: If there is no index, it holds no files, is damaged, or was made with another embedder.
        :raises TypeError: If `questions` or `filters` are something else, such as a filter of Haystack's.
        :raises UsageError: If a question is empty, too long or no Unicode text, a number is out of its range, a pattern
            is malformed, or no indexed file matches the filters.
        """
        check_questions(questions)
        check_numbers(top_k, passages, threshold)
        wanted = as_filter(filters)
        begins = range(0, len(questions), QUESTIONS_AT_ONCE)
        chunks = (questions[begin : begin + QUESTIONS_AT_ONCE] for begin in begins)
        return [result for chunk in chunks for result in self._ask_chunk(chunk, wanted, top_k, passages, threshold)]

    def _ask_chunk(
        self, questions: Sequence[str], filters: FileGlobs, top_k: int, passages: int, threshold: float | None
    ) -> list[QueryResult]:
        encoder = self.encoder
        calibration = self.load_reader()
        began = time.perf_counter()
        vectors = encoder.encode_queries(questions)
        depth = passages if self._reranker is None else max(RERANKED, passages)
        with self.pinned() as snapshot:
            snapshot.require_files(filters)
            snapshot.require_embedder(encoder.identity)
            hits = retrieve(snapshot, questions, vectors, top_k=depth, files=filters)
            sources = snapshot.sources_of(place for found in hits for hit in found for place in hit.places)
            generation, roots, records = snapshot.generation, snapshot.roots, snapshot.stamps(sources)
        if self._reranker is not None:
            hits = rerank(self._reranker, questions, hits, passages)
        retrieved = time.perf_counter()
        candidates = self.reader.read_hits(questions, hits, top_k=CANDIDATES)
        if self.second_reader is not None:
            again = [hits_to_read_again(read, found) for read, found in zip(hits, candidates, strict=True)]
            candidates = self.second_reader.read_hits(questions, again, top_k=CANDIDATES)
        conditions = self.conditions(passages)
        results = [
            answer_question(
                question,
                [place for candidate in found for place in candidate.everywhere()],
                sources.__getitem__,
                calibration,
                generation=generation,
                top_k=top_k,
                threshold=threshold,
                passages=read,
                conditions=conditions,
                shown=roots.shown,
            )
            for question, found, read in zip(questions, candidates, hits, strict=True)
        ]
        return _with_timings([with_staleness(result, roots, records) for result in results], began, retrieved)

    def search(
        self,
        words: str,
        filters: FileGlobs = None,
        *,
        top_k: int = 10,
        by: Literal["both", "dense", "lexical"] = "both",
    ) -> SearchResult:
        """
        Find passages.

        :param filters: As for `ask_many`.
        :param top_k: Most passages.
        :param by: By meaning ("dense"), by the words themselves ("lexical"), or by both.
        :returns: Passages, best first, with where they stand.
        :raises IndexStateError: As `ask_many` does.
        :raises UsageError: As `ask_many` does.
        """
        check_questions([words])
        check_numbers(top_k, 1, None)
        wanted = as_filter(filters)
        encoder = None if by == "lexical" else self.encoder
        vectors = None if encoder is None else encoder.encode_queries([words])
        with self.pinned() as snapshot:
            snapshot.require_files(wanted)
            if encoder is None or vectors is None:
                hits = snapshot.lexical(words, top_k, files=wanted)
            else:
                snapshot.require_embedder(encoder.identity)
                search = snapshot.search if by == "dense" else partial(retrieve, snapshot, [words])
                hits = search(vectors, top_k=top_k, files=wanted)[0]
            sources = snapshot.sources_of(hit.passage for hit in hits)
            return SearchResult(words, snapshot.generation, placed(hits, sources.__getitem__, snapshot.roots.shown))

    def pinned(self) -> AbstractContextManager[Snapshot]:
        """Yield the newest committed generation, to be asked; see `Index.pinned`."""
        return self.index.pinned()

    def source_text(self, file: str) -> str:
        """
        Return the stored text of a file; citations are slices of it.

        :param file: Path relative to the indexed folder, behind its name if there are several.
        :raises IndexStateError: If there is no index, or no such file in it.
        """
        return self.index.source(file).text

    def load_reader(self) -> Calibration:
        """
        Load what reads: the readers, their calibration, and the reranker if there is one; the index need not exist.

        :returns: The calibration.
        :raises ModelError: If one of them is missing or cannot be understood.
        """
        self.reader.warm_up()
        self.last_reader.warm_up()
        if self._reranker is not None:
            self._reranker.warm_up()
        return self.calibration

    @property
    def last_reader(self) -> SpanReader:
        """The reader whose answers and margins count: the second one, or the only one."""
        return self.reader if self.second_reader is None else self.second_reader

    @cached_property
    def calibration(self) -> Calibration:
        """
        How what is found becomes confidences: the fit with the embedder of this corpus, where there are several.

        :raises ModelError: If the calibration file cannot be understood.
        """
        found = self.last_reader.calibration if self._calibration is None else read_calibration(self._calibration)
        return found.for_embedder(self.encoder.identity.fingerprint) if found.others else found

    def conditions(self, passages: int) -> Conditions:
        """
        Return how questions are asked here, to be compared with what a calibration was fitted with.

        :param passages: How many passages are read for a question.
        """
        return conditions_of(
            reader=self.reader.model,
            second_reader=None if self.second_reader is None else self.second_reader.model,
            reranker=None if self._reranker is None else self._reranker.model,
            embedder=self.encoder.identity,
            retrieval=retrieval(self.encoder.identity.name),
            passages=passages,
            with_weights=self._calibration is None,
        )

    @property
    def index(self) -> Index:
        """
        The index, opened for reading; threads may share it.

        :raises IndexStateError: If there is none, or it is damaged.
        """
        with self._opening:
            if self._index is None or not self._index.in_place():
                self._index = Index.open(self.path)
            return self._index

    def close(self) -> None:
        """Close the index when no thread asks any more; it is opened again when it is needed."""
        with self._opening:
            if self._index is not None:
                self._index.close()
                self._index = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def encoder(self) -> Encoder:
        """
        What embeds passages and questions; it is loaded when it is first needed.

        :raises ModelError: If it cannot be loaded.
        """
        with self._loading:
            if self._loaded_encoder is None:
                recorded = None if self._embedder or not Index.exists(self.path) else self.index.embedder
                if recorded is not None:
                    require_named(recorded, self.path)
                name = self._embedder or (DEFAULT_EMBEDDER if recorded is None else recorded.name)
                self._loaded_encoder = load_encoder(name, device=self.device, download=self._embedder is not None)
            return self._loaded_encoder

    def _open_for_writing(self) -> Index:
        """Return an index of its own, beside the one that other threads may ask meanwhile."""
        if Index.exists(self.path):
            return Index.open(self.path, writable=True)
        settings = self._settings or default_settings(self.encoder)
        return Index.create(self.path, embedder=self.encoder.identity, splitter=asdict(settings))

    def _splitter_settings(self, index: Index) -> SplitterSettings:
        try:
            recorded = default_settings(self.encoder) if index.splitter is None else SplitterSettings(**index.splitter)
        except (TypeError, ValueError) as error:
            msg = f"expected the splitter's settings in the index in {self.path}, found others ({error}); index again"
            raise IndexStateError(msg) from error
        if self._settings is not None and self._settings != recorded:
            msg = f"expected the splitter settings {recorded} of {self.path}, found {self._settings}; use another index"
            raise IndexStateError(msg)
        return recorded


def _with_timings(results: Sequence[QueryResult], began: float, retrieved: float) -> list[QueryResult]:
    """Return results with the mean times of their stages, which end now."""
    ended = time.perf_counter()
    stages = {"retrieve": retrieved - began, "read": ended - retrieved, "total": ended - began}
    timings = {stage: 1000 * seconds / len(results) for stage, seconds in stages.items()}
    return [replace(result, timings_ms=dict(timings)) for result in results]


def default_settings(encoder: Encoder) -> SplitterSettings:
    """Return the usual passage sizes, or smaller ones for an embedder that sees less."""
    usual = SplitterSettings()
    if usual.max_tokens <= encoder.identity.max_tokens:
        return usual
    limit = encoder.identity.max_tokens
    return SplitterSettings(max_tokens=limit, overlap_tokens=limit * usual.overlap_tokens // usual.max_tokens)
