import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.errors import UsageError
from spanwise.train.data import check, swap
from spanwise.train.data.swapping import KINDS, RULES
from spanwise.train.data.swaps.antonym import antonyms
from spanwise.train.data.swaps.names import Names
from spanwise.train.data.swaps.scene import Scene
from squad_files import MAST, PORT, entry, squad

ARTICLE = (
    (
        "In 1912 the observatory in Lisbon was built by Carlos Dias, and Carlos Dias led it. The largest dome was "
        "opened in 1915. It was not painted."
    ),
    "The observatory in Madrid is older. Pedro Neves, who was born in Madrid, was an astronomer; Pedro Neves led it.",
    "Visitors in Porto and in Lisbon pay nothing. In Porto the dome is small.",
)


PHRASES = ("What", "Who", "did", "was", "the", "a", "in Lisbon", "Carlos Dias", "largest", "first", "1912", "1,200")
SIGNS = ("3.5", "not", "isn't", "painted", "legal", "'s", "-", "never")


def make(kind, question, answer, context=ARTICLE[0], seed=0):
    scene = Scene(question, context, (answer,), context.index(answer), Names(ARTICLE))
    change = RULES[kind](scene, Random(seed))
    return None if change is None else change.of(question)


def every(kind, question, answer, context=ARTICLE[0]):
    return {make(kind, question, answer, context, seed) for seed in range(40)}


class TestEntity:
    def test_a_place_becomes_another_that_is_named_beside_it(self):
        assert every("entity", "What was built in Lisbon in 1912?", "the observatory") == {
            "What was built in Porto in 1912?"
        }

    def test_a_person_becomes_another_person(self):
        assert every("entity", "What did Carlos Dias lead?", "the observatory") <= {
            "What did Pedro Neves lead?",
            None,
        }
        assert make("entity", "When was Carlos Dias born?", "1912") == "When was Pedro Neves born?"

    @pytest.mark.parametrize(
        ("question", "answer"),
        [
            ("What was built in Porto?", "1915"),
            ("What was built near Lisbon?", "the observatory"),
            ("What was built in Lisbon, not Porto?", "the observatory"),
            ("What was built there?", "the observatory"),
            ("What opened in Lisbon-East?", "The largest dome"),
            ('What says "Lisbon"?', "the observatory"),
            ("What did Lisbon' builder lead?", "the observatory"),
        ],
        ids=[
            "not of this context",
            "no other after that word",
            "the other is asked of too",
            "no name",
            "part of a longer name",
            "a title",
            "possessive of another name",
        ],
    )
    def test_names_that_are_left_alone(self, question, answer):
        assert every("entity", question, answer) == {None}

    @pytest.mark.parametrize(
        ("answer", "expected"), [("Ana Ruiz", {None}), ("Rui Dias", {None, "Who rests in Porto?"})]
    )
    def test_a_name_of_the_sentence_of_the_answer_is_not_put_in(self, answer, expected):
        context = "In Lisbon it rains. In Lisbon and in Porto reads Ana Ruiz. There Rui Dias sleeps. In Porto too."
        scene = Scene("Who rests in Lisbon?", context, (answer,), context.index(answer), Names([context]))
        changes = [RULES["entity"](scene, Random(seed)) for seed in range(40)]
        assert {None if change is None else change.of(scene.question) for change in changes} == expected


