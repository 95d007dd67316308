"""A question sees one generation of the index, whatever is committed while it is asked."""

import json
import logging
import random
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from haystack import Document

import generations
import spanwise
from generations import FILES, Writer, ask_in_thread, faults
from spanwise.errors import IndexStateError
from spanwise.index.catalogue.connections import CATALOGUE
from spanwise.pipeline import query_pipeline

QUESTION = "Which port does the server listen on?"
BEFORE = {"a.txt": "The server of the observatory listens on port 8443 by default.", "b.txt": "The dome opens at dusk."}
AFTER = {
    "a.txt": "Nobody is here.\n" * 9 + "The server of the observatory listens on port 21 now.",
    "c.txt": "It rains.",
}


def write(folder, texts):
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    for name, text in texts.items():
        (folder / name).write_text(text)


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "documents", BEFORE)
    return tmp_path / "documents"


@pytest.fixture
def path(tmp_path, folder):
    with spanwise.Corpus(tmp_path / "an.index", device="cpu") as corpus:
        corpus.sync(folder)
    return tmp_path / "an.index"


def before_reading(reader, act, monkeypatch):
    """Let `act` run in a thread when passages have been found, and are about to be read for the first time."""
    read = reader.read_together

    def acted_first(*args, **kwargs):
        monkeypatch.setattr(reader, "read_together", read)
        thread = threading.Thread(target=act)
        thread.start()
        thread.join()
        return read(*args, **kwargs)

    monkeypatch.setattr(reader, "read_together", acted_first)


def test_a_sync_of_the_same_corpus_while_it_is_asked(path, folder, monkeypatch):
    options = spanwise.SyncOptions(allow_removals=True)
    with spanwise.Corpus(path, device="cpu") as corpus:
        before = corpus.ask(QUESTION)
        generation = corpus.index.generation
        write(folder, AFTER)
        before_reading(corpus.reader, lambda: corpus.sync(folder, options=options), monkeypatch)
        during = corpus.ask(QUESTION)
        assert during.generation == before.generation == generation < corpus.index.generation
        assert (during.answers, during.passages) == (before.answers, before.passages)
        after = corpus.ask(QUESTION)
        assert after.generation == corpus.index.generation
        (found, *_) = after.answers
        assert AFTER["a.txt"][found.start : found.end] == found.answer
        assert "21" in found.answer


def test_a_pipeline_leaves_out_what_was_replaced_before_it_cites(path, folder, caplog):
    pipeline = query_pipeline(path, device="cpu")
    parts = {name: pipeline.get_component(name) for name in pipeline.graph.nodes}
    embedded = parts["question_embedder"].run(QUESTION)
    dense = parts["dense_retriever"].run(embedded["embedding"])["documents"]
    lexical = parts["lexical_retriever"].run(QUESTION)["documents"]
    documents = parts["fusion"].run(lexical, dense)["documents"]
    answers = parts["reader"].run(QUESTION, documents)["answers"]
    whole = parts["answers"].run(QUESTION, documents, answers)["result"]
    assert "8443" in whole.answers[0].answer
    write(folder, {**AFTER, "b.txt": BEFORE["b.txt"]})
    with spanwise.Corpus(path, device="cpu") as corpus:
        corpus.sync(folder)
        with caplog.at_level(logging.WARNING):
            left = parts["answers"].run(QUESTION, documents, answers)["result"]
        assert left.generation == corpus.index.generation > whole.generation
    assert "replaced while" in caplog.text
    assert [hit.passage.file for hit in left.passages] == ["b.txt"]
    assert {answer.file for answer in left.answers} <= {"b.txt"}
    assert all(BEFORE["b.txt"][answer.start : answer.end] == answer.answer for answer in left.answers)


def test_a_copy_that_still_stands_is_cited(path):
    from spanwise.answer import AnswerMerger
    from spanwise.index import FaissDocumentStore

    text = BEFORE["a.txt"]
    place = {"file_path": "a.txt", "source_start": 0, "source_end": len(text), "page_number": None, "title": None}
    gone = {**place, "file_path": "gone.txt"}
    found = Document(content=text, meta={**gone, "copies": [place]}, score=0.5)
    result = AnswerMerger(FaissDocumentStore(str(path))).run(QUESTION, [found], [])["result"]
    assert [hit.passage.file for hit in result.passages] == ["a.txt"]


def test_a_passage_that_is_not_its_text_is_damage(path):
    catalogue = sqlite3.connect(path / CATALOGUE)
    catalogue.execute("UPDATE documents SET start_at = start_at + 1, end_at = end_at + 1")
    catalogue.commit()
    catalogue.close()
    with pytest.raises(IndexStateError, match=r"a passage is not what stands at 1:.* of [ab]\.txt; run"):
        spanwise.Corpus(path, device="cpu").ask(QUESTION)


def test_a_snapshot_stays_what_it_is(path, folder):
    with spanwise.Corpus(path, device="cpu") as corpus, corpus.index.pinned() as snapshot:
        write(folder, AFTER)
        corpus.sync(folder, options=spanwise.SyncOptions(allow_removals=True))
        assert [hit.passage.text for hit in snapshot.lexical("port", 5)] == [BEFORE["a.txt"]]
        assert {file: source.text for file, source in snapshot.sources([*BEFORE, *AFTER]).items()} == BEFORE
        (found,) = snapshot.search(corpus.encoder.encode_queries([QUESTION]), 5)
        assert {hit.passage.text for hit in found} == set(BEFORE.values())
        assert snapshot.generation < corpus.index.generation


def test_an_index_made_anew_in_its_place_is_the_one_that_is_asked(path, folder):
    with spanwise.Corpus(path, device="cpu") as corpus:
        assert "8443" in corpus.ask(QUESTION).answers[0].answer
        path.rename(path.with_name("old.index"))
        write(folder, AFTER)
        corpus.sync(folder)
        assert "21" in corpus.ask(QUESTION).answers[0].answer


def test_threads_and_a_process_ask_without_a_pause_while_files_change(tmp_path):
    path, records = tmp_path / "an.index", []
    command = [sys.executable, generations.__file__, "corpus", str(path), "7"]
    with spanwise.Corpus(path, device="cpu") as corpus, (tmp_path / "told").open("w+") as out:
        writer = Writer(corpus, tmp_path / "documents", random.Random(1))
        writer.sync(FILES // 3)
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out)
        patience = time.monotonic() + 120

        def told(lines):
            return Path(out.name).read_text().count("\n") >= lines or time.monotonic() > patience

        while not told(1):
            time.sleep(0.02)
        ended = threading.Event()
        threads = [ask_in_thread(corpus, seed, ended, records) for seed in range(2)]
        while not told(4) or writer.syncs < 4:
            writer.sync(2)
        ended.set()
        for thread in threads:
            thread.join()
        process.communicate()
    assert process.returncode == 0
    told_there = [json.loads(line) for line in Path(out.name).read_text().splitlines()]
    for told in (records, told_there):
        assert [record["error"] for record in told if "error" in record] == []
        assert [faults(record, writer.generations[record["generation"]]) for record in told] == [[]] * len(told)
        assert len({record["generation"] for record in told}) > 1
    # that the comparison finds something: not all results are right of the last generation
    assert any(faults(record, writer.generations[max(writer.generations)]) for record in [*records, *told_there])
