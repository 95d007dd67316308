import json

import pytest

PLACE = {"file", "page", "page_label", "section", "row", "line", "location", "start", "end"}


@pytest.mark.parametrize("by", ["both", "dense", "lexical"])
def test_passages_come_ranked_with_their_places(spanwise, sample_index, by):
    ran = spanwise("search", "mirror", "recoating", "-k", 3, "--by", by, "--json", "-i", sample_index)
    found = json.loads(ran.out)
    assert found.keys() == {"query", "generation", "passages"}
    assert found["query"] == "mirror recoating"
    scores = [passage["retrieval_score"] for passage in found["passages"]]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
    assert all(passage.keys() == {*PLACE, "text", "retrieval_score"} for passage in found["passages"])
    assert found["passages"][0]["file"] == "procedures/mirror-recoating.md"


def test_as_text_each_has_a_number_and_its_place(spanwise, sample_index):
    ran = spanwise("search", "mirror recoating", "-k", 2, "--filter", "*.md", "-i", sample_index)
    assert ran.out.startswith("[1] procedures/mirror-recoating.md, Recoating the primary mirror")
    assert "\n[2] " in ran.out
    assert "\x1b" not in ran.out


def test_words_that_no_passage_holds(spanwise, sample_index):
    ran = spanwise("search", "zzzqqq", "--by", "lexical", "-i", sample_index)
    assert (ran.code, ran.out, ran.err) == (0, "", "no passage holds any of these words\n")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["  "], 2, 'expected words to look for, found none: spanwise search "WORDS"'),
        (["mirror", "--kind", "docm"], 2, "expected a filter that a file of the index meets, found none"),
        (["mirror", "-i", "/nowhere"], 1, "there is no index in /nowhere"),
    ],
)
def test_what_cannot_be_searched_is_one_line(spanwise, sample_index, arguments, code, message):
    ran = spanwise("search", "-i", sample_index, *arguments)
    assert (ran.code, ran.out, ran.err.count("\n")) == (code, "", 1)
    assert message in ran.err
