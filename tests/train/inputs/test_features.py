import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.errors import UsageError
from spanwise.read.backends.load import load_backend
from spanwise.read.settings import ReaderSettings
from spanwise.read.windows import WindowBuilder
from spanwise.squad.questions import GoldAnswer, Question
from spanwise.train.inputs.data_files import repetitions
from spanwise.train.inputs.training_set import FeatureBuilder
from tiny_models import make_model

WORDS = ["port", "8443", "mayor", "Ruiz", "the", "dome", "dusk.", "since", "2019,", "capital"]


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """Tokenizer and pair format of each of several architectures."""

    def of(name):
        if name not in made:
            backend = load_backend(
                ReaderSettings(str(make_model(tmp_path_factory.mktemp("features") / name, name)), device="cpu")
            )
            made[name] = backend.inputs.tokenizer, backend.inputs.pair_format
        return made[name]

    made = {}
    return of


def builder(parts, name="bert", **changes):
    tokenizer, pair_format = parts(name)
    sizes = {"max_seq_length": 40, "stride": 8, "max_query_length": 16, **changes}
    return FeatureBuilder(tokenizer, pair_format, **sizes)


def ask(context, answer, start=None, question="Which port?"):
    start = context.index(answer) if start is None else start
    return Question("q", question, (GoldAnswer(answer, start),), context)


def labelled(made, feature, question):
    """Return the words of the context that a feature's labels stand for."""
    windows = WindowBuilder(*made, max_seq_length=40, stride=8).build([(question.question, question.context)])
    window = next(entry for entry in windows if entry.input_ids == feature.input_ids.tolist())
    begins, ends = window.passage.words
    first, last = (position - window.first + window.begin for position in (feature.start, feature.end))
    return question.context[begins[first] : ends[last]]


@pytest.mark.parametrize("name", ["bert", "electra", "roberta", "albert", "deberta-v2", "xlm-roberta", "xlnet", "gpt2"])
def test_labels_are_the_answer_in_every_kind_of_tokenizer(parts, name):
    context = "Ana Ruiz has been the mayor of the capital since 2019. The server listens on port 8443 by default."
    for answer in ("Ana Ruiz", "mayor of the capital", "2019", "8443", "default"):
        question = ask(context, answer)
        made = builder(parts, name)
        (features,) = made.build([question])
        answered = [feature for feature in features if feature.start != feature.null]
        assert answered, answer
        assert {labelled(parts(name), feature, question) for feature in answered} <= {answer, f"{answer}."}
        assert all(feature.end == feature.null for feature in features if feature.start == feature.null)
        assert made.counts["answered"] == len(answered)


@given(st.lists(st.sampled_from(WORDS), min_size=2, max_size=80), st.data())
def test_every_window_says_truly_whether_it_holds_the_answer(parts, words, data):
    context = " ".join(words)
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, min(first + 4, len(words) - 1)))
    start = len(" ".join(words[:first])) + (first > 0)
    question = ask(context, " ".join(words[first : last + 1]), start)
    (features,) = builder(parts).build([question])
    windows = WindowBuilder(*parts("bert"), max_seq_length=40, stride=8).build([(question.question, context)])
    assert [feature.input_ids.tolist() for feature in features] == [window.input_ids for window in windows]
    assert [feature.type_ids.tolist() for feature in features] == [window.type_ids for window in windows]
    stop = start + len(question.golds[0])
    for feature, window in zip(features, windows, strict=True):
        offsets = window.passage.offsets[window.begin : window.end]
        holds = offsets[0][0] <= start and stop <= offsets[-1][1]
        assert (feature.start != feature.null) == holds
        if holds:
            assert offsets[feature.start - window.first][0] == start
            assert offsets[feature.end - window.first][1] == stop
        else:
            assert feature.start == feature.end == window.null


def test_an_unanswerable_question_is_null_in_every_window(parts):
    made = builder(parts)
    (features,) = made.build([Question("q", "Which port?", (), "The server listens. " * 20)])
    assert len(features) > 2
    assert all(feature.start == feature.end == feature.null == 0 for feature in features)
    assert (made.counts["windows"], made.counts["answered"]) == (len(features), 0)


def test_the_first_of_several_answers_counts(parts):
    context = "The dome opens at dusk and closes before dawn."
    answers = tuple(GoldAnswer(text, context.index(text)) for text in ("dusk", "dawn"))
    question = Question("q", "When?", answers, context)
    ((feature,),) = builder(parts).build([question])
    assert labelled(parts("bert"), feature, question) == "dusk"


@pytest.mark.parametrize("start", [None, 3, 400])
def test_a_misplaced_answer_is_dropped_and_named(parts, start):
    question = Question("q", "When?", (GoldAnswer("dusk", start),), "The dome opens at dusk.")
    made = builder(parts)
    assert list(made.build([question])) == [[]]
    assert (made.counts["dropped"], made.counts["windows"]) == (1, 0)


def test_a_context_without_words_gives_nothing(parts):
    assert list(builder(parts).build([Question("q", "When?", (), " ")])) == [[]]


def test_a_long_question_is_cut(parts):
    context = "The dome opens at dusk."
    long = "Which port does the server use? " * 8
    made = builder(parts)
    ((feature,),) = made.build([ask(context, "dusk", question=long)])
    assert made.counts["cut"] == 1
    assert int((feature.type_ids == 0).sum()) == 16 + 2
    with pytest.raises(UsageError, match=r"expected a max_query_length of at most 28 beside windows of 40 tokens"):
        builder(parts, max_query_length=29)


@pytest.mark.parametrize(
    ("weight", "least", "most"), [(1.0, 100, 100), (2.0, 200, 200), (0.5, 35, 65), (1.25, 110, 145)]
)
def test_weights_repeat_questions(weight, least, most):
    def draw(seed):
        return [
            number for number, times in zip(range(100), repetitions(weight, seed), strict=False) for _ in range(times)
        ]

    drawn = draw(5)
    assert least <= len(drawn) <= most
    assert drawn == draw(5)
    assert np.bincount(drawn, minlength=100).max() == int(np.ceil(weight))
    assert weight % 1 == 0 or drawn != draw(6)
