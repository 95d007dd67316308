from pathlib import Path

import pytest
from haystack import Pipeline
from haystack.core.errors import BreakpointException, PipelineRuntimeError
from haystack.core.serialization import allow_deserialization_module
from haystack.dataclasses.breakpoints import Breakpoint

import spanwise
from spanwise.embed import load_encoder
from spanwise.index import FaissDocumentStore
from spanwise.pipeline import indexing_pipeline, query_pipeline

YAML = Path(__file__).parents[2] / "pipelines"
ALLOWED = ["spanwise.*"]
QUESTIONS = [
    "How cold does the detector of the Quillon camera have to be before observing?",
    "Which company insures the observatory?",
]


def comparable(result):
    """All of a result but the time it took."""
    return (
        result.answers,
        result.abstained,
        result.threshold,
        result.no_answer_confidence,
        result.passages,
        result.generation,
        result.stale,
        result.stale_note,
    )


def files_of(folder):
    return sorted(str(file) for file in folder.rglob("*") if file.is_file() and file.suffix != ".json")


def test_the_query_pipeline_answers_as_the_corpus_does(sample_index):
    pipeline = query_pipeline(sample_index)
    with spanwise.Corpus(sample_index) as corpus:
        for question in QUESTIONS:
            result = pipeline.run({"query": question})["answers"]["result"]
            assert comparable(result) == comparable(corpus.ask(question))


def test_a_pipeline_goes_on_from_a_snapshot(sample_index):
    allow_deserialization_module("spanwise.*")
    whole = query_pipeline(sample_index).run({"query": QUESTIONS[0]})["answers"]["result"]
    for stop in ("dense_retriever", "answers"):
        with pytest.raises(BreakpointException) as stopped:
            query_pipeline(sample_index).run({"query": QUESTIONS[0]}, break_point=Breakpoint(stop))
        again = query_pipeline(sample_index).run({}, pipeline_snapshot=stopped.value.pipeline_snapshot)
        assert comparable(again["answers"]["result"]) == comparable(whole)
        assert again["answers"]["result"].calibrated


def test_a_top_k_for_all_components_is_not_what_the_calibration_was_fitted_with(sample_index):
    result = query_pipeline(sample_index).run({"query": QUESTIONS[0], "top_k": 3})["answers"]["result"]
    assert len(result.passages) == 3
    assert not result.calibrated
    assert "20 passages" in result.calibration_note


def test_an_answer_that_stands_in_copies_of_a_passage_is_cited_everywhere(tmp_path):
    documents = tmp_path / "documents"
    documents.mkdir()
    for name in ("a.txt", "b.txt", "c.txt"):
        (documents / name).write_text("The server of the observatory listens on port 8443 by default.")
    with spanwise.Corpus(tmp_path / "an.index") as corpus:
        corpus.sync(documents)
        result = corpus.ask("Which port does the server listen on?")
    (answer, *_) = result.answers
    assert answer.answer == "8443"
    assert sorted(citation.file for citation in answer.citations) == ["a.txt", "b.txt", "c.txt"]
    assert len(result.passages) == 1
    piped = query_pipeline(tmp_path / "an.index").run({"query": result.query})["answers"]["result"]
    assert comparable(piped) == comparable(result)


def test_both_say_that_a_file_changed(tmp_path):
    (tmp_path / "ports.txt").write_text("The server of the observatory listens on port 8443.")
    with spanwise.Corpus(tmp_path / "an.index") as corpus:
        corpus.sync(tmp_path / "ports.txt")
        (tmp_path / "ports.txt").write_text("The server of the observatory listens on port 9443.")
        result = corpus.ask("Which port does the server listen on?")
    assert result.stale == ("ports.txt",)
    piped = query_pipeline(tmp_path / "an.index").run({"query": result.query})["answers"]["result"]
    assert comparable(piped) == comparable(result)


def test_a_question_before_anything_is_indexed(tmp_path, sample_folder):
    pipeline = query_pipeline(tmp_path / "an.index")
    with pytest.raises(PipelineRuntimeError, match=r"found an empty one in .*an.index: run `spanwise index FOLDER"):
        pipeline.run({"query": QUESTIONS[0]})
    with pytest.raises(PipelineRuntimeError, match="expected a question, found an empty one"):
        pipeline.run({"query": " "})
    with spanwise.Corpus(tmp_path / "an.index") as corpus:
        assert corpus.sync(sample_folder / "weather-station.md").added
    assert pipeline.run({"query": QUESTIONS[0]})["answers"]["result"].passages


