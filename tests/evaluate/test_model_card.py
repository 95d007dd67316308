import pytest
from huggingface_hub import ModelCard

from spanwise.errors import UsageError
from spanwise.evaluate.model_card import card_file, write_model_card

RESULT = {"data": "squad2", "exact": 70.0, "f1": 73.44444, "HasAns_exact": 60.0, "total": 10, "null_threshold": -1.5}
CARD = """---
license: apache-2.0
my_own: [1, 2]
model-index:
- name: mine
  results:
  - task:
      type: question-answering
    dataset:
      name: other
      type: other
    metrics:
    - type: f1
      value: 12.5
      name: F1
---

# A reader

It --- reads.\r
"""


def results_of(file):
    found = ModelCard.load(file).data.eval_results
    return {(entry.dataset_name, entry.metric_name): entry.metric_value for entry in found}


def test_a_new_card(tmp_path):
    write_model_card(tmp_path / "README.md", "my/model", [RESULT])
    card = ModelCard.load(tmp_path / "README.md")
    assert (card.data.model_name, card.data.pipeline_tag) == ("my/model", "question-answering")
    assert card.text.strip() == "# my/model"
    assert results_of(tmp_path / "README.md") == {
        ("squad2", "Exact match"): 70.0,
        ("squad2", "F1"): 73.4444,
        ("squad2", "Exact match, answerable"): 60.0,
    }
    assert card.data.eval_results[0].metric_args == {"null_threshold": -1.5, "questions": 10}
    assert card.data.eval_results[0].task_type == "question-answering"


def test_an_existing_card_keeps_what_it_says(tmp_path):
    file = tmp_path / "card.md"
    file.write_text(CARD, encoding="utf-8", newline="")
    write_model_card(file, "another", [RESULT, {**RESULT, "data": "squad1", "f1": 80.0}])
    card = ModelCard.load(file)
    assert (card.data.license, card.data.model_name, card.data.to_dict()["my_own"]) == ("apache-2.0", "mine", [1, 2])
    assert file.read_bytes().endswith(b"\n# A reader\n\nIt --- reads.\r\n")
    assert results_of(file)["other", "F1"] == 12.5
    assert (results_of(file)["squad2", "F1"], results_of(file)["squad1", "F1"]) == (73.4444, 80.0)


def test_the_same_measure_is_replaced(tmp_path):
    file = tmp_path / "card.md"
    write_model_card(file, "m", [RESULT])
    write_model_card(file, "m", [{**RESULT, "f1": 75.0}])
    assert results_of(file)["squad2", "F1"] == 75.0
    assert len(ModelCard.load(file).data.eval_results) == 3


def test_a_text_without_a_head_gets_one(tmp_path):
    file = tmp_path / "card.md"
    file.write_text("# Mine\n", encoding="utf-8")
    write_model_card(file, "m", [RESULT])
    assert ModelCard.load(file).text == "# Mine\n"
    assert ("squad2", "F1") in results_of(file)


def test_a_card_that_cannot_be_read(tmp_path):
    file = tmp_path / "card.md"
    file.write_text("---\n- a list\n---\ntext\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"expected a model card with readable metadata in .*card.md"):
        write_model_card(file, "m", [RESULT])
    assert file.read_text() == "---\n- a list\n---\ntext\n"


def test_the_file_of_a_card(tmp_path):
    assert card_file(tmp_path) == tmp_path / "README.md"
    assert card_file(tmp_path / "card.md") == tmp_path / "card.md"
    with pytest.raises(UsageError, match="expected a model folder or a file in an existing one"):
        card_file(tmp_path / "none" / "card.md")
