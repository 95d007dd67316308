"""
The sixty questions of data/sample/questions.json, half of them on tables and lists, through the command line.

The bounds lie below what the packaged reader reached, 30, 40, 12 and 22, by two standard deviations of as many
questions answered by chance with that share of right ones, sqrt(n p (1 - p)): a processor that rounds otherwise, or a
reader trained anew, moves a few, a fault of the pipeline moves most.
"""

import json

import pytest

from spanwise.evaluate.squad_metric import is_right

LEAST_RIGHT_FIRST = 23  # of 44 questions that have an answer
LEAST_RIGHT_IN_FIVE = 36
LEAST_ABSTAINED = 8  # of 16 questions without one
MOST_WRONGLY_ABSTAINED = 29


@pytest.mark.slow
def test_sample_questions(spanwise, sample_index, sample_folder, tmp_path):
    articles = json.loads((sample_folder / "questions.json").read_text(encoding="utf-8"))["data"]
    asked = [qa for article in articles for paragraph in article["paragraphs"] for qa in paragraph["qas"]]
    file = tmp_path / "questions.txt"
    file.write_text("".join(f"{qa['question']}\n" for qa in asked), encoding="utf-8")
    ran = spanwise("ask", "--questions", file, "--index", sample_index, "--json")
    results = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 0
    assert [result["query"] for result in results] == [qa["question"] for qa in asked]

    answerable = [
        (result, [answer["text"] for answer in qa["answers"]])
        for result, qa in zip(results, asked, strict=True)
        if not qa["is_impossible"]
    ]
    impossible = [result for result, qa in zip(results, asked, strict=True) if qa["is_impossible"]]
    assert (len(answerable), len(impossible)) == (44, 16)
    first = sum(is_right(result["answers"][0]["answer"], golds) for result, golds in answerable)
    in_five = sum(
        any(is_right(answer["answer"], golds) for answer in result["answers"]) for result, golds in answerable
    )
    assert first >= LEAST_RIGHT_FIRST
    assert in_five >= LEAST_RIGHT_IN_FIVE
    assert sum(result["abstained"] for result in impossible) >= LEAST_ABSTAINED
    assert sum(result["abstained"] for result, _ in answerable) <= MOST_WRONGLY_ABSTAINED
