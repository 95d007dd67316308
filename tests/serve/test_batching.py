"""Questions are read together, in order, and refused where too many wait."""

import asyncio
import threading

import pytest

from spanwise.errors import UsageError
from spanwise.serve.batching import Batcher
from spanwise.serve.http.journal import Metrics
from spanwise.serve.http.replies import RequestRefusedError
from spanwise.serve.library import AskSettings
from spanwise.types import QueryResult


def result(question):
    return QueryResult(question, 1, (), True, 0.5, 0.5, False)


class Reader:
    """Answers when it is let; keeps what it was asked together."""

    def __init__(self, open_gate=True):
        self.begun = 0
        self.batches = []
        self.gate = threading.Event()
        if open_gate:
            self.gate.set()

    def __call__(self, questions, asked):
        self.begun += 1
        self.gate.wait(10)
        self.batches.append((list(questions), asked))
        if "bad" in questions:
            msg = "expected a good question, found a bad one"
            raise UsageError(msg)
        return [result(question) for question in questions]


def running(reader, **given):
    batcher = Batcher(reader, Metrics(), **given)
    batcher.start()
    return batcher


def test_what_arrives_together_is_read_together():
    async def check():
        reader = Reader()
        batcher = running(reader, size=4, wait_s=0.02)
        found = await asyncio.gather(*(batcher.ask([str(number)], AskSettings(), 5) for number in range(10)))
        assert [one.query for (one,) in found] == [str(number) for number in range(10)]
        assert [len(questions) for questions, _ in reader.batches] == [4, 4, 2]
        await batcher.close()

    asyncio.run(check())


def test_only_what_is_asked_alike_is_read_together():
    async def check():
        reader = Reader()
        batcher = running(reader, wait_s=0.02)
        few, many = AskSettings(top_k=1), AskSettings(top_k=9)
        await asyncio.gather(*(batcher.ask([name], how, 5) for name, how in (("a", few), ("b", many), ("c", few))))
        assert reader.batches == [(["a", "c"], few), (["b"], many)]
        await batcher.close()

    asyncio.run(check())


def test_a_question_that_cannot_be_asked_fails_alone():
    async def check():
        batcher = running(Reader(), wait_s=0.02)
        asked = (batcher.ask([name], AskSettings(), 5) for name in ("a", "bad", "b"))
        a, bad, b = await asyncio.gather(*asked, return_exceptions=True)
        assert (a[0].query, b[0].query) == ("a", "b")
        assert isinstance(bad, UsageError)
        assert [one.query for one in await batcher.ask(["c"], AskSettings(), 5)] == ["c"]
        await batcher.close()

    asyncio.run(check())


def test_too_many_that_wait_are_refused_and_none_is_forgotten():
    async def check():
        reader = Reader(open_gate=False)
        batcher = running(reader, size=2, limit=3, wait_s=0)
        first = [asyncio.create_task(batcher.ask([name], AskSettings(), 5)) for name in "ab"]
        await asyncio.sleep(0.05)  # these are being read
        rest = [asyncio.create_task(batcher.ask([name], AskSettings(), 5)) for name in "cde"]
        await asyncio.sleep(0.05)
        with pytest.raises(RequestRefusedError, match="3 questions wait already"):
            await batcher.ask(["f"], AskSettings(), 5)
        reader.gate.set()
        assert [one.query for (one,) in await asyncio.gather(*first, *rest)] == list("abcde")
        await batcher.close()

    asyncio.run(check())


def test_what_takes_too_long_is_given_up_and_not_read_later():
    async def check():
        reader = Reader(open_gate=False)
        batcher = running(reader, size=1, wait_s=0)
        first = asyncio.create_task(batcher.ask(["a"], AskSettings(), 5))
        await asyncio.sleep(0.05)
        with pytest.raises(RequestRefusedError, match=r"not answered within 0\.05 s"):
            await batcher.ask(["late"], AskSettings(), 0.05)
        reader.gate.set()
        await first
        await batcher.ask(["b"], AskSettings(), 5)
        assert [questions for questions, _ in reader.batches] == [["a"], ["b"]]
        await batcher.close()

    asyncio.run(check())


def test_what_is_too_much_by_itself_is_told_apart_from_what_had_to_wait():
    async def check():
        reader = Reader(open_gate=False)
        batcher = running(reader, size=2, wait_s=0)
        longer = r"within 0\.2 s, found that this takes longer; ask fewer questions a"
        with pytest.raises(RequestRefusedError, match=longer) as slow:
            await batcher.ask(["a", "b", "c"], AskSettings(), 0.2)
        with pytest.raises(RequestRefusedError, match="other questions were before it") as waited:
            await batcher.ask(["d"], AskSettings(), 0.2)
        assert (slow.value.status, slow.value.headers) == (503, {})
        assert (waited.value.status, waited.value.headers) == (503, {"retry-after": "1"})
        reader.gate.set()
        await batcher.close()

    asyncio.run(check())


def test_closing_answers_what_waits_and_what_is_being_read():
    async def check():
        reader = Reader(open_gate=False)
        batcher = running(reader, size=2, wait_s=0)
        asked = [asyncio.create_task(batcher.ask([name], AskSettings(), 5)) for name in "abc"]
        await asyncio.sleep(0.05)
        closing = asyncio.create_task(batcher.close())
        threading.Timer(0.1, reader.gate.set).start()
        await closing
        assert [one.query for (one,) in await asyncio.gather(*asked)] == list("abc")
        last = Reader(open_gate=False)
        batcher = running(last, wait_s=0)
        reading = asyncio.create_task(batcher.ask(["d"], AskSettings(), 5))
        await asyncio.sleep(0.05)  # nothing waits any more, but the last is not answered yet
        threading.Timer(0.1, last.gate.set).start()
        await batcher.close()
        assert (await reading)[0].query == "d"

    asyncio.run(check())


def test_several_batches_are_under_way_where_they_are_answered_elsewhere():
    async def check():
        reader = Reader(open_gate=False)
        batcher = running(reader, size=1, wait_s=0, at_once=3)
        asked = [asyncio.create_task(batcher.ask([str(number)], AskSettings(), 10)) for number in range(5)]
        while reader.begun < 3:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        assert (reader.begun, len(batcher._queue)) == (3, 2)
        reader.gate.set()
        found = await asyncio.gather(*asked)
        assert [one.query for (one,) in found] == ["0", "1", "2", "3", "4"]
        await batcher.close()

    asyncio.run(check())


def test_what_gives_a_question_up_says_why_itself():
    async def check():
        def give_up(questions, asked):
            msg = "not answered by the cluster within 3 s"
            raise TimeoutError(msg)

        batcher = running(give_up)
        with pytest.raises(TimeoutError, match="not answered by the cluster within 3 s"):
            await batcher.ask(["any"], AskSettings(), 10)
        await batcher.close()

    asyncio.run(check())
