"""
Train the default embedder: all-MiniLM-L6-v2 on questions and the passages that answer them.

    python -m benchmarks.training.embedder DATA --output FIRST
    python -m benchmarks.training.embedder DATA --output FOLDER --start FIRST

DATA is what `default_reader_data DATA --out DATA --documents DOCS` made. The second pass goes on from the first, with a
passage beside each question on documents that the first one finds for it and that is not the right one. The loss is
sentence-transformers' own: a question is to be nearer to its passage than to the other passages of its batch (Henderson
et al. 2017, section 4.4). A batch is of one source of documents, or of one of the older sets, so that passages on the
same subject are told apart. An interrupted training goes on from its last checkpoint. FOLDER gets the weights as
float16, what sentence-transformers needs, and the graphs of src/spanwise/models/embedder;
`benchmarks.retrieval.embedders` measures it.
"""

import argparse
import gzip
import json
import os
import random
import shutil
from collections import defaultdict
from pathlib import Path

import numpy as np

from spanwise.embed.encoder import Encoder
from spanwise.embed.load import load_encoder
from spanwise.runtime.default_embedder import embedder_folder
from spanwise.runtime.graphs.encoder import build_embedder_graph
from spanwise.squad.questions import Question, read_questions

BASE = "sentence-transformers/all-MiniLM-L6-v2"
DOCUMENTS = "docs/docs_train.json.gz"
OTHERS = {  # file: most questions
    "train/squad1_train_part.json.gz": 2000,
    "train/squad2_dev_16_articles.json.gz": 1000,
    "train/squadshifts_new_wiki.json.gz": 600,
    "tables/train.json.gz": 400,
}
BATCH, TOKENS, SEED = 64, 256, 42
LEARNING_RATE, LATER_LEARNING_RATE = 5e-5, 4e-5
SEARCHED = 1500  # passages of a source that wrong ones are looked for in
WRONG = 15  # one of so many of the nearest wrong passages is taken
SURELY_WRONG = 0.95  # of the right one's similarity; what is nearer may be right too
Columns = dict[str, list[str]]


def training_pairs(data: Path) -> dict[str, Columns]:
    """Return questions ("anchor") with their passages ("positive"), by source or file."""
    chance = random.Random(SEED)
    asked: dict[str, list[Question]] = defaultdict(list)
    for question in _answerable(data / DOCUMENTS):
        asked[question.title or ""].append(question)
    for name, most in OTHERS.items():
        questions = _answerable(data / name)
        asked[Path(name).name] = chance.sample(questions, min(most, len(questions)))
    return {
        name: {
            "anchor": [question.question for question in questions],
            "positive": [question.context or "" for question in questions],
        }
        for name, questions in asked.items()
    }


def with_wrong_passages(columns: Columns, corpus: Path, encoder: Encoder) -> Columns:
    """Return questions and passages with a near wrong one of their source ("negative")."""
    chance = random.Random(SEED)
    own = list(dict.fromkeys(columns["positive"]))
    with gzip.open(corpus, "rt", encoding="utf-8") as lines:
        others = sorted({json.loads(line)["text"] for line in lines} - set(own))
    texts = own + chance.sample(others, min(len(others), SEARCHED - len(own)))
    places = {text: place for place, text in enumerate(texts)}
    similarities = encoder.encode_queries(columns["anchor"]) @ encoder.encode(texts).T
    negatives = []
    for right, found in zip(columns["positive"], similarities, strict=True):
        nearest = [place for place in np.argsort(-found)[: 4 * WRONG] if place != places[right]]
        surely = [place for place in nearest if found[place] < SURELY_WRONG * found[places[right]]][:WRONG]
        negatives.append(texts[chance.choice(surely or nearest[-WRONG:])])
    return {**columns, "negative": negatives}


def _answerable(file: Path) -> list[Question]:
    return [question for question in read_questions(file).questions if question.answerable]


def train(start: str, columns: dict[str, Columns], folder: Path, learning_rate: float) -> None:
    """Train for one epoch from an embedder's name or folder, and save what sentence-transformers loads."""
    import torch
    from datasets import Dataset
    from sentence_transformers import (
        SentenceTransformer,
        SentenceTransformerTrainer,
        SentenceTransformerTrainingArguments,
    )
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
    from sentence_transformers.sentence_transformer.training_args import BatchSamplers, MultiDatasetBatchSamplers

    from spanwise.train.attention import attend_by_products

    model = SentenceTransformer(str(embedder_folder(start)))
    model.max_seq_length = TOKENS
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    if model.device.type == "cpu":
        attend_by_products(model[0].auto_model)
    arguments = SentenceTransformerTrainingArguments(
        str(folder / "checkpoints"),
        num_train_epochs=1,
        per_device_train_batch_size=BATCH,
        learning_rate=learning_rate,
        warmup_steps=0.1,
        weight_decay=0.01,
        bf16=True,
        use_cpu=model.device.type == "cpu",
        batch_sampler=BatchSamplers.NO_DUPLICATES,
        multi_dataset_batch_sampler=MultiDatasetBatchSamplers.PROPORTIONAL,
        save_steps=50,
        save_total_limit=1,
        logging_steps=10,
        report_to="none",
        seed=SEED,
    )
    sets = {name: Dataset.from_dict(some) for name, some in columns.items()}
    trainer = SentenceTransformerTrainer(model, arguments, sets, loss=MultipleNegativesRankingLoss(model))
    trainer.train(resume_from_checkpoint=any((folder / "checkpoints").glob("checkpoint-*")))
    model.save(str(folder))
    shutil.rmtree(folder / "checkpoints")


def package(folder: Path) -> None:
    """Store the weights as float16, to be computed with in float32, and write the graphs."""
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    halved = {name: tensor.half().contiguous() for name, tensor in weights.items() if tensor.is_floating_point()}
    save_file(halved, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps({**config, "dtype": "float32"}, indent=2) + "\n", encoding="utf-8")
    for name, precision in (("graph.onnx", "fp32"), ("graph.int8.onnx", "int8")):
        graph = build_embedder_graph(folder, precision)
        assert graph is not None
        (folder / name).write_bytes(graph)


def main() -> None:
    """Train and package."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA", help="the folder of training data")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="where the embedder is written")
    parser.add_argument("--start", type=Path, metavar="FIRST", help="what the first pass wrote, for the second")
    arguments = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"
    columns = training_pairs(arguments.data)
    if arguments.start is None:
        train(BASE, columns, arguments.output, LEARNING_RATE)
    else:
        encoder = load_encoder(str(arguments.start), device="auto")
        for name, some in columns.items():
            corpus = arguments.data / "docs" / "corpora" / f"{name}.jsonl.gz"
            columns[name] = with_wrong_passages(some, corpus, encoder) if corpus.exists() else some
        train(str(arguments.start), columns, arguments.output, LATER_LEARNING_RATE)
    package(arguments.output)


if __name__ == "__main__":
    main()
