"""
Measure how fast a folder becomes a durable index: spanwise against Haystack's own components.

    python -m benchmarks.indexing.indexing FOLDER [--repeats 3] [--wait 300] [--out benchmarks/indexing/indexing.md]

Both sides run in this interpreter's environment, with the same embedding weights as float32 on the CPU, each run in a
process of its own, in turn. The peer is made of Haystack's converters behind a `FileTypeRouter`, a `DocumentSplitter`,
the sentence-transformers embedder and the `FAISSDocumentStore`, saved at the end. Besides spanwise it needs

    pip install sentence-transformers-haystack pypdf trafilatura lxml_html_clean
    pip install --no-deps faiss-haystack==3.0.0      # its numpy<2 would not go with the rest
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.harness import SIDES, OtherWork, Result, Stages, alternate, environment, markdown_table, publish, row

SPLIT_WORDS, SPLIT_OVERLAP = 150, 20  # the peer's passages, in words
SEEN_TOKENS = 256  # all-MiniLM-L6-v2 reads no more of a passage
BATCH_SIZE = 32  # the peer's default
CONVERT = "convert and split"  # one stage: spanwise does both in a process of their own


def index_with_spanwise(folder: Path, index: Path) -> Result:
    """Index `folder` as `spanwise index` does; the passages and source texts are read back from the index."""
    stages = Stages()
    with stages.stage("import"):
        from spanwise.embed.minilm import MiniLMEncoder
        from spanwise.index.index import Index
        from spanwise.pipeline.converting import ConversionWorker
        from spanwise.pipeline.corpus import Corpus
    stages.watch(ConversionWorker, "convert", CONVERT)
    stages.watch(MiniLMEncoder, "encode", "embed")
    stages.watch(Index, "apply", "store")
    began = time.perf_counter()
    with Corpus(index, device="cpu") as corpus:
        report = corpus.sync(folder)
        work = time.perf_counter() - began
        texts = [corpus.source_text(file) for file in report.added]
        passages = [passage.text for file in corpus.index.files() for passage in corpus.index.passages_of(file)]
    skipped = {skip.file: skip.reason for skip in report.skipped}
    return _facts(stages, work, texts, passages, index, skipped)


def index_with_haystack(folder: Path, index: Path) -> Result:
    """Index `folder` with Haystack's components, called one after the other."""
    stages = Stages()
    with stages.stage("import"):
        from haystack.components.preprocessors import DocumentSplitter
        from haystack.components.routers import FileTypeRouter
        from haystack.utils import ComponentDevice
        from haystack_integrations.components.embedders.sentence_transformers import (
            SentenceTransformersDocumentEmbedder,
        )
        from haystack_integrations.document_stores.faiss import FAISSDocumentStore

        from spanwise.runtime.default_embedder import DEFAULT_EMBEDDER, embedder_folder

        converters = _converters()
    began = time.perf_counter()
    files: list[Path | str] = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    documents = []
    with stages.stage(CONVERT):
        routed = FileTypeRouter(mime_types=list(converters)).run(sources=files)
        for mime_type, converter in converters.items():
            documents.extend(converter.run(sources=routed.get(mime_type, []))["documents"])
    with stages.stage(CONVERT):
        splitter = DocumentSplitter(split_by="word", split_length=SPLIT_WORDS, split_overlap=SPLIT_OVERLAP)
        passages = splitter.run(documents=documents)["documents"]
    with stages.stage("load embedder"):
        embedder = SentenceTransformersDocumentEmbedder(
            model=str(embedder_folder(DEFAULT_EMBEDDER)),
            device=ComponentDevice.from_str("cpu"),
            batch_size=BATCH_SIZE,
            progress_bar=False,
            model_kwargs={"dtype": "float32"},
        )
        embedder.warm_up()
    with stages.stage("embed"):
        embedded = embedder.run(documents=passages)["documents"]
    with stages.stage("store"):
        store = FAISSDocumentStore(embedding_dim=384)
        store.write_documents(embedded)
        index.mkdir()
        store.save(index / "store")
    work = time.perf_counter() - began
    converted = {document.meta["file_path"] for document in documents}
    skipped = {str(file): "not converted" for file in files if Path(file).name not in converted}
    texts = [document.content or "" for document in documents]
    return _facts(stages, work, texts, [passage.content or "" for passage in passages], index, skipped)


def _converters() -> dict[str, Any]:
    from haystack.components.converters import (
        DOCXToDocument,
        HTMLToDocument,
        MarkdownToDocument,
        PyPDFToDocument,
        TextFileToDocument,
    )

    return {
        "text/plain": TextFileToDocument(),
        "text/html": HTMLToDocument(),
        "text/markdown": MarkdownToDocument(progress_bar=False),
        "application/pdf": PyPDFToDocument(),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": DOCXToDocument(),
    }


