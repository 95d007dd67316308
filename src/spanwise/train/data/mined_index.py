"""A temporary index of the contexts that negatives are mined from."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from spanwise.default_embedder import DEFAULT_EMBEDDER
from spanwise.embed.encoder import Encoder
from spanwise.embed.load import load_encoder
from spanwise.index import Change, Index
from spanwise.progress import ReportStep
from spanwise.retrieve.retriever import retrieve
from spanwise.split.splitter import Splitter, SplitterSettings
from spanwise.types import Hit, SourceText

CONTEXTS_AT_ONCE = 500
QUESTIONS_AT_ONCE = 200
NO_DIGEST = "0" * 64  # the contexts were never files


class MinedIndex:
    """
    Contexts that can be searched as the documents of a corpus are.

    :param names: For each context the name of the file that it is in the index.
    """

    def __init__(self, index: Index, encoder: Encoder, names: Mapping[str, str], progress: ReportStep | None) -> None:
        self.index = index
        self.names = names
        self._encoder = encoder
        self._progress = progress

    def find(self, questions: Sequence[str], top_k: int) -> Iterator[list[Hit]]:
        """Yield for each question its best passages, found and fused as `spanwise ask` does."""
        for begin in range(0, len(questions), QUESTIONS_AT_ONCE):
            if self._progress is not None:
                self._progress("asking", begin, len(questions))
            part = questions[begin : begin + QUESTIONS_AT_ONCE]
            yield from retrieve(self.index, part, self._encoder.encode_queries(part), top_k=top_k)


@contextmanager
def mined_index(
    contexts: Iterable[tuple[str, str]],
    *,
    embedder: str = DEFAULT_EMBEDDER,
    device: str = "auto",
    progress: ReportStep | None = None,
) -> Iterator[MinedIndex]:
    """
    Make an index of contexts in a temporary folder.

    :param contexts: Title and text of each; of equal texts the first counts.
    """
    encoder = load_encoder(embedder, device=device)
    usual = SplitterSettings()
    limit = min(usual.max_tokens, encoder.identity.max_tokens)
    splitter = Splitter(encoder.tokenizer, SplitterSettings(limit, limit * usual.overlap_tokens // usual.max_tokens))
    titles: dict[str, str] = {}
    for title, text in contexts:
        titles.setdefault(text, title)
    names = {text: f"{number}.txt" for number, text in enumerate(titles)}
    sources = [SourceText(names[text], text, NO_DIGEST, title or None) for text, title in titles.items()]
    with tempfile.TemporaryDirectory(prefix="spanwise-mine-") as folder:
        with Index.create(Path(folder) / "index", embedder=encoder.identity) as index:
            for begin in range(0, len(sources), CONTEXTS_AT_ONCE):
                if progress is not None:
                    progress("embedding contexts", begin, len(sources))
                part = sources[begin : begin + CONTEXTS_AT_ONCE]
                passages = [passage for source in part for passage in splitter.split(source)]
                vectors = encoder.encode([passage.text for passage in passages])
                index.apply(Change([(source, len(source.text), 1) for source in part], passages, vectors))
        with Index.open(Path(folder) / "index") as index:
            yield MinedIndex(index, encoder, names, progress)
