import gzip
import json

import pytest

from spanwise.errors import UsageError
from spanwise.squad.questions import Question
from spanwise.train.passages.corpora import digest_of, load_corpora


def ask(title, context="A context."):
    return Question(f"of {title}", "Which?", (), context, title)


def test_each_title_has_its_own_file(tmp_path):
    for name, texts in (("one", ["First.", "Second.", "First.", " "]), ("two", ["Third."])):
        lines = [json.dumps({"text": text, "source": name}) for text in texts]
        (tmp_path / f"{name}.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    corpora = load_corpora("{title}.jsonl.gz", [ask("one"), ask("two")], tmp_path)
    assert {title: corpus.texts for title, corpus in corpora.items()} == {
        "one": ("First.", "Second."),
        "two": ("Third.",),
    }
    assert digest_of(corpora.values()) == digest_of(reversed(corpora.values()))


def test_one_file_for_all_and_the_contexts_of_squad(tmp_path, make_squad):
    file = make_squad("towns", ["Arden", "Dover"])
    corpora = load_corpora(str(file), [ask("one"), ask(None)], None)
    assert corpora["one"] == corpora[""]
    assert [text.split()[3] for text in corpora[""].texts] == ["Arden", "Dover"]


def test_the_contexts_of_the_questions_themselves():
    corpora = load_corpora("own", [ask("one", "First."), ask("two", "Second."), ask("two", "First.")], None)
    assert corpora["one"].texts == corpora["two"].texts == ("First.", "Second.")


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("gone.jsonl", None, r"expected a corpus in .*gone.jsonl, an index, lines of .* or a SQuAD file, found none"),
        (
            "lines.jsonl",
            '{"text": "a"}\n{"words": 1}',
            r"in line 2 of .*lines.jsonl, found \{'words': 1\}; correct",
        ),
        ("empty.jsonl", '{"text": " "}', r"expected passages in the corpus .*empty.jsonl, found none"),
        ("other.json", "[]", r"expected SQuAD's JSON, .* in .*other.json, found no list .data.; name another"),
    ],
)
def test_what_is_no_corpus_is_refused(tmp_path, name, content, expected):
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(UsageError, match=expected):
        load_corpora(name, [ask("one")], tmp_path)