def _facts(
    stages: Stages, work: float, texts: Sequence[str], passages: Sequence[str], index: Path, skipped: dict[str, str]
) -> Result:
    """Return what one run measured, and its passages' sizes by the embedder's tokenizer."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    from spanwise.runtime.default_embedder import DEFAULT_EMBEDDER, embedder_folder
    from spanwise.runtime.tokenizer import load_tokenizer

    tokenizer = load_tokenizer(embedder_folder(DEFAULT_EMBEDDER))
    tokens = [len(encoding) for encoding in tokenizer.encode_batch_fast(list(passages))]
    return {
        "work": work,
        "import": stages.seconds.pop("import"),
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak_bytes": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        "stages": dict(stages.seconds),
        "skipped": skipped,
        "files": len(texts),
        "characters": sum(map(len, texts)),
        "passages": len(passages),
        "words": sum(len(passage.split()) for passage in passages),
        "tokens": sum(tokens),
        "tokens_seen": sum(min(count, SEEN_TOKENS) for count in tokens),
        "cut_passages": sum(count > SEEN_TOKENS for count in tokens),
        "index_bytes": sum(path.stat().st_size for path in index.rglob("*") if path.is_file()),
    }


def run_side(side: str, folder: Path, index: Path) -> Result:
    """Run one side in a process of its own."""
    command = [sys.executable, "-m", __spec__.name, str(folder), "--side", side, "--index", str(index)]
    others = OtherWork()
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    if process.returncode != 0:
        sys.exit(f"{side} failed:\n{process.stderr[-4000:]}")
    result: Result = json.loads(process.stdout.splitlines()[-1])
    # What a side does after its work, to describe it, is not the side's.
    result["whole"] = result["import"] + result["work"]
    result["others"] = others.cores()
    return result


def report(runs: dict[str, list[Result]], folder: Path) -> str:
    """Return the page of results."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    rows = [
        row("passages/s", runs, lambda run: run["passages"] / run["whole"]),
        row("passages/s, imports left out", runs, lambda run: run["passages"] / run["work"]),
        row("source characters/s", runs, lambda run: run["characters"] / run["whole"], ",.0f"),
        row("tokens embedded/s", runs, lambda run: run["tokens_seen"] / run["whole"], ",.0f"),
        row("passages per CPU second", runs, lambda run: run["passages"] / run["cpu"]),
        row("seconds, whole process", runs, lambda run: run["whole"]),
        row("seconds of it, imports", runs, lambda run: run["import"]),
        row("CPU seconds", runs, lambda run: run["cpu"]),
        row("peak memory, MB", runs, lambda run: run["peak_bytes"] / 1e6, ",.0f"),
        row("index, MB", runs, lambda run: run["index_bytes"] / 1e6, ",.2f"),
        row("files with text", runs, lambda run: run["files"], ",.0f"),
        row("source characters", runs, lambda run: run["characters"], ",.0f"),
        row("passages", runs, lambda run: run["passages"], ",.0f"),
        row("words a passage", runs, lambda run: run["words"] / run["passages"]),
        row("tokens a passage", runs, lambda run: run["tokens"] / run["passages"]),
        row(f"passages beyond {SEEN_TOKENS} tokens, cut short", runs, lambda run: run["cut_passages"], ",.0f"),
    ]
    stages = {name: None for side in SIDES for name in runs[side][0]["stages"]}
    of_stages = [row(name, runs, partial(_stage, name), ",.2f") for name in stages]
    single = [
        [str(number), *(_shown(run) for run in pair), f"{_rate(pair[0]) / _rate(pair[1]):.2f}"]
        for number, pair in enumerate(zip(*(runs[side] for side in SIDES), strict=True), 1)
    ]
    introduction = (
        f"{environment()}\n\nFolder: {len(files):,} files, {size:,} bytes. Medians of {len(single)} runs of each side, "
        "in turn; a ratio is the median over the pairs of spanwise / Haystack."
    )
    return "\n\n".join(
        (
            "# Indexing a folder",
            introduction,
            markdown_table(["", *SIDES, "ratio"], rows),
            "Seconds by stage; what is missing to the whole is loading, scanning and waiting:",
            markdown_table(["stage", *SIDES, "ratio"], of_stages),
            "Each run; the cores are what other processes used meanwhile:",
            markdown_table(["pair", *SIDES, "ratio"], single),
        )
    )


def _stage(name: str, run: Result) -> float:
    return float(run["stages"].get(name, 0.0))


def _rate(run: Result) -> float:
    return float(run["passages"] / run["whole"])


def _shown(run: Result) -> str:
    return f"{run['whole']:.1f} s, {_rate(run):.1f} passages/s, others {run['others']:.2f} cores"


def main() -> None:
    """Run both sides in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the documents: .txt, .md, .html, .pdf, .docx")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each side (default 3)")
    parser.add_argument(
        "--wait", type=float, default=0, metavar="SECONDS", help="most seconds to wait before a run for a quiet machine"
    )
    parser.add_argument("--out", type=Path, help="also write the table to this Markdown file")
    parser.add_argument("--side", choices=SIDES, help="run this side once, here, and print its numbers as JSON")
    parser.add_argument("--index", type=Path, help="with --side: the directory to write")
    arguments = parser.parse_args()
    os.environ.update(HAYSTACK_TELEMETRY_ENABLED="False", HF_HUB_OFFLINE="1")
    if arguments.side is not None:
        if arguments.index is None:
            parser.error("--side needs --index")
        run = index_with_spanwise if arguments.side == SIDES[0] else index_with_haystack
        print(json.dumps(run(arguments.folder, arguments.index)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        numbers = iter(range(2 * arguments.repeats))

        def measured(side: str) -> Result:
            return run_side(side, arguments.folder, Path(scratch) / f"{next(numbers)}.index")

        sides = {side: partial(measured, side) for side in SIDES}
        runs = alternate(sides, arguments.repeats, arguments.wait, _shown)
    for side in SIDES:
        for file, reason in runs[side][0]["skipped"].items():
            print(f"{side} skipped {file}: {reason}", file=sys.stderr)
    publish(report(runs, arguments.folder), arguments.out)


if __name__ == "__main__":
    main()
