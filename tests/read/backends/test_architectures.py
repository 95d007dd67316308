"""Every architecture is read as the slow reference reads it, with its own tokenizer's habits."""

import json
import shutil
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_reader import WITH_TYPES
from spanwise.errors import ModelError, UsageError
from spanwise.read.backends.load import load_backend
from spanwise.read.reader import SpanReader
from spanwise.read.settings import ReaderSettings
from spanwise.read.windows import WindowBuilder
from tiny_models import POSITIONS

QUESTION = "Which port does the server use?"
LONG = (
    "The observatory opens its dome at dusk and closes it before dawn. The server listens on port 8443 by default.\n"
    "Ana Ruiz has been mayor since 2019; naïve façades, 東京, שלום עולם and 😀 stand here too.\n\n"
    "\tBackups are kept for thirty days; after that they are removed. It stands 1,200 meters above the sea. "
    "Where the hill ends, the mayor opens a port: who uses it?\r\nThey are long, the days by the sea; at dawn a server "
    "is kept on the dome, and removed at dusk - since when? Is it 8,443 or 2,019 meters to the capital? "
)
PASSAGES = ["The server listens on port 8443.", LONG, "dome", " \tAna Ruiz\r\n is   mayor. " * 6]
TEXTS = st.text(st.sampled_from("ab8 .,\t\n\r\u00a0é東京שלם😀ﬁİß\u0301\u200b'`-"), max_size=80)
# In float32, which every processor computes alike to seven digits; bfloat16 is taken only where there is hardware.
SETTINGS = {"max_seq_length": 64, "stride": 16, "device": "cpu", "model_kwargs": {"dtype": "float32"}}


def window_builder(backend, max_seq_length=64, stride=16):
    return WindowBuilder(
        backend.inputs.tokenizer, backend.inputs.pair_format, max_seq_length=max_seq_length, stride=stride
    )


def check_windows(reference, backend, question, passage):
    """Windows equal those of the tokenizer's own call, the way the fine-tuning scripts make it."""
    encoded = reference.encode(question, passage)
    numbers = [n for n in range(len(encoded["input_ids"])) if reference.passage_positions(encoded, n)]
    windows = window_builder(backend).build([(question, passage)])
    assert len(windows) == len(numbers)
    for number, window in zip(numbers, windows, strict=True):
        inside = reference.passage_positions(encoded, number)
        assert window.input_ids == encoded["input_ids"][number]
        # In windows after the first, the tokenizers library gives passage tokens type 1 whatever their template says.
        types = list(encoded["token_type_ids"][number])
        for index in inside:
            types[index] = encoded["token_type_ids"][0][reference.passage_positions(encoded, 0)[0]]
        assert window.type_ids == types
        assert [window.first, window.first + window.end - window.begin - 1] == [inside[0], inside[-1]]
        assert window.null == reference.null_position(encoded, number)
        offsets = window.passage.offsets[window.begin : window.end]
        assert offsets == [encoded["offset_mapping"][number][index] for index in inside]


@pytest.mark.parametrize("passage", PASSAGES)
def test_windows_are_the_tokenizers_own(reference, backend, passage):
    check_windows(reference, backend, QUESTION, passage)


@given(question=TEXTS.filter(lambda text: 0 < len(text) < 20), passage=TEXTS)
def test_windows_of_any_text_are_the_tokenizers_own(reference, backend, question, passage):
    check_windows(reference, backend, question, passage)


def test_words_like_special_tokens_do_not_move_the_null(reference, backend):
    token = reference.tokenizer.cls_token or reference.tokenizer.bos_token
    check_windows(reference, backend, f"Is {token} in it?", f"The {token} stands here, {token}.")


def run_windows(backend, windows):
    """Logits of windows in one padded batch. *Shape:* (2, n_windows, n_tokens)."""
    arrays = np.zeros((3, len(windows), max(len(window.input_ids) for window in windows)), dtype=np.int64)
    arrays[0] = backend.inputs.pad_id
    for row, window in enumerate(windows):
        length = len(window.input_ids)
        arrays[:, row, :length] = window.input_ids, [1] * length, window.type_ids
    return np.stack(backend.logits(*arrays))


@pytest.mark.parametrize("passage", PASSAGES)
def test_logits_are_those_of_the_model_alone(reference, backend, passage):
    """In a batch with other windows too, where padding does not matter to the model."""
    encoded = reference.encode(QUESTION, passage)
    windows = window_builder(backend).build([(QUESTION, passage), (QUESTION, "a"), ("Who?", LONG)])
    together = run_windows(backend, windows)
    for number, window in enumerate(window for window in windows if window.pair == 0):
        expected = reference.logits(encoded, number)
        length = len(window.input_ids)
        assert np.abs(run_windows(backend, [window])[:, 0] - expected).max() < 1e-4
        assert not backend.pads or np.abs(together[:, number, :length] - expected).max() < 1e-4


def test_padding_changes_the_logits_of_mobilebert_alone(backend, architecture):
    assert backend.pads == (architecture != "mobilebert")