class TestNumber:
    def test_a_year_becomes_another_near_it(self):
        for question in every("number", "What was built in 1912?", "the observatory"):
            year = int(question.removeprefix("What was built in ").removesuffix("?"))
            assert 1897 <= year <= 1927
            assert year not in {1912, 1915}

    @pytest.mark.parametrize(
        ("question", "context"),
        [
            ("Who had 5,000 books?", "Ana had 5,000 books."),
            ("Who paid 3.5 euros?", "Ana paid 3.5 euros."),
            ("Who won the 22nd race?", "Ana won the 22nd race."),
            ("Who left in the 1990s?", "Ana left in the 1990s."),
            ("Who had three dogs?", "Ana had three dogs."),
            ("Who was the second mayor?", "Ana was the second mayor."),
        ],
    )
    def test_a_number_keeps_its_form(self, question, context):
        changed = every("number", question, "Ana", context)
        assert None not in changed
        assert question not in changed
        shapes = {tuple(sign for sign in "".join(set(made) - set("0123456789")) if sign in ",.") for made in changed}
        assert len(shapes) == 1
        words = {len(made.split()) for made in changed}
        assert words == {len(question.split())}

    def test_an_ordinal_has_its_ending(self):
        changed = every("number", "Who won the 22nd race?", "Ana", "Ana won the 22nd race.")
        endings = {1: "st", 2: "nd", 3: "rd"}
        for ordinal in (question.split()[3] for question in changed):
            number = int(ordinal[:-2])
            assert ordinal[-2:] == ("th" if number in {11, 12, 13} else endings.get(number % 10, "th"))

    @pytest.mark.parametrize(
        ("question", "context"),
        [
            ("What was built in 1913?", ARTICLE[0]),
            ("Who ran in a 30 second round?", "Ana was the second."),
            ("What was first built?", "First the dome was built."),
            ("What flew with an F-16?", "A drone flew with an F-16."),
        ],
        ids=["not of the context", "a unit", "an adverb", "part of a name"],
    )
    def test_numbers_that_are_left_alone(self, question, context):
        assert every("number", question, context.split()[0], context) == {None}


class TestAntonym:
    def test_a_word_becomes_its_opposite(self):
        assert every("antonym", "What was the largest dome?", "1915") == {"What was the smallest dome?"}
        assert every("antonym", "What has a large dome?", "the observatory") == {"What has a small dome?"}

    def test_the_article_follows(self):
        assert every("antonym", "What is a legal dome?", "1915") == {"What is an illegal dome?"}
        assert every("antonym", "What is an inner dome?", "1915") == {"What is an outer dome?"}

    @pytest.mark.parametrize(
        "question",
        [
            "How high is it?",
            "What did it last?",
            "What lies in Inner City?",
            "Who was named after it?",
            "What is north-facing?",
        ],
    )
    def test_words_that_are_left_alone(self, question):
        assert every("antonym", question, "1915") == {None}

    def test_an_opposite_that_the_context_holds_is_not_taken(self):
        context = "The largest dome is red. The smallest dome is blue."
        assert every("antonym", "What color has the largest dome?", "red", context) == {None}

    def test_the_list_goes_both_ways_unless_it_says_otherwise(self):
        assert antonyms()["largest"] == ("smallest",)
        assert set(antonyms()["smallest"]) == {"biggest", "largest", "greatest"}
        assert "joined" in antonyms()
        assert "left" not in antonyms()
        assert antonyms()["fewer"] == ("more",)
        assert len(antonyms()) > 250


class TestNegation:
    @pytest.mark.parametrize(
        ("question", "expected"),
        [
            ("What did Carlos Dias lead?", "What didn't Carlos Dias lead?"),
            ("Which dome was opened in 1915?", "Which dome wasn't opened in 1915?"),
            ("Why can visitors enter?", "Why can't visitors enter?"),
        ],
    )
    def test_a_negation_is_put_in(self, question, expected):
        assert make("negation", question, "Carlos Dias") == expected

    @pytest.mark.parametrize(
        ("question", "expected"),
        [
            ("What wasn't painted?", "What was painted?"),
            ("What was not painted?", "What was painted?"),
            ("Why won't it be painted?", "Why will it be painted?"),
            ("Why can't it be painted?", "Why can it be painted?"),
            ("What was never painted?", "What was painted?"),
        ],
    )
    def test_a_negation_is_taken_out_where_the_answer_is_denied(self, question, expected):
        assert make("negation", question, "It was not painted") == expected
        assert make("negation", expected, "It was not painted") is None
        assert make("negation", question, "Carlos Dias") is None

    @pytest.mark.parametrize(
        "question",
        [
            "When did it open?",
            "In what year was it opened?",
            "How did it open?",
            "What is the dome?",
            "What was the name of Goring House?",
            "What were the domes used for?",
            "What does it mean?",
            "What did they refuse?",
            "The dome was opened by whom?",
        ],
    )
    def test_questions_that_nobody_asks_are_not_made(self, question):
        assert make("negation", question, "Carlos Dias") is None


