"""
Fit how a reader's margins become confidences, on questions asked of a whole corpus.

    python benchmarks/fit_calibration.py DATA.json[.gz] ... --out calibration.json

Each DATA file is in SQuAD format; https://rajpurkar.github.io/SQuAD-explorer has one. Its paragraphs become the corpus
together with those of the other files. A third of the questions, chosen by paragraph, lose their paragraphs: the corpus
does not answer them, so that whatever is found is wrong. Use data on which the reader was not trained.
"""

import argparse
import gzip
import json
import random
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

import spanwise
from spanwise.answer.normalize import normalize_answer
from spanwise.calibration import Calibration

Asked = tuple[str, list[str]]  # a question and its right answers; none when the corpus does not answer it


def load_paragraphs(file: Path) -> list[dict[str, Any]]:
    """Return the paragraphs of a SQuAD file."""
    opener = gzip.open if file.suffix == ".gz" else open
    with opener(file, "rt", encoding="utf-8") as stream:
        return [paragraph for article in json.load(stream)["data"] for paragraph in article["paragraphs"]]


def make_corpus(files: list[Path], folder: Path, per_file: int, chance: random.Random) -> list[Asked]:
    """Write the paragraphs that stay as text files, and return the questions to ask."""
    asked: list[Asked] = []
    for file in files:
        paragraphs = load_paragraphs(file)
        chance.shuffle(paragraphs)
        removed = {paragraph["context"] for paragraph in paragraphs[: len(paragraphs) // 3]}
        for number, context in enumerate(sorted({paragraph["context"] for paragraph in paragraphs} - removed)):
            (folder / f"{file.name.partition('.')[0]}-{number}.txt").write_text(context, encoding="utf-8")
        questions = [
            (qa["question"], [] if paragraph["context"] in removed else [answer["text"] for answer in qa["answers"]])
            for paragraph in paragraphs
            for qa in paragraph["qas"]
            if not qa.get("is_impossible")
        ]
        asked.extend(chance.sample(questions, min(per_file, len(questions))))
    return asked


def is_right(answer: str, golds: list[str]) -> bool:
    """Whether an answer equals a right one, or one holds the other, once normalized."""
    words = f" {normalize_answer(answer)} "
    return any(f" {normalize_answer(gold)} " in words or words in f" {normalize_answer(gold)} " for gold in golds)


def expected_calibration_error(confidences: NDArray[np.float64], right: NDArray[np.bool_], bins: int = 10) -> float:
    """Return the mean distance of confidence and accuracy over equally filled bins (Naeini et al. 2015)."""
    order = np.array_split(np.argsort(confidences), bins)
    gaps = [abs(confidences[part].mean() - right[part].mean()) * len(part) for part in order]
    return float(sum(gaps) / len(confidences))


def best_threshold(
    confidences: NDArray[np.float64], right: NDArray[np.bool_], unanswerable: NDArray[np.bool_]
) -> float:
    """Return the threshold with most right answers given plus unanswerable questions left (SQuAD 2.0's best_exact)."""
    candidates = np.unique(confidences)
    gained = [
        np.sum(right & (confidences >= value)) + np.sum(unanswerable & (confidences < value)) for value in candidates
    ]
    return float(candidates[int(np.argmax(gained))])


def main() -> None:
    """Ask, fit, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path, metavar="DATA.json[.gz]")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--per-file", type=int, default=400, help="questions asked of each file")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        documents = Path(folder) / "documents"
        documents.mkdir()
        asked = make_corpus(arguments.files, documents, arguments.per_file, random.Random(arguments.seed))
        corpus = spanwise.Corpus(Path(folder) / "index")
        report = corpus.sync(documents)
        results = corpus.ask_many([question for question, _ in asked])
    answered = [(result.answers[0], golds) for result, (_, golds) in zip(results, asked, strict=True) if result.answers]
    margins = np.array([answer.score for answer, _ in answered])
    right = np.array([is_right(answer.answer, golds) for answer, golds in answered])
    half = np.arange(len(margins)) % 2 == 0
    model = LogisticRegression(C=1e6).fit(margins[half, None], right[half])
    slope = float(model.coef_[0, 0])
    fitted = Calibration(null_threshold=float(-model.intercept_[0]) / slope, slope=slope, calibrated=True)
    confidences = np.array([fitted.confidence(margin) for margin in margins[~half]])
    before = np.array([Calibration().confidence(margin) for margin in margins[~half]])
    unanswerable = np.array([not golds for _, golds in answered])
    fit = np.array([fitted.confidence(margin) for margin in margins[half]])
    threshold = best_threshold(fit, right[half], unanswerable[half])
    given = confidences >= threshold
    summary = {
        "null_threshold": round(fitted.null_threshold, 4),
        "slope": round(fitted.slope, 4),
        "threshold": round(threshold, 4),
        "calibrated": True,
        "fitted_on": {
            "files": [file.name for file in arguments.files],
            "date": datetime.now(UTC).date().isoformat(),
            "passages": report.passages,
            "questions": len(asked),
            "unanswerable": sum(not golds for _, golds in asked),
            "right_share": round(float(right.mean()), 4),
            "held_out_half": {
                "expected_calibration_error": round(expected_calibration_error(confidences, right[~half]), 4),
                "answered": round(float(given.mean()), 4),
                "right_of_answered": round(float(right[~half][given].mean()), 4),
                "unanswerable_of_left": round(float(unanswerable[~half][~given].mean()), 4),
                "answerable_wrongly_left": round(float(np.sum(right[~half] & ~given) / np.sum(right[~half])), 4),
                "brier": round(float(np.mean((confidences - right[~half]) ** 2)), 4),
                "expected_calibration_error_without_fit": round(expected_calibration_error(before, right[~half]), 4),
            },
        },
    }
    print(json.dumps(summary, indent=2))
    arguments.out.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
