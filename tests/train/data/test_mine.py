import json

import pytest

from spanwise.errors import UsageError
from spanwise.squad.questions import read_questions
from spanwise.train.data import check, mine
from squad_files import entry

LOG = "Requests from outside are refused by the firewall, which writes each to a log that is read on Monday."
NETWORK = (
    f"The server of the observatory listens on port 8443. {LOG}",
    "The old server of the observatory listened for requests on another port, which the firewall closed.",
    "In the server room, port 8443 must stay open for the backups of the observatory.",
    f"The server has moved. {LOG}",
)
KITCHEN = (
    "The kitchen serves soup at noon. Bread is baked by Ana Ruiz every morning.",
    "Soup has been served in the kitchen since Mrs Ruiz came. Bread was bought before.",
)
PORT = entry("port", "On which port does the server of the observatory listen?", ("port 8443", 42))
BREAD = entry("bread", "Who bakes the bread of the kitchen?", ("Ana Ruiz", KITCHEN[0].index("Ana")))


@pytest.fixture
def files(write):
    def article(title, contexts, question):
        qas = [[question], *([] for _ in contexts[1:])]
        return {"title": title, "paragraphs": [{"context": c, "qas": q} for c, q in zip(contexts, qas, strict=True)]}

    network = {"data": [article("Network", NETWORK, PORT)]}
    return write(network, "network.json"), write({"data": [article("Kitchen", KITCHEN, BREAD)]}, "kitchen.json")


def mined(file):
    return [
        (article["title"], paragraph["context"], qa)
        for article in json.loads(file.read_text())["data"]
        for paragraph in article["paragraphs"]
        for qa in paragraph["qas"]
    ]


def test_the_best_passages_without_the_answer_are_taken(files, tmp_path):
    seen = []
    options = {"per_question": 9, "progress": lambda *state: seen.append(state)}
    report = mine([files[0]], tmp_path / "out.json", corpus=[files[1]], **options)
    found = mined(report.output)
    # The first is right, the third holds the number, and most of the fourth is in the first.
    assert [context for _, context, _ in found] == [NETWORK[1], *sorted(KITCHEN, key=found_at(found))]
    assert (report.questions, report.mined) == (1, 3)
    title, _, qa = found[0]
    assert (title, qa["question"], qa["answers"], qa["is_impossible"]) == ("Network", PORT["question"], [], True)
    assert qa["id"] == f"port-mined-{qa['mined']['rank']}"
    assert qa["mined"]["from"] == "port"
    assert check([report.output]).clean
    assert not any(question.answerable for question in read_questions(report.output).questions)
    assert seen == [("embedding passages", 6, 6), ("asking", 1, 1)]


def found_at(found):
    ranks = {context: qa["mined"]["rank"] for _, context, qa in found}
    return lambda context: ranks[context]


def test_part_of_a_name_counts_as_the_answer(files, tmp_path):
    report = mine([files[1]], tmp_path / "out.json", corpus=[files[0]], per_question=9)
    assert {title for title, _, _ in mined(report.output)} == {"Network"}


def test_only_ranks_that_are_wanted(files, tmp_path):
    everything = mined(mine([files[0]], tmp_path / "a.json", corpus=[files[1]], per_question=9).output)
    ranks = sorted(qa["mined"]["rank"] for _, _, qa in everything)
    only = mine([files[0]], tmp_path / "b.json", corpus=[files[1]], per_question=9, ranks=(ranks[1], ranks[1]))
    assert [qa["mined"]["rank"] for _, _, qa in mined(only.output)] == [ranks[1]]


def test_the_own_article_goes_first(write, tmp_path):
    """A passage of the article is taken before a better one of another."""
    question = "Who plays the violin on the terrace in the evening?"
    right = "In the evening Ana Ruiz plays the violin on the terrace."
    own = "The terrace is swept in the evening, after the music."
    other = "Who plays the violin on the terrace in the evening is not written in the guide, says the keeper."
    data = [
        {
            "title": "Evening",
            "paragraphs": [
                {"context": right, "qas": [entry("q", question, ("Ana Ruiz", right.index("Ana")))]},
                {"context": own, "qas": []},
            ],
        },
        {"title": "Guide", "paragraphs": [{"context": other, "qas": []}]},
    ]
    file = write({"data": data})
    first = mined(mine([file], tmp_path / "one.json").output)
    both = mined(mine([file], tmp_path / "all.json", per_question=2).output)
    assert [(title, qa["mined"]["rank"]) for title, _, qa in first] == [("Evening", 3)]
    assert {qa["mined"]["rank"] for _, _, qa in both} == {2, 3} or both[1][0] == "Guide"


def test_answers_of_the_same_question_elsewhere_count(files, write, tmp_path):
    """A question that two contexts answer differently is not paired with either."""
    again = entry("again", PORT["question"], ("another port", NETWORK[1].index("another port")))
    more = write({"data": [{"title": "Other", "paragraphs": [{"context": NETWORK[1], "qas": [again]}]}]}, "more.json")
    report = mine([files[0]], tmp_path / "out.json", corpus=[more, files[1]], per_question=9)
    assert {title for title, _, _ in mined(report.output)} == {"Kitchen"}


def test_a_question_asked_twice_is_mined_once(files, write, tmp_path):
    twice = [PORT, PORT | {"id": "again"}]
    file = write({"data": [{"title": "N", "paragraphs": [{"context": NETWORK[0], "qas": twice}]}]}, "twice.json")
    report = mine([file], tmp_path / "out.json", corpus=[files[1]])
    assert (report.questions, report.mined) == (2, 1)


def test_the_same_seed_takes_the_same_share(files, tmp_path):
    outs = [tmp_path / name for name in ("a.json", "b.json")]
    reports = [mine(files, out, share=0.5, seed=4) for out in outs]
    assert [report.questions for report in reports] == [1, 1]
    assert outs[0].read_bytes() == outs[1].read_bytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"per_question": 0}, "expected at least 1 passage for a question, found 0; 1 is usual"),
        ({"ranks": (0, 5)}, "expected ranks from 1, the first not after the last, found 0-5; 1-20 is usual"),
        ({"ranks": (6, 5)}, "found 6-5"),
        ({"share": 1.5}, r"expected a share in \(0, 1\], found 1.5; 1 asks every question"),
        ({"ranks": (40, 50)}, "expected passages without the answer at ranks 40 to 50, found none; add --corpus"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(files, tmp_path, options, message):
    with pytest.raises(UsageError, match=message) as raised:
        mine(files, tmp_path / "out.json", **options)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "out.json").exists()


def test_no_question_with_an_answer(write, tmp_path):
    file = write({"data": [{"title": "T", "paragraphs": [{"context": "Rain.", "qas": [entry("q", "Who?")]}]}]})
    with pytest.raises(UsageError, match="expected questions that have an answer, found none"):
        mine([file], tmp_path / "out.json")
    with pytest.raises(UsageError, match="expected a SQuAD file, found none"):
        mine([], tmp_path / "out.json")
