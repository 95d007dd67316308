"""
Train the default embedder: all-MiniLM-L6-v2 on questions and the passages that answer them.

    python -m benchmarks.training.embedder DATA --output FOLDER

DATA is what `default_reader_data DATA --out DATA --documents DOCS` made, with docs/docs_more.json.gz of
`benchmarks.training.documents.lay_out`, which the packaged embedder has not seen yet. The loss is
sentence-transformers' own: a question is to be nearer to its passage than to the other passages of its batch
(Henderson et al. 2017, section 4.4), for four of a passage's questions at a time, since it is the passage that costs.
A batch is of one source of documents, or of one of the older sets, so that passages on the same subject are told apart.
An interrupted training goes on from its last checkpoint. FOLDER gets the weights as float16, what sentence-transformers
needs, and the graphs of src/spanwise/models/embedder; `benchmarks.retrieval.embedders` measures it.
"""

import argparse
import json
import os
import random
import shutil
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from spanwise.runtime.default_embedder import embedder_folder
from spanwise.runtime.graphs.encoder import build_embedder_graph
from spanwise.runtime.processor import has_bfloat16
from spanwise.squad.questions import Question, read_questions

BASE = "sentence-transformers/all-MiniLM-L6-v2"
DOCUMENTS = ("docs/docs_train.json.gz", "docs/docs_more.json.gz")
OTHERS = {  # file: most questions
    "train/squad1_train_part.json.gz": 2000,
    "train/squad2_dev_16_articles.json.gz": 1000,
    "train/squadshifts_new_wiki.json.gz": 600,
    "tables/train.json.gz": 400,
}
QUESTIONS = 4  # of a passage; one that has fewer is asked some of them again
BATCH, LEARNING_RATE, TOKENS, SEED = 48, 7e-5, 256, 42
Asked = dict[str, list[str]]


def training_questions(data: Path) -> dict[str, Asked]:
    """Return passages with their questions, by source or file."""
    chance = random.Random(SEED)
    found: dict[str, Asked] = defaultdict(lambda: defaultdict(list))
    for name in DOCUMENTS:
        for question in _answerable(data / name):
            found[question.title or ""][question.context or ""].append(question.question)
    for name, most in OTHERS.items():
        asked = _answerable(data / name)
        for question in chance.sample(asked, min(most, len(asked))):
            found[Path(name).name][question.context or ""].append(question.question)
    return {source: {passage: _some(asked, chance) for passage, asked in of.items()} for source, of in found.items()}


def _some(asked: list[str], chance: random.Random) -> list[str]:
    mixed = chance.sample(asked, len(asked))
    return [mixed[number % len(mixed)] for number in range(QUESTIONS)]


def _answerable(file: Path) -> list[Question]:
    return [question for question in read_questions(file).questions if question.answerable]


def train(questions: dict[str, Asked], folder: Path) -> None:
    """Train for one epoch, and save what sentence-transformers loads."""
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

    class SharedPassages(MultipleNegativesRankingLoss):
        """The mean of the loss of each column of questions with the one column of passages."""

        def forward(self, sentence_features: Iterable[dict[str, torch.Tensor]], labels: torch.Tensor) -> torch.Tensor:
            # each column by itself: the loss's own way pads the questions to the length of the passages
            *asked, passages = (self.model(column)["sentence_embedding"] for column in sentence_features)
            return torch.stack([self.compute_loss_from_embeddings([one, passages], labels) for one in asked]).mean()

    model = SentenceTransformer(str(embedder_folder(BASE)))
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
        learning_rate=LEARNING_RATE,
        warmup_steps=0.1,
        weight_decay=0.01,
        bf16=model.device.type != "cpu" or has_bfloat16(),
        use_cpu=model.device.type == "cpu",
        batch_sampler=BatchSamplers.NO_DUPLICATES,
        multi_dataset_batch_sampler=MultiDatasetBatchSamplers.PROPORTIONAL,
        save_steps=50,
        save_total_limit=1,
        logging_steps=10,
        report_to="none",
        seed=SEED,
    )
    sets = {
        source: Dataset.from_list(
            [
                {**{f"question {number}": question for number, question in enumerate(asked)}, "passage": passage}
                for passage, asked in of.items()
            ]
        )
        for source, of in questions.items()
    }
    trainer = SentenceTransformerTrainer(model, arguments, sets, loss=SharedPassages(model))
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
    arguments = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"
    train(training_questions(arguments.data), arguments.output)
    package(arguments.output)


if __name__ == "__main__":
    main()
