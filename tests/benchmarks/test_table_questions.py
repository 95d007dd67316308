"""Questions on tables and lists: each points at its answer, and is found again in what the converters make of it."""

import sys
from collections import Counter
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
MODULES = ("tabular", "tabular.source", "tabular.text", "tabular.files", "tabular.office", "tabular.placing")
HEAD = """
name: shop
title: A shop
format: FORMAT
part: train
blocks:
  - table: |
      Article | Size | Price | <
      ^ | ^ | one | ten
      Ladder | 3.80 m | 149 | 1,300
      Ladder | 5.20 m | 212 | 1,900
      Rope | 20 m | 14 | not sold
    headers: 2
questions: |
"""
SHOP = f"""{HEAD}  What does the long ladder cost? => 212 @ 5.20 m
  How long is the rope? => 20 m @ Rope
  In which number can I not buy rope? => ten @ Rope # ten
  What does a bucket cost?
"""


@pytest.fixture
def tables(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    import table_questions
    from tabular import files, source

    yield source, files, table_questions
    for name in (*MODULES, "table_questions"):
        sys.modules.pop(name, None)


PLAIN = SHOP.replace("Article | Size | Price | <\n      ^ | ^ |", "Article | Size |").replace(
    "headers: 2", "headers: 1"
)


def shop(tables, tmp_path, suffix="html", text=SHOP):
    (tmp_path / "shop.yaml").write_text(text.replace("FORMAT", suffix))
    (document,) = tables[0].load_documents(tmp_path)
    return document


def test_every_question_points_at_one_answer(tables):
    source = tables[0]
    documents = source.load_documents()
    for document in documents:
        for question in document.questions:
            if question.answer is not None:
                target = document.find(question)
                texts = target.unit.labels if target.in_label else target.unit.cells
                assert question.answer in texts[target.column], question


def test_names_and_questions_are_unique(tables):
    documents = tables[0].load_documents()
    ids = [question.id for document in documents for question in document.questions]
    asked = [question.question for document in documents for question in document.questions]
    assert len({document.name for document in documents}) == len(documents)
    assert len(set(ids)) == len(ids)
    assert [question for question, times in Counter(asked).items() if times > 1] == []


def test_shares_are_those_that_the_readme_states(tables):
    documents = tables[0].load_documents()
    parts = Counter(document.part for document in documents)
    assert parts.keys() == {"train", "measure"}
    assert 0.6 <= parts["train"] / len(documents) <= 0.7
    for part in parts:
        asked = [question for document in documents if document.part == part for question in document.questions]
        assert 0.37 <= sum(question.answer is None for question in asked) / len(asked) <= 0.43
        assert len({document.format for document in documents if document.part == part}) >= 5


def test_all_rows_of_a_table_have_as_many_cells(tables):
    for document in tables[0].load_documents():
        for block in document.blocks:
            if block.kind == "table":
                assert len({len(row) for row in block.content.rows}) == 1, document.name


@pytest.mark.parametrize(
    ("line", "found"),
    [("What is long? => 7 m @ Rope", "found 0"), ("What is a ladder? => Ladder", "found 2")],
    ids=["not there", "ambiguous"],
)
def test_a_pointer_that_is_wrong_is_told(tables, tmp_path, line, found):
    document = shop(tables, tmp_path, text=f"{HEAD}  {line}\n")
    with pytest.raises(ValueError, match=found):
        document.find(document.questions[0])


@pytest.mark.parametrize("suffix", ["html", "md", "docx", "csv", "xlsx", "pdf"])
@pytest.mark.parametrize("as_rows", [False, True], ids=["converted", "rows"])
def test_answers_are_found_again_in_their_rows(tables, tmp_path, suffix, as_rows):
    questions = tables[2]
    text = PLAIN if suffix == "csv" else SHOP  # a CSV file has one header, and merges nothing
    (placed,) = questions.place_all([shop(tables, tmp_path, suffix, text)], as_rows=as_rows)
    assert placed.lost == []
    (article,) = questions.squad([placed])["data"]
    (paragraph,) = article["paragraphs"]
    context, asked = paragraph["context"], {qa["id"]: qa for qa in paragraph["qas"]}
    answers = [[answer["text"] for answer in qa["answers"]] for qa in asked.values()]
    assert answers == [["212"], ["20 m"], ["ten"], []]
    assert [qa["is_impossible"] for qa in asked.values()] == [False, False, False, True]
    for qa in asked.values():
        for answer in qa["answers"]:
            assert context[answer["answer_start"] :].startswith(answer["text"])
    price = asked["tables-shop-0"]["answers"][0]["answer_start"]
    assert context.rindex("5.20 m", 0, price) > context.rindex("149", 0, price)


def test_a_row_that_conversion_loses_is_listed(tables, tmp_path, monkeypatch):
    questions = tables[2]
    writer = {"html": lambda document, file: file.write_text("<p>Nothing of it is left.</p>")}
    monkeypatch.setattr(tables[1], "WRITERS", writer)
    placed = questions.place_all([shop(tables, tmp_path)], as_rows=False)
    assert [question.id for question, _ in placed[0].lost] == ["tables-shop-0", "tables-shop-1", "tables-shop-2"]
    assert "tables-shop-1 (html), its row is not in the text: How long is the rope?" in questions.report(placed)


def test_rows_repeat_merged_cells_and_name_each_column(tables, tmp_path):
    from tabular.text import rows_text

    text = rows_text(shop(tables, tmp_path))
    assert "Article: Ladder; Size: 5.20 m; Price / one: 212; Price / ten: 1,900" in text.splitlines()
