"""
What a large file of prose takes: its conversion and splitting in the process of its own that an index uses.

    python -m benchmarks.hostile.prose [--megabytes 300] [--seconds 60] [--out FILE]
"""

import argparse
import random
import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.harness import environment, publish

from spanwise.convert.limits import Limits
from spanwise.embed.load import load_encoder
from spanwise.errors import ConversionError
from spanwise.pipeline.converting import ConversionWorker
from spanwise.split.splitter import Splitter, SplitterSettings

SAMPLE = Path(__file__).parents[2] / "data" / "sample"


def write_prose(file: Path, size: int) -> None:
    """Write paragraphs of sentences of the sample documents' words, as often as they stand there."""
    chance = random.Random(0)
    texts = (file.read_text(encoding="utf-8") for file in sorted(SAMPLE.rglob("*.md")))
    words = [word for text in texts for word in text.split() if word.isalpha()]
    with file.open("w", encoding="utf-8") as out:
        while out.tell() < size:
            for _ in range(chance.randint(3, 9)):
                out.write(" ".join(chance.choices(words, k=chance.randint(6, 24))).capitalize() + ". ")
            out.write("\n\n")


def main() -> None:
    """Print how many passages there are, the seconds and the memory of both processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=300)
    parser.add_argument("--seconds", type=int, default=60, help="the limit, to which each megabyte adds one")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    splitter = Splitter(load_encoder(device="cpu").tokenizer, SplitterSettings())
    with TemporaryDirectory() as folder:
        file = Path(folder, "prose.txt")
        write_prose(file, arguments.megabytes * 1_000_000)
        began = time.monotonic()
        with ConversionWorker(splitter, Limits(seconds=arguments.seconds)) as worker:
            try:
                source, passages = worker.convert(file, file.name, size=file.stat().st_size)
                found = f"{len(source.text):,} characters, {len(passages):,} passages"
            except ConversionError as error:
                found = str(error)
        wall = time.monotonic() - began
    theirs, ours = resource.getrusage(resource.RUSAGE_CHILDREN), resource.getrusage(resource.RUSAGE_SELF)
    text = (
        f"{arguments.megabytes} MB of prose: {found}. {wall:.0f} s, of which "
        f"{theirs.ru_utime + theirs.ru_stime:.0f} s of processor time; at most {theirs.ru_maxrss / 1000:,.0f} MB in "
        f"the process that converts, and {ours.ru_maxrss / 1000:,.0f} MB in the one that asks it to."
    )
    publish(f"{text}\n\n{environment()}", arguments.out)


if __name__ == "__main__":
    main()
