"""
Lay out the questions of questions.json.gz with their passages, for training: SQuAD 2.0's JSON, a source a title.

    python -m benchmarks.training.documents.lay_out FOLDER --out FILE.json.gz

The questions were written for this project in November 2026 by a language model that read every passage and was given
a brief: in the words of somebody who has a need and has not seen the passage, two in five not answered by it though
it is close. The passages have licenses of their own and are not in this repository. They are slices of files of
Debian packages and public repositories, which sources.json names with their versions and licenses, and are brought to
FOLDER, a folder for each source, by apt-get download and git (no root needed, nothing gets installed); a folder that
is there is taken as it is. A passage is found again by its SHA-256, wherever it stands in its file now; what has
changed is left out, and counted.
"""

import argparse
import gzip
import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from spanwise.convert import convert_file
from spanwise.errors import ConversionError
from spanwise.train.data.squad_writer import as_articles, write_squad

HERE = Path(__file__).parent
DIGEST = 16  # hex digits of a passage's SHA-256 that are kept


def bring(source: Mapping[str, str], folder: Path) -> None:
    """
    Bring a source's files.

    :param source: A Debian package and its version, or a repository and its commit.
    :raises subprocess.CalledProcessError: If it cannot be brought.
    """
    if "repository" in source:
        url = f"https://github.com/{source['repository']}"
        subprocess.run(["git", "clone", "-q", "--filter=blob:none", "--no-checkout", url, folder], check=True)
        subprocess.run(["git", "-C", folder, "checkout", "-q", source["commit"]], check=True)
        return
    with tempfile.TemporaryDirectory() as work:
        # apt leaves its rights for a user of its own, who may not write here
        download = ["apt-get", "-qq", "-o", "APT::Sandbox::User=", "download", source["package"]]
        subprocess.run(download, check=True, cwd=work)
        subprocess.run(["dpkg-deb", "-x", next(Path(work).glob("*.deb")), folder], check=True)


def text_of(path: Path) -> str | None:
    """Return a file's text, or None where it has none; what is made by ERB is Markdown in the sources here."""
    name = path.name.removesuffix(".erb")
    try:
        return convert_file(path, name).text
    except (ConversionError, OSError):
        return None


def find(text: str, length: int, start: int, digest: str) -> int | None:
    """Return where a passage stands in a text, best where it stood before."""
    for begin in [start, *range(len(text) - length + 1)]:
        if hashlib.sha256(text[begin : begin + length].encode()).hexdigest()[:DIGEST] == digest:
            return begin
    return None


def laid_out(folder: Path, passages: list[Mapping[str, Any]]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the source, the passage and each question about it, as SQuAD has it."""
    texts: dict[Path, str | None] = {}
    for number, passage in enumerate(passages):
        path = folder / passage["source"] / passage["file"]
        if path not in texts:
            texts = {path: text_of(path)}
        text = texts[path]
        start = None if text is None else find(text, passage["length"], passage["start"], passage["sha256"])
        if text is None or start is None:
            print(f"passed over {passage['file']} of {passage['source']}: it is another one now", file=sys.stderr)
            continue
        context = text[start : start + passage["length"]]
        for count, (question, begin, end) in enumerate(passage["questions"]):
            answers = [] if begin is None else [{"text": context[begin:end], "answer_start": begin}]
            entry = {
                "id": f"{passage['source']}-{number}-{count}",
                "question": question,
                "answers": answers,
                "is_impossible": not answers,
            }
            yield passage["source"], context, entry


def main() -> None:
    """Bring what is not there yet, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    with gzip.open(HERE / "questions.json.gz", "rt", encoding="utf-8") as file:
        passages = json.load(file)
    for name, source in json.loads((HERE / "sources.json").read_text(encoding="utf-8")).items():
        if not (options.folder / name).is_dir():
            bring(source, options.folder / name)
    entries = list(laid_out(options.folder, passages))
    write_squad(options.out, as_articles(entries))
    asked = sum(len(passage["questions"]) for passage in passages)
    unanswerable = sum(entry["is_impossible"] for *_, entry in entries)
    print(f"{len(entries):,} of {asked:,} questions, {unanswerable:,} of them unanswerable")


if __name__ == "__main__":
    main()
