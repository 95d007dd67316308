"""
Make the packaged reader's training, development and calibration files.

    python -m benchmarks.training.default_reader_data DATA --out OUT [--mined] [--cropped] [--documents DOCS]

DATA is a folder with a train/ and a dev/ folder of SQuAD files, gzipped, under the names of TRAINED and MEASURED below.
They are public: SQuAD 1.1 and 2.0 at https://rajpurkar.github.io/SQuAD-explorer, SQuADShifts at
https://modestyachts.github.io/squadshifts-website, QAMR at https://github.com/uwnlp/qamr, AfriQA at
https://github.com/masakhane-io/afriqa, FairytaleQA at https://github.com/uci-soe/FairytaleQAData, FriendsQA at
https://github.com/emorynlp/FriendsQA, Molweni at https://github.com/HIT-SCIR/Molweni, TimeQA at
https://github.com/wenhuchen/Time-Sensitive-QA, TAT-QA at https://github.com/NExTplusplus/TAT-QA, COVID-QA at
https://github.com/deepset-ai/COVID-QA, PolicyQA at https://github.com/wasiahmad/PolicyQA; those that are not SQuAD's
JSON have to be brought into it. A name that is not there is passed over, and said so.

OUT gets development/, calibration/ and train/. Articles are in one of the three only; contexts of training that stand
in what is held out or measured, wholly or in part, are left out, and `spanwise data check` has the last word.
With --mined, train/ also gets unanswerable questions beside each set that they are made of: NAME.mined. Stories,
dialogues and reviews make none: their questions seldom say what they are about, so that other passages answer them.
With --cropped, train/ gets questions on a few sentences of their contexts: NAME.cropped with the answer, NAME.without
with none.

DOCS is a folder with questions of our own on real documents. They are not in this repository, since their passages have
licenses of their own: train.json.gz and dev.json.gz, whose titles are the sources, wiki_unanswerable.json.gz, and
corpora/ with the passages of each source. docs/ gets them divided: the questions of five sources are for calibration.
Questions on documents of your own take their place: a SQuAD file, and SOURCE.jsonl.gz with {"text": "..."} a line for
each title.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.harness import markdown_table
from benchmarks.training import cropping
from benchmarks.training.reader_sets import Row, row_of, take_articles, take_questions, without_leaks, write_part

from spanwise.runtime.default_embedder import DEFAULT_EMBEDDER, embedder_folder
from spanwise.runtime.tokenizer import load_tokenizer
from spanwise.squad.squad_file import SquadParagraph, read_squad
from spanwise.train.data import check, fix, mine
from spanwise.train.data.squad_writer import as_articles, write_squad

DEVELOPMENT = {
    "squadshifts_new_wiki": 8,
    "squad2_dev_16_articles": 5,
    "squad1_dev_13_articles": 3,
    "squadshifts_amazon": 25,
}
CALIBRATED = (
    "squad1_train_part", "squadshifts_new_wiki", "squadshifts_amazon", "afriqa_en", "timeqa", "tatqa", "fairytaleqa",
    "qamr_wiki",
)  # fmt: skip
TRAINED = (*dict.fromkeys((*CALIBRATED, *DEVELOPMENT)), "friendsqa", "molweni")
MEASURED = ("covidqa_passages", "policyqa")
CALIBRATION_QUESTIONS = 330
MINED = (
    "squad2_dev_16_articles", "squad1_dev_13_articles", "squadshifts_new_wiki", "timeqa", "squad1_train_part",
    "afriqa_en",
)  # fmt: skip
MINED_SHARE = 0.5
CROPPED = ("squad2_dev_16_articles", "squad1_dev_13_articles", "squadshifts_new_wiki", "squad1_train_part")
CROPS = {"cropped": cropping.with_answer, "without": cropping.without_answer}
CALIBRATED_SOURCES = frozenset({"exim", "fish", "ntpsec", "owasp", "publiccode"})
Parts = dict[str, list[SquadParagraph]]


def found_files(folder: Path, names: Sequence[str]) -> dict[str, Path]:
    """Return the files that are there, and name those that are not."""
    files = {name: folder / f"{name}.json.gz" for name in names}
    for name, file in files.items():
        if not file.is_file():
            print(f"passed over {name}: no {file}", file=sys.stderr)
    return {name: file for name, file in files.items() if file.is_file()}


def divide(files: dict[str, Path], seed: int) -> tuple[Parts, Parts, Parts]:
    """
    Divide the sets by article.

    The development parts keep the faults of their files, so that numbers on them compare with those of others; the
    others are divided once their faults are mended.

    :returns: Paragraphs for development, for calibration and for training.
    """
    development: Parts = {}
    calibration: Parts = {}
    training: Parts = {}
    for name, file in files.items():
        with tempfile.TemporaryDirectory() as folder:
            report = fix(file, Path(folder) / "fixed.json")
            rest = list(read_squad(report.output).paragraphs())
        print(f"{name}: {report.before:,} questions, {report.kept:,} kept {dict(report.done)}", file=sys.stderr)
        if name in DEVELOPMENT:
            development[name], _ = take_articles(list(read_squad(file).paragraphs()), DEVELOPMENT[name], seed)
            titles = {paragraph.title for paragraph in development[name]}
            rest = [paragraph for paragraph in rest if paragraph.title not in titles]
        if name in CALIBRATED:
            calibration[name], rest = take_questions(rest, CALIBRATION_QUESTIONS, seed)
        training[name] = rest
    return development, calibration, training


def write_parts(out: Path, parts: Parts, held_out: Sequence[Path]) -> list[Path]:
    """Write the parts of each set into a folder, without what stands in the files that are held out."""
    files = [read_squad(path) for path in held_out]
    written = []
    for name, paragraphs in parts.items():
        kept = without_leaks(paragraphs, files)
        print(
            f"{out.name} {name}: {len(paragraphs) - len(kept)} of {len(paragraphs)} contexts left out", file=sys.stderr
        )
        write_part(out / f"{name}.json.gz", kept)
        written.append(out / f"{name}.json.gz")
    return written


def require_no_leaks(training: Sequence[Path], held_out: Sequence[Path]) -> None:
    """Stop if a context of training stands in a file that is held out."""
    for report in check(training, evaluation=held_out).files:
        if report.by_kind.get("leaked_context"):
            sys.exit(f"expected no held-out context in {report.path}, found {report.by_kind}")
        print(f"{report.path.name}: {report.by_kind}", file=sys.stderr)


def add_mined(folder: Path, held_out: Sequence[Path], seed: int) -> list[Path]:
    """Write mined negatives beside the sets of a folder, without passages that stand in what is held out."""
    files = [read_squad(path) for path in held_out]
    written = []
    for file in found_files(folder, MINED).values():
        output = folder / file.name.replace(".json.gz", ".mined.json.gz")
        report = mine([file], output, share=MINED_SHARE, seed=seed, overwrite=True)
        print(f"{output.name}: {report.mined} of {report.questions} questions", file=sys.stderr)
        # More of a part of a context may stand there than of the whole, which was let through.
        write_part(output, without_leaks(read_squad(output).paragraphs(), files))
        written.append(output)
    return written


def add_cropped(folder: Path, held_out: Sequence[Path], seed: int) -> list[Path]:
    """Write questions on a few sentences of their contexts beside the sets of a folder."""
    files = [read_squad(path) for path in held_out]
    written = []
    for file in found_files(folder, CROPPED).values():
        for kind, crop in CROPS.items():
            output = folder / file.name.replace(".json.gz", f".{kind}.json.gz")
            write_squad(output, as_articles(crop(read_squad(file).paragraphs(), seed)))
            # More of a part of a context may stand in what is held out than of the whole, which was let through.
            write_part(output, without_leaks(read_squad(output).paragraphs(), files))
            written.append(output)
    return written


def add_documents(folder: Path, out: Path) -> None:
    """Divide questions on documents by their sources, their titles, and lay the rest beside them as it is."""
    out.mkdir(parents=True, exist_ok=True)
    paragraphs = list(read_squad(folder / "train.json.gz").paragraphs())
    for name, held in (("docs_train", False), ("docs_calibration", True)):
        part = [paragraph for paragraph in paragraphs if (paragraph.title in CALIBRATED_SOURCES) == held]
        write_part(out / f"{name}.json.gz", part)
    shutil.copy(folder / "dev.json.gz", out / "docs_dev.json.gz")
    shutil.copy(folder / "wiki_unanswerable.json.gz", out)
    shutil.copytree(folder / "corpora", out / "corpora", dirs_exist_ok=True)


def main() -> None:
    """Divide, write, check and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--out", type=Path, required=True, metavar="OUT")
    parser.add_argument("--seed", type=int, default=1, help="chooses the articles (default 1)")
    parser.add_argument("--mined", action="store_true", help="also mine negatives, which takes the longest")
    parser.add_argument("--cropped", action="store_true", help="also make questions on a few sentences")
    parser.add_argument(
        "--documents", type=Path, metavar="DOCS", help="questions on documents, to be divided by source"
    )
    arguments = parser.parse_args()
    if arguments.documents is not None:
        add_documents(arguments.documents, arguments.out / "docs")
    measured = list(found_files(arguments.data / "dev", MEASURED).values())
    development, calibration, training = divide(found_files(arguments.data / "train", TRAINED), arguments.seed)
    held_out = [*measured, *write_parts(arguments.out / "development", development, [])]
    held_out += write_parts(arguments.out / "calibration", calibration, held_out)
    trained = write_parts(arguments.out / "train", training, held_out)
    if arguments.cropped:
        trained += add_cropped(arguments.out / "train", held_out, arguments.seed)
    if arguments.mined:
        trained += add_mined(arguments.out / "train", held_out, arguments.seed)
    require_no_leaks(trained, held_out)
    tokenizer = load_tokenizer(embedder_folder(DEFAULT_EMBEDDER))
    rows: list[Row] = []
    for file in (*trained, *held_out[len(measured) :]):
        name = str(file.relative_to(arguments.out)).removesuffix(".json.gz")
        rows.append(row_of(name, read_squad(file), tokenizer))
    head = ["file", "questions", "unanswerable", "contexts", "tokens of an epoch"]
    print(markdown_table(head, [row.cells() for row in rows]))


if __name__ == "__main__":
    main()
