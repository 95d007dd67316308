import pytest

import spanwise
from spanwise.errors import IndexStateError, UsageError
from spanwise.index.index import Index
from spanwise.split.splitter import SplitterSettings
from spanwise.types import FileFilter

QUESTIONS = [
    "How cold does the detector of the Quillon camera have to be before observing?",
    "What did the lightning hit on 17 July 2022?",
    "How tall is the mast of the weather station?",
    "Which company insures the observatory?",
]


@pytest.fixture(scope="module")
def corpus(sample_index):
    with spanwise.Corpus(sample_index) as corpus:
        yield corpus


@pytest.fixture(scope="module")
def results(corpus):
    return corpus.ask_many(QUESTIONS)


def same(one, other):
    """Equal up to what the company of other questions in a batch does to float32 sums."""
    assert [answer.answer for answer in one.answers] == [answer.answer for answer in other.answers]
    assert [answer.citations for answer in one.answers] == [answer.citations for answer in other.answers]
    for left, right in zip(one.answers, other.answers, strict=True):
        assert left.confidence == pytest.approx(right.confidence, abs=1e-4)


def test_every_answer_is_a_slice_of_its_source_text(corpus, results):
    for result in results:
        for answer in result.answers:
            text = corpus.source_text(answer.file)
            assert text[answer.start : answer.end] == answer.answer
            context = text[answer.context_start : answer.context_start + len(answer.context)]
            assert context == answer.context
            assert answer.answer in answer.context
            for citation in answer.citations:
                cited = corpus.source_text(citation.file)
                line = cited.count("\n", 0, citation.start) + 1 if citation.file.endswith((".txt", ".md")) else None
                assert citation.line == line


def test_a_batch_answers_as_single_questions_do(corpus, results):
    for question, result in zip(QUESTIONS, results, strict=True):
        same(corpus.ask(question), result)


def test_no_questions_give_no_results(corpus):
    assert corpus.ask_many([]) == []


def test_more_answers_do_not_change_the_first(corpus):
    few, many = corpus.ask(QUESTIONS[0], top_k=1), corpus.ask(QUESTIONS[0], top_k=10)
    assert len(few.answers) == 1
    assert len(many.answers) > 1
    assert few.answers[0].answer == many.answers[0].answer
    assert few.answers[0].confidence == many.answers[0].confidence


def test_pages_are_physical_and_one_based(results):
    answer = results[0].answers[0]
    assert (answer.file, answer.page) == ("manuals/sollinger-operating-manual.pdf", 3)
    assert results[2].answers[0].page is None


def test_filters_take_one_glob_or_several(corpus):
    for filters in ("logs/*", ["logs/*", "finance/*"]):
        result = corpus.ask("How was the wind?", filters)
        folders = {hit.passage.file.partition("/")[0] for hit in result.passages}
        assert folders <= {"logs", "finance"}
        assert "logs" in folders


def test_a_filter_that_no_file_meets_is_refused_with_what_there_is(corpus):
    for filters in ("nowhere/*", [], FileFilter(suffixes=(".docm",)), FileFilter(since_ns=2**70)):
        with pytest.raises(UsageError, match=r"none; it holds 18 files \(.*\d \.md.*\), in the folders archive/, "):
            corpus.ask(QUESTIONS[0], filters)


def test_filters_take_kinds_and_times(corpus):
    result = corpus.ask(QUESTIONS[0], FileFilter(suffixes=(".pdf", ".html"), since_ns=1))
    assert {hit.passage.file.rpartition(".")[2] for hit in result.passages} == {"pdf", "html"}


def test_an_index_of_no_files_cannot_be_asked(tmp_path):
    Index.create(tmp_path / "i").close()
    for ask in (spanwise.Corpus(tmp_path / "i").ask, spanwise.Corpus(tmp_path / "i").search):
        with pytest.raises(IndexStateError, match="holds no files: run `spanwise index FOLDER --index"):
            ask("Why?")


@pytest.mark.parametrize("by", ["both", "dense", "lexical"])
def test_search_finds_passages_with_their_places(corpus, by):
    found = corpus.search("primary mirror recoated", "*.md", top_k=3, by=by)
    assert len(found.passages) == 3
    assert [hit.score for hit in found.passages] == sorted((hit.score for hit in found.passages), reverse=True)
    first = found.passages[0]
    assert first.place.location
    assert corpus.source_text(first.place.file)[first.place.start : first.place.end] == first.passage.text
    assert "mirror" in first.passage.text.lower()


@pytest.mark.parametrize(
    ("options", "message"),
    [({"top_k": 0}, "top_k"), ({"passages": 0}, "passages"), ({"threshold": 1.1}, r"threshold in \[0, 1\]")],
)
def test_numbers_out_of_range_are_refused(corpus, options, message):
    with pytest.raises(UsageError, match=message):
        corpus.ask("Why?", **options)


def test_an_empty_question_is_refused(corpus):
    with pytest.raises(UsageError, match="found an empty one"):
        corpus.ask_many(["Why?", " "])


def test_asking_without_an_index_creates_none(tmp_path):
    with pytest.raises(IndexStateError, match="spanwise index"):
        spanwise.Corpus(tmp_path / "none").ask("Why?")
    assert not (tmp_path / "none").exists()


def test_other_passage_sizes_need_another_index(sample_index, sample_folder):
    corpus = spanwise.Corpus(sample_index, splitter=SplitterSettings(max_tokens=100, overlap_tokens=10))
    with pytest.raises(IndexStateError, match="max_tokens=100"):
        corpus.sync(sample_folder)


def test_filters_are_globs(corpus):
    condition = {"field": "meta.file_path", "operator": "==", "value": "a.txt"}
    for filters, found in ((condition, "dict"), (b"*.txt", "bytes"), (5, "int"), ([condition], "dict")):
        with pytest.raises(TypeError, match=f"^expected a glob on file paths, or a list of them, .* found {found}$"):
            corpus.ask(QUESTIONS[0], filters=filters)
        with pytest.raises(TypeError, match="expected a glob on file paths"):
            corpus.index.lexical("dome", 5, files=filters)
    one, several = corpus.ask(QUESTIONS[0], "*.md"), corpus.ask(QUESTIONS[0], (glob for glob in ["*.md"]))
    assert one.passages == several.passages
    assert all(hit.passage.file.endswith(".md") for hit in one.passages)
    assert one.passages


def test_questions_are_text(corpus):
    with pytest.raises(UsageError, match=r"found half a surrogate pair, '\\ud83d', at character 4; write it in UTF-8"):
        corpus.ask("Why \ud83d?")
    with pytest.raises(TypeError, match=r"expected a list of questions as text, found 'Why\?'"):
        corpus.ask_many("Why?")
    with pytest.raises(TypeError, match=r"expected a list of questions as text, found \['bytes'\]"):
        corpus.ask_many([b"Why?"])


def test_a_pipeline_takes_half_a_surrogate_pair(sample_index):
    from spanwise.pipeline import query_pipeline

    (half, whole) = (
        query_pipeline(sample_index, passages=4).run({"query": f"How tall is the mast of the weather station{mark}?"})
        for mark in ("\ud83d", "\ufffd")
    )
    assert half["answers"]["result"].answers == whole["answers"]["result"].answers


def test_a_passage_with_half_a_surrogate_pair_is_embedded():
    from spanwise.embed import load_encoder

    encoder = load_encoder(device="cpu")
    half, whole = encoder.encode(["The mast \udc00 is tall.", "The mast \ufffd is tall."])
    assert half == pytest.approx(whole, abs=1e-6)