@pytest.fixture
def article(write):
    def qas(context, *asked):
        found = ((question, (answer, context.index(answer))) for question, answer in asked)
        return [entry(f"{ARTICLE.index(context)}{number}", *one) for number, one in enumerate(found)]

    first = (
        ("What was built in Lisbon in 1912?", "the observatory"),
        ("What was the largest dome?", "1915"),
        ("Which dome was opened in 1915?", "The largest dome"),
    )
    return write(
        squad((ARTICLE[0], *qas(ARTICLE[0], *first)), *((context,) for context in ARTICLE[1:])), "article.json"
    )


def swapped(file):
    return [
        (paragraph["context"], qa)
        for article in json.loads(file.read_text())["data"]
        for paragraph in article["paragraphs"]
        for qa in paragraph["qas"]
    ]


def test_what_is_written_is_unanswerable_squad(article, tmp_path):
    report = swap([article], tmp_path / "out.json")
    found = swapped(report.output)
    assert check([report.output]).clean
    assert (report.questions, sum(report.made.values())) == (3, len(found))
    assert set(report.made) == set(KINDS)
    assert all(count > 0 for count in report.made.values())
    context, first = found[0]
    assert context == ARTICLE[0]
    assert (first["id"], first["answers"], first["is_impossible"]) == ("00-entity", [], True)
    assert first["plausible_answers"] == [{"text": "the observatory", "answer_start": ARTICLE[0].index("the obs")}]
    assert (first["swapped"]["from"], first["swapped"]["kind"], first["swapped"]["was"]) == ("00", "entity", "Lisbon")


def test_what_is_asked_already_is_not_made(write, tmp_path):
    smallest = entry("b", "what was the smallest dome")
    largest = [entry(name, "What was the largest dome?", ("1915", ARTICLE[0].index("1915"))) for name in "ac"]
    with pytest.raises(UsageError, match="expected questions that antonym can change, found none"):
        swap([write(squad((ARTICLE[0], *largest, smallest)))], tmp_path / "out.json", kinds=["antonym"])
    report = swap([write(squad((ARTICLE[0], *largest)))], tmp_path / "out.json", kinds=["antonym"])
    assert [qa["id"] for _, qa in swapped(report.output)] == ["a-antonym"]


def test_the_seed_alone_decides(article, tmp_path):
    def made(name, **options):
        return swap([article], tmp_path / name, **options).output.read_bytes()

    assert made("a.json", seed=1) == made("b.json", seed=1)
    assert any(made("a.json", seed=1, overwrite=True) != made(f"{seed}.json", seed=seed) for seed in range(2, 9))
    numbers = [qa for _, qa in swapped(tmp_path / "a.json") if qa["swapped"]["kind"] == "number"]
    made("n.json", seed=1, kinds=["number"])
    assert [qa for _, qa in swapped(tmp_path / "n.json")] == numbers


def test_a_share_is_a_part(article, tmp_path):
    assert swap([article], tmp_path / "out.json", share=0.34).questions == 1


@given(
    question=st.lists(st.sampled_from(PHRASES + SIGNS), min_size=1, max_size=9).map(
        lambda words: f"{' '.join(words)}?"
    ),
    seed=st.integers(0, 50),
    kind=st.sampled_from(KINDS),
)
def test_a_changed_question_is_well_formed(question, seed, kind):
    changed = make(kind, question, "1915", seed=seed)
    if changed is not None:
        assert changed != question
        assert changed.endswith("?")
        assert len(changed) > 1
        assert "1915" not in changed
        assert "  " not in changed


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kinds": ["synonym"]}, "expected kinds out of entity, number, antonym, negation, found 'synonym'"),
        ({"kinds": []}, "expected kinds out of .*, found none"),
        ({"share": 0}, r"expected a share in \(0, 1\], found 0; 1 tries every question"),
        ({"kinds": ["number"]}, "expected questions that number can change, found none"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(write, tmp_path, options, message):
    file = write(squad((PORT, entry("q", "Who listens?", ("The server", 0)))))
    with pytest.raises(UsageError, match=message) as raised:
        swap([file], tmp_path / "out.json", **options)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "out.json").exists()


def test_questions_without_a_placed_answer_are_passed_over(write, tmp_path):
    file = write(squad((MAST, entry("a", "Who?"), entry("b", "Why?", ("12 meters", 0)))))
    with pytest.raises(UsageError, match="expected questions whose answer stands in the context, found none"):
        swap([file], tmp_path / "out.json")
