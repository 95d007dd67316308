"""All the settings of a training."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, Strict, model_validator

from spanwise.errors import UsageError
from spanwise.runtime.default_embedder import DEFAULT_EMBEDDER
from spanwise.train.distillation.settings import Distillation
from spanwise.train.settings import CheckedModel

Dtype = Literal["float32", "bfloat16", "float16"]
Measure = Literal["f1", "best_f1", "exact", "best_exact"]
Count = Annotated[int, Field(ge=1)]
UnitShare = Annotated[float, Field(ge=0, le=1)]
Probability = Annotated[float, Field(ge=0, lt=1)]


class DataEntry(CheckedModel):
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
    weight: float = Field(1.0, gt=0)
    corpus: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _name_alone(cls, values: Any) -> Any:
        return {"file": values} if isinstance(values, str) else values

    @model_validator(mode="after")
    def _check_source(self) -> Self:
        if (self.file is None) == (self.hub is None):
            msg = f"expected either a file or a hub data set, found file={self.file!r} and hub={self.hub!r}"
            raise UsageError(msg)
        return self

    @property
    def name(self) -> str:
        """The file's or the data set's name."""
        return f"{self.hub}:{self.split}" if self.file is None else self.file


Entries = Annotated[tuple[DataEntry, ...], Strict(False)]


class Recipe(CheckedModel):
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
    :param embedder: What finds passages by meaning: a sentence-transformers name or folder; None finds them by words
        alone, which takes no embedding of the corpus.
    :param shared_normalization: Share, in [0, 1], of the loss that is one softmax over all passages of a question; the
        rest is that of each passage by itself.
    :param seed: Of everything drawn: new weights, the order of windows, dropout.
    :param batch_size: Windows of one update, or questions if there is a corpus, over all devices and accumulated
        batches together.
    :param gradient_accumulation: In how many batches, one after the other, an update is computed.
    :param epochs: How often all windows are seen.
    :param max_steps: Most updates, or None for what `epochs` makes.
    :param max_seq_length: Most tokens of a window, special ones included.
    :param stride: Passage tokens that neighboring windows share.
    :param max_query_length: Tokens after which a question is cut.
    :param learning_rate: At its highest; AdamW, falling linearly to 0 after the warm-up.
    :param warmup_ratio: Share of the updates, in [0, 1), over which the learning rate rises linearly from 0.
    :param weight_decay: Of all weights but biases and norms.
    :param max_grad_norm: Gradients longer than this are shortened to it.
    :param dropout: Of hidden states and attention; None keeps the model's own. With 0 attention is fastest.
    :param attention_dropout: Of attention alone; None is `dropout`. On a CPU it costs more than all other dropout.
    :param head_dropout: Of what the question-answering head is given; None for none.
    :param freeze: Parameters whose name holds one of these words are not trained.
    :param dtype: What matrix products are computed in; weights are kept in float32.
    :param gradient_checkpointing: Compute activations twice to save memory.
    :param group_by_length: Put windows of similar length into a batch.
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
    train: Entries
    eval: Entries = ()
    description: str = ""
    corpus: str | None = None
    passages: int = Field(5, ge=2)
    embedder: str | None = DEFAULT_EMBEDDER
    shared_normalization: UnitShare = 0.5
    seed: int = Field(42, ge=0, lt=2**32)
    batch_size: Count = 32
    gradient_accumulation: Count = 1
    epochs: float = Field(2.0, gt=0)
    max_steps: Count | None = None
    max_seq_length: Count = 384
    stride: int = Field(128, ge=0)
    max_query_length: Count = 64
    learning_rate: float = Field(3e-5, gt=0, lt=1)
    warmup_ratio: Probability = 0.1
    weight_decay: float = Field(0.0, ge=0)
    max_grad_norm: float = Field(1.0, gt=0)
    dropout: Probability | None = None
    attention_dropout: Probability | None = None
    head_dropout: Probability | None = None
    freeze: Annotated[tuple[str, ...], Strict(False)] = ()
    dtype: Dtype = "float32"
    gradient_checkpointing: bool = False
    group_by_length: bool = True
    drop_misplaced: bool = False
    evaluate_every: Annotated[float, Field(gt=0)] | None = 1.0
    evaluate_limit: Count | None = None
    select_by: Measure = "f1"
    patience: Count | None = None
    checkpoint_every: Count = 500
    save_dtype: Dtype = "float32"
    distill: Distillation | None = None
    card: Mapping[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        """Check what depends on two values."""
        if not self.train:
            msg = f"expected something to train {self.model!r} on, found no data; name a file with --train"
        elif self.stride >= self.max_seq_length:
            msg = f"expected stride to be in [0, {self.max_seq_length}), found {self.stride}; it is an overlap"
        elif self.batch_size % self.gradient_accumulation:
            wanted = f"a multiple of {self.gradient_accumulation}, which is gradient_accumulation"
            msg = f"expected batch_size to be {wanted}, found {self.batch_size}; correct one of them"
        else:
            return self
        raise UsageError(msg)

    def settings(self) -> dict[str, Any]:
        """Return what decides the weights that come out, as JSON values; what only describes is left out."""
        return self.model_dump(mode="json", exclude={"description", "card"})


RENAMED = {"warmup": "warmup_ratio"}
"""Keys of older recipes, with their names of today."""
REMOVED = {"judge": None, "judge_fingerprint": None, "keep_negatives": 1.0, "layers": None}
"""Keys of older recipes that are gone, with the values that change nothing."""

STAGES = ("distill", "intermediate")


def current_keys(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a recipe's values by the names of today's keys; those that are gone and change nothing are left out."""
    kept = {key: value for key, value in values.items() if key not in REMOVED or value != REMOVED[key]}
    return {
        RENAMED.get(key, key): current_keys(value) if key in STAGES and isinstance(value, Mapping) else value
        for key, value in kept.items()
    }
