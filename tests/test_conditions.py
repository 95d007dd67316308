from dataclasses import asdict, replace

import pytest

from spanwise.conditions import Conditions, difference, model_identity, read_conditions

FITTED = Conditions("r", "e1", "minilm", "cosine + BM25", None, None, 20)
ENGLISH = ("Which port does it use?", "The server listens on port 8443.")


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"passages": 50}, "The calibration was fitted with 20 passages a question, not 50."),
        ({"passages": None}, "20 passages a question, not an unknown number."),
        ({"reranker": "some/cross-encoder"}, "The calibration was fitted with no reranker."),
        ({"second_reader": "some/reader"}, "The calibration was fitted with no second reader."),
        ({"embedder": "e2", "embedder_name": "bge"}, "with the embedder minilm, not bge."),
        ({"embedder": "e2"}, "with the embedder minilm, not these weights of it."),
        ({"embedder": None, "embedder_name": None}, "with the embedder minilm, not an unknown one."),
        ({"retrieval": "cosine"}, "with passages found by cosine + BM25, not otherwise."),
        ({"retrieval": None}, "with passages found by cosine + BM25, not otherwise."),
        ({"reader": "other"}, "The calibration was fitted with another reader."),
        ({"passages": 5, "reranker": "x"}, "with no reranker, and 20 passages a question, not 5."),
    ],
)
def test_each_difference_is_told(changes, note):
    told = difference(FITTED, replace(FITTED, **changes), *ENGLISH)
    assert told.endswith(note)
    assert told.count(".") == 1


def test_no_difference():
    assert difference(FITTED, FITTED, *ENGLISH) is None
    assert difference(FITTED, replace(FITTED, reader=None), *ENGLISH) is None  # the calibration came with the reader
    assert difference(FITTED, replace(FITTED, embedder_name="a folder of the same weights"), *ENGLISH) is None


def test_a_fit_with_a_reranker_holds_for_that_one():
    fitted = replace(FITTED, reranker="a")
    assert difference(fitted, fitted, *ENGLISH) is None
    assert difference(fitted, replace(fitted, reranker="b"), *ENGLISH).endswith("with another reranker.")
    assert difference(fitted, FITTED, *ENGLISH).endswith("with a reranker.")


def test_other_languages():
    german = "Welcher Port wird verwendet, wenn der Server nicht gestört ist?"
    assert "the question is plainly not English" in difference(FITTED, FITTED, german, ENGLISH[1])
    assert "the text of the documents is plainly not English" in difference(FITTED, FITTED, ENGLISH[0], german)
    anything = replace(FITTED, language=None)
    assert difference(anything, FITTED, german, german) is None


def test_what_is_not_known_is_no_agreement():
    assert "does not say what it was fitted with" in difference(None, FITTED, *ENGLISH)
    assert "is not known" in difference(FITTED, None, *ENGLISH)


def test_conditions_are_read_from_files():
    assert read_conditions(asdict(FITTED)) == FITTED
    assert read_conditions({**asdict(FITTED), "of_a_later_version": 1}) == FITTED
    assert read_conditions(None) is None


def test_weights_are_told_apart_by_what_is_in_them(tmp_path):
    for name, content in (("a", b"1"), ("b", b"1"), ("c", b"2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.safetensors").write_bytes(content)
    one, same, other = (model_identity(str(tmp_path / name)) for name in "abc")
    assert one == same != other
    assert model_identity("some/name") == "some/name"