def test_a_file_does_not_take_the_place_of_another_one(tmp_path):
    for folder, text in (("one", "The red pump weighs 40 kg."), ("two", "The blue ferry leaves at 9:15.")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "readme.txt").write_text(text)
    with spanwise.Corpus(tmp_path / "an.index") as corpus:
        corpus.sync(tmp_path / "one", tmp_path / "two")
    pipeline = indexing_pipeline(tmp_path / "an.index")
    with pytest.raises(PipelineRuntimeError, match=r"expected readme.txt to be .*one.readme.txt.*, found another file"):
        pipeline.run({"converter": {"sources": [tmp_path / "two" / "readme.txt"], "root": tmp_path / "two"}})
    pipeline.run({"converter": {"sources": [tmp_path / "one" / "readme.txt"], "root": tmp_path / "one"}})
    with spanwise.Corpus(tmp_path / "an.index") as corpus:
        assert corpus.source_text("one/readme.txt") == "The red pump weighs 40 kg."
        assert corpus.ask("How much does the pump weigh?").stale == ()


def test_the_indexing_pipeline_makes_what_sync_makes_of_a_file(sample_index, sample_folder, tmp_path):
    pipeline = indexing_pipeline(tmp_path / "my.index")
    files = ["glossary.html", "reports/lightning-incident-2022.docx", "weather-station.md"]
    sources = [str(sample_folder / file) for file in files]
    out = pipeline.run({"converter": {"sources": sources, "root": str(sample_folder)}})
    with spanwise.Corpus(tmp_path / "my.index") as made, spanwise.Corpus(sample_index) as synced:
        assert sorted(made.index.files()) == files
        assert out["writer"]["documents_written"] == made.index.count()
        for file in files:
            assert made.index.source(file) == synced.index.source(file)
            assert made.index.passages_of(file) == synced.index.passages_of(file)
        (vector,) = load_encoder(device="cpu").encode_queries([QUESTIONS[0]])
        found, expected = (
            [
                (hit.passage.id, pytest.approx(hit.score, abs=1e-4))
                for hit in corpus.index.search([vector], 5, files=files)[0]
            ]
            for corpus in (made, synced)
        )
        assert found == expected


@pytest.mark.slow
def test_the_indexing_pipeline_makes_the_index_that_sync_makes(sample_index, sample_folder, tmp_path):
    pipeline = indexing_pipeline(tmp_path / "my.index")
    out = pipeline.run({"converter": {"sources": files_of(sample_folder), "root": str(sample_folder)}})
    with spanwise.Corpus(tmp_path / "my.index") as made, spanwise.Corpus(sample_index) as synced:
        assert out["writer"]["documents_written"] == synced.index.count() == made.index.count()
        for file in synced.index.files():
            assert made.index.source(file) == synced.index.source(file)
            assert made.index.passages_of(file) == synced.index.passages_of(file)
        question = QUESTIONS[0]
        assert comparable(made.ask(question))[0] == comparable(synced.ask(question))[0]


@pytest.mark.parametrize(("file", "built"), [("indexing.yaml", indexing_pipeline), ("query.yaml", query_pipeline)])
def test_the_yaml_files_are_the_pipelines(file, built):
    assert (YAML / file).read_text(encoding="utf-8") == built().dumps()


@pytest.mark.slow
def test_the_yaml_files_run(sample_folder, sample_index, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    indexing = Pipeline.loads((YAML / "indexing.yaml").read_text(encoding="utf-8"), allowed_modules=ALLOWED)
    indexing.run({"converter": {"sources": files_of(sample_folder), "root": str(sample_folder)}})
    assert FaissDocumentStore(".spanwise").count_documents() > 18
    query = Pipeline.loads((YAML / "query.yaml").read_text(encoding="utf-8"), allowed_modules=ALLOWED)
    result = query.run({"query": QUESTIONS[0]})["answers"]["result"]
    with spanwise.Corpus(sample_index) as corpus:
        assert result.answers[0].answer == corpus.ask(QUESTIONS[0]).answers[0].answer == "-85 degrees Celsius"


def test_components_are_named(tmp_path):
    assert set(indexing_pipeline(tmp_path / "i").graph.nodes) == {"converter", "splitter", "embedder", "writer"}
    assert set(query_pipeline(tmp_path / "i").graph.nodes) == {
        "question_embedder",
        "dense_retriever",
        "lexical_retriever",
        "fusion",
        "reader",
        "answers",
    }