def test_token_types_reach_the_models_that_have_them(reference, backend, architecture):
    encoded = reference.encode(QUESTION, LONG)
    ids = np.array(encoded["input_ids"][:1])
    types = np.array(encoded["token_type_ids"][:1])
    mask = np.ones_like(ids)
    with_types, without = (np.stack(backend.logits(ids, mask, given)) for given in (types, 0 * types))
    # BigBird makes up the types itself, by its separators, where it is given none.
    if architecture in WITH_TYPES:
        assert types.any()
        assert np.abs(with_types - without).max() > 0.01
    else:
        assert np.array_equal(with_types, without)


@pytest.fixture(scope="session")
def reader(architecture, architecture_folder):
    return SpanReader(ReaderSettings(str(architecture_folder(architecture)), **SETTINGS))


@pytest.mark.parametrize("passage", PASSAGES)
def test_the_best_spans_are_those_of_the_reference(reference, reader, passage):
    expected = reference.read(QUESTION, passage, top_k=20)
    (found,) = reader.read([(QUESTION, passage)], top_k=20)
    assert [span.margin for span in found] == pytest.approx([span.margin for span in expected], abs=1e-3)
    # Only where margins all but equal one another may rounding change the order.
    gaps = [one.margin - other.margin for one, other in pairwise(expected)]
    clear = next((number for number, gap in enumerate(gaps) if gap < 1e-3), len(expected))
    assert clear >= min(5, len(expected))
    for span, right in zip(found[:clear], expected[:clear], strict=True):
        assert (span.start, span.end) == (right.start, right.end)
        for name in ("start_logit", "end_logit", "null_logit"):
            assert getattr(span, name) == pytest.approx(getattr(right, name), abs=1e-3)


def test_the_rule_of_squad_2(reference, reader):
    """The official script answers where null - best does not exceed the threshold."""
    (found,) = reader.read([(QUESTION, LONG)], top_k=1)
    best = reference.spans(QUESTION, LONG)[0]
    difference = best.null_logit - (best.start_logit + best.end_logit)
    for threshold in (difference - 0.1, difference + 0.1):
        assert (-found[0].margin > threshold) == (difference > threshold)


@pytest.mark.parametrize("batches", [{"max_batch_tokens": 1}, {"max_batch_tokens": 4096}, {"max_batch_size": 2}])
def test_margins_do_not_depend_on_batches_or_company(architecture, architecture_folder, reader, batches):
    other = SpanReader(ReaderSettings(str(architecture_folder(architecture)), **SETTINGS, **batches))
    together = other.read([(QUESTION, passage) for passage in PASSAGES], top_k=3)
    for passage, spans in zip(PASSAGES, together, strict=True):
        (alone,) = reader.read([(QUESTION, passage)], top_k=3)
        assert [span.margin for span in spans] == pytest.approx([span.margin for span in alone], abs=1e-3)


def test_windows_as_long_as_the_model_takes(architecture, architecture_folder):
    folder = str(architecture_folder(architecture))
    (spans,) = SpanReader(ReaderSettings(folder, max_seq_length=POSITIONS, stride=16, device="cpu")).read(
        [(QUESTION, LONG)]
    )
    assert len(spans) == 5
    with pytest.raises(ModelError, match=rf"max_seq_length of at most {POSITIONS}, .* found {POSITIONS + 1}; pass"):
        SpanReader(ReaderSettings(folder, max_seq_length=POSITIONS + 1, stride=16, device="cpu")).warm_up()


WITHOUT_LIMIT = {"xlnet"}
WITHOUT_POSITIONS = {"xlnet", "modernbert"}  # whose positions are relative


def test_the_limit_of_the_model_itself(architecture, architecture_folder, tmp_path):
    """It is found where the tokenizer states none, and is not a token too low or too high."""
    folder = tmp_path / "unstated"
    shutil.copytree(architecture_folder(architecture), folder)
    stated = json.loads((folder / "tokenizer_config.json").read_text())
    del stated["model_max_length"]
    (folder / "tokenizer_config.json").write_text(json.dumps(stated))
    backend = load_backend(ReaderSettings(str(folder), device="cpu", backend="torch", precision="fp32"))
    assert backend.inputs.max_positions == (sys.maxsize if architecture in WITHOUT_LIMIT else POSITIONS)

    def run(length):
        builder = WindowBuilder(backend.inputs.tokenizer, backend.inputs.pair_format, max_seq_length=length, stride=0)
        window = builder.build([(QUESTION, "the port " * 99)])[0]
        assert len(window.input_ids) == length
        return run_windows(backend, [window])

    assert np.isfinite(run(POSITIONS)).all()
    if architecture in WITHOUT_POSITIONS:
        assert np.isfinite(run(POSITIONS + 1)).all()
    else:
        with pytest.raises((IndexError, RuntimeError), match=r"out of range|must match|size"):
            run(POSITIONS + 1)


def test_a_question_too_long_is_one_clear_error(reader):
    with pytest.raises(UsageError, match=r"at most \d+ tokens, found \d+ \(60 words\); ask a shorter question$"):
        reader.read([(QUESTION, "dome"), ("port " * 60, "dome")])


@given(text=TEXTS)
def test_answers_are_words_of_any_text(reader, text):
    (spans,) = reader.read([("port?", text)], top_k=50)
    for span in spans:
        assert text[span.start : span.end].strip() == text[span.start : span.end] != ""
    assert all(one.end <= other.start for one, other in pairwise(sorted(spans, key=lambda span: span.start)))
