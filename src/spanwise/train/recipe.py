"""All the settings of a training, checked."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from spanwise.default_embedder import DEFAULT_EMBEDDER
from spanwise.default_reader import DEFAULT_READER
from spanwise.errors import UsageError
from spanwise.train.distillation.settings import Distillation

Dtype = Literal["float32", "bfloat16", "float16"]
SaveDtype = Literal["float32", "float16", "bfloat16"]
Measure = Literal["f1", "best_f1", "exact", "best_exact"]


@dataclass(frozen=True, slots=True)
class DataEntry:
    """
    Questions to train or to evaluate on.

    :param file: A SQuAD file, `.json` or `.json.gz`; None for a data set of the hub.
    :param hub: A data set of the hub in SQuAD's columns, such as "rajpurkar/squad_v2"; None for a file.
    :param split: Which part of a hub data set.
    :param weight: How often a question is seen in an epoch: 2 twice, 0.5 every other one, drawn once by the seed.
    :param corpus: Where passages for these questions are found, as in `Recipe`; None for the recipe's own.
    """

    file: str | None = None
    hub: str | None = None
    split: str = "train"
    weight: float = 1.0
    corpus: str | None = None

    def __post_init__(self) -> None:
        if (self.file is None) == (self.hub is None):
            msg = f"expected either a file or a hub data set, found file={self.file!r} and hub={self.hub!r}"
            raise UsageError(msg)
        if not 0 < self.weight < math.inf:
            msg = f"expected a weight above 0 for {self.name!r}, found {self.weight}"
            raise UsageError(msg)

    @property
    def name(self) -> str:
        """The file's or the data set's name."""
        return f"{self.hub}:{self.split}" if self.file is None else self.file


@dataclass(frozen=True, slots=True)
class Recipe:
    """
    What to train on what, and how.

    :param model: An encoder or a reader: a hub name or a folder.
    :param train: What to train on.
    :param eval: What to measure on, during training and at its end.
    :param description: What the recipe is for.
    :param corpus: Where passages for every question are found: lines of JSON with a "text" each, a SQuAD file, whose
        contexts are taken, or "own" for the contexts of the questions' own file. "{title}" stands for the title of the
        question's article. None for data that does not name its own reads each question's own context alone.
    :param passages: Most passages read for a question, its own among them.
    :param judge: The reader that says which of the passages found answer after all; None for none.
    :param embedder: What finds passages by meaning: a sentence-transformers name or folder; None finds them by words
        alone, which takes no embedding of the corpus.
    :param shared_normalization: Share, in [0, 1], of the loss that is one softmax over all passages of a question; the
        rest is that of each passage by itself.
    :param seed: Of everything drawn: new weights, the order of windows, dropout.
    :param batch_size: Windows of one update, or questions where there is a corpus, over all devices and accumulated
        batches together.
    :param gradient_accumulation: In how many batches, one after the other, an update is computed.
    :param epochs: How often all windows are seen.
    :param max_steps: Most updates, or None for what `epochs` makes.
    :param max_seq_length: Most tokens of a window, special ones included.
    :param stride: Passage tokens that neighboring windows share.
    :param max_query_length: Tokens after which a question is cut.
    :param learning_rate: At its highest; AdamW, falling linearly to 0 after the warm-up.
    :param warmup: Share of the updates, in [0, 1), over which the learning rate rises linearly from 0.
    :param weight_decay: Of all weights but biases and norms.
    :param max_grad_norm: Gradients longer than this are shortened to it.
    :param dropout: Of hidden states and attention; None keeps the model's own. With 0 attention is fastest.
    :param head_dropout: Of what the question-answering head is given; None for none.
    :param freeze: Parameters whose name holds one of these words are not trained.
    :param dtype: What matrix products are computed in; weights are kept in float32.
    :param gradient_checkpointing: Compute activations twice to save memory.
    :param group_by_length: Put windows of similar length into a batch.
    :param keep_negatives: Share, in [0, 1], of those windows of answerable questions that do not hold the answer.
    :param drop_misplaced: Leave out questions whose answer does not stand at its offset, instead of refusing the file.
    :param evaluate_every: Epochs between two evaluations; 0.25 is four times an epoch. None evaluates at the end only.
    :param evaluate_limit: Questions of each file, evenly from the whole of it, in evaluations during training; None
        takes all. The last takes all.
    :param select_by: The measure, averaged over the files, by which the best checkpoint is kept.
    :param patience: Stop after so many evaluations without a better one; None trains to the end.
    :param checkpoint_every: Updates between two checkpoints, from which an interrupted training goes on.
    :param save_dtype: Of the weights that are written at the end.
    :param distill: What a distillation adds; see `spanwise distill`.
    :param card: Which values are published, and which are ours.
    """

    model: str
    train: tuple[DataEntry, ...]
    eval: tuple[DataEntry, ...] = ()
    description: str = ""
    corpus: str | None = None
    passages: int = 5
    judge: str | None = DEFAULT_READER
    embedder: str | None = DEFAULT_EMBEDDER
    shared_normalization: float = 0.5
    seed: int = 42
    batch_size: int = 32
    gradient_accumulation: int = 1
    epochs: float = 2.0
    max_steps: int | None = None
    max_seq_length: int = 384
    stride: int = 128
    max_query_length: int = 64
    learning_rate: float = 3e-5
    warmup: float = 0.1
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0
    dropout: float | None = None
    head_dropout: float | None = None
    freeze: tuple[str, ...] = ()
    dtype: Dtype = "float32"
    gradient_checkpointing: bool = False
    group_by_length: bool = True
    keep_negatives: float = 1.0
    drop_misplaced: bool = False
    evaluate_every: float | None = 1.0
    evaluate_limit: int | None = None
    select_by: Measure = "f1"
    patience: int | None = None
    checkpoint_every: int = 500
    save_dtype: SaveDtype = "float32"
    distill: Distillation | None = None
    card: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.train:
            msg = f"expected something to train {self.model!r} on, found no data; name a file with --train"
            raise UsageError(msg)
        for name in ("batch_size", "gradient_accumulation", "max_seq_length", "max_query_length", "checkpoint_every"):
            _check(name, getattr(self, name), getattr(self, name) >= 1, "at least 1")
        for name in ("max_steps", "evaluate_limit", "patience"):
            _check(name, getattr(self, name), getattr(self, name) is None or getattr(self, name) >= 1, "at least 1")
        _check("seed", self.seed, 0 <= self.seed < 2**32, "between 0 and 4294967295")
        _check("epochs", self.epochs, 0 < self.epochs < math.inf, "above 0")
        _check("evaluate_every", self.evaluate_every, self.evaluate_every is None or self.evaluate_every > 0, "above 0")
        _check("learning_rate", self.learning_rate, 0 < self.learning_rate < 1, "between 0 and 1")
        _check("max_grad_norm", self.max_grad_norm, self.max_grad_norm > 0, "above 0")
        _check("weight_decay", self.weight_decay, self.weight_decay >= 0, "at least 0")
        _check("warmup", self.warmup, 0 <= self.warmup < 1, "at least 0 and below 1")
        _check("keep_negatives", self.keep_negatives, 0 <= self.keep_negatives <= 1, "between 0 and 1")
        _check("passages", self.passages, self.passages >= 2, "at least 2")
        shared = self.shared_normalization
        _check("shared_normalization", shared, 0 <= shared <= 1, "between 0 and 1")
        _check("stride", self.stride, 0 <= self.stride < self.max_seq_length, f"in [0, {self.max_seq_length})")
        for name in ("dropout", "head_dropout"):
            value = getattr(self, name)
            _check(name, value, value is None or 0 <= value < 1, "at least 0 and below 1")
        for name, known in (("dtype", Dtype), ("save_dtype", SaveDtype), ("select_by", Measure)):
            _check(name, getattr(self, name), getattr(self, name) in get_args(known), " or ".join(get_args(known)))
        accumulated = self.gradient_accumulation
        _check("batch_size", self.batch_size, self.batch_size % accumulated == 0, f"a multiple of {accumulated}")

    def settings(self) -> dict[str, Any]:
        """Return what decides the weights that come out, as JSON knows it; what only describes is left out."""
        values = asdict(self)
        del values["description"], values["card"]
        values["train"] = [asdict(entry) for entry in self.train]
        values["eval"] = [asdict(entry) for entry in self.eval]
        values["distill"] = None if self.distill is None else self.distill.settings()
        return {**values, "freeze": list(self.freeze)}


def _check(name: str, value: object, holds: bool, expected: str) -> None:
    if not holds:
        msg = f"expected {name} to be {expected}, found {value!r}; correct it in the recipe"
        raise UsageError(msg)
