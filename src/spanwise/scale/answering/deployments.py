"""What Ray Serve runs for questions: processes that search shares, and processes that read."""

import asyncio
from collections.abc import Sequence
from functools import lru_cache

from ray import serve

from spanwise.errors import UsageError
from spanwise.index.vectors.search import Found
from spanwise.index.vectors.segments import Ids
from spanwise.index.vectors.vector_file import Vectors
from spanwise.read.reader import SpanReader
from spanwise.read.settings import ReaderSettings
from spanwise.scale.answering.shares import GoneError, Share, load_share
from spanwise.scale.tasks import MadeWith, require_same
from spanwise.types import Candidate, Hit

MOST_SHARES = 64
"""Shares that a process keeps ready; the one that was not asked for longest goes first."""
READ_TOGETHER = 16
"""Questions that a process reads together."""
WAIT = 0.005
"""Seconds that the first question of a batch waits for others."""

Asked = tuple[str, Sequence[Hit], int]
"""A question, the passages to read for it, and how many candidates are wanted."""


class ShareSearcher:
    """
    Searches its shares, which it makes ready when it is first asked of them.

    :raises SpanwiseError: If another version of spanwise is installed here than where the question comes from.
    """

    def __init__(self, made_with: MadeWith) -> None:
        require_same(made_with)
        self._ready = lru_cache(MOST_SHARES)(load_share)

    async def search(
        self, share: Share, queries: Vectors, top_k: int, dead: Ids, allowed: Ids | None
    ) -> list[Found] | None:
        """Search a share; see `LoadedShare.search`. None where its files are gone."""
        return await asyncio.to_thread(self._search, share, queries, top_k, dead, allowed)

    def _search(self, share: Share, queries: Vectors, top_k: int, dead: Ids, allowed: Ids | None) -> list[Found] | None:
        try:
            ready = self._ready(share)
        except GoneError:
            return None
        return ready.search(queries, top_k, dead, allowed)


class QuestionReader:
    """
    Reads passages, those of questions that arrive together in one batch.

    :raises SpanwiseError: If another version of spanwise is installed here, or the model cannot be loaded.
    """

    def __init__(self, settings: ReaderSettings, made_with: MadeWith) -> None:
        require_same(made_with)
        self._reader = SpanReader(settings)
        self._reader.warm_up()

    async def read(self, question: str, hits: Sequence[Hit], top_k: int) -> list[Candidate] | UsageError:
        """Return a question's candidates, highest margin first; or why it cannot be read."""
        found: list[Candidate] | UsageError = await self._together((question, hits, top_k))
        return found

    @serve.batch(max_batch_size=READ_TOGETHER, batch_wait_timeout_s=WAIT)  # type: ignore[untyped-decorator]
    async def _together(self, asked: list[Asked]) -> list[list[Candidate] | UsageError]:
        return await asyncio.to_thread(self._read_all, asked)

    def _read_all(self, asked: Sequence[Asked]) -> list[list[Candidate] | UsageError]:
        most = max(top_k for _, _, top_k in asked)
        try:
            found = self._reader.read_hits([one[0] for one in asked], [one[1] for one in asked], top_k=most)
        except UsageError as error:
            return [error] if len(asked) == 1 else [self._read_all([one])[0] for one in asked]
        return [candidates[:top_k] for candidates, (_, _, top_k) in zip(found, asked, strict=True)]
