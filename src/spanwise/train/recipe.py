"""All the settings of a training, and errors of one line where they are wrong."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    Strict,
    ValidationError,
    field_validator,
    model_validator,
)

from spanwise.errors import UsageError
from spanwise.runtime.default_embedder import DEFAULT_EMBEDDER

EXPECTED = {"mapping_type": "keys and values", "tuple_type": "a list"}
"""What was expected as YAML calls it, by pydantic's types of errors; for others pydantic's own words are taken."""
Dtype = Literal["float32", "bfloat16", "float16"]
Measure = Literal["f1", "best_f1", "exact", "best_exact"]
Count = Annotated[int, Field(ge=1)]
UnitShare = Annotated[float, Field(ge=0, le=1)]
Probability = Annotated[float, Field(ge=0, lt=1)]


class CheckedModel(BaseModel):
    """Immutable settings; unknown keys and values of another type are refused with a UsageError."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @model_validator(mode="wrap")
    @classmethod
    def _explain_errors(cls, values: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(values)
        except ValidationError as error:
            raise UsageError(cls._explanation(error)) from error

    @classmethod
    def checked(cls, values: Any, source: str) -> Self:
        """
        Make settings of plain values.

        :param source: Where they are from, for messages.
        :raises UsageError: If a key is unknown or missing, or a value is not valid.
        """
        try:
            return cls.model_validate(values)
        except UsageError as error:
            msg = f"{source}: {error}"
            raise UsageError(msg) from error

    @classmethod
    def _explanation(cls, error: ValidationError) -> str:
        """Return one line about the first of pydantic's errors: what was expected, what was found, what to do."""
        first = error.errors(include_url=False)[0]
        kind, found, key = first["type"], first["input"], next(iter(first["loc"]), None)
        if kind == "missing":
            return f"expected {key}, found none; add it"
        if kind == "extra_forbidden" or key is None:
            wrong = found if key is None else key
            return f"expected keys of {', '.join(cls.model_fields)}, found {wrong!r}; correct it or leave it out"
        expected = EXPECTED.get(kind, first["msg"].removeprefix("Input should be "))
        hint = " (YAML reads 1e-4 as a text; write 1.0e-4)" if kind == "float_type" and isinstance(found, str) else ""
        return f"expected {key} to be {expected}, found {found!r}{hint}; correct it"


class Intermediate(CheckedModel):
    """
    A stage before the distillation of logits, in which the student's layers learn from those of a teacher.

    :param teacher: A reader: a hub name or a folder; None for the first of the distillation's.
    :param attentions: Whether attention scores are matched, and not hidden states alone.
    :param changes: Keys of the recipe that are otherwise in this stage, such as `epochs` or `train`.
    """

    teacher: str | None = None
    attentions: bool = True
    changes: Mapping[str, Any] = Field(default_factory=dict)


class Distillation(CheckedModel):
    """
    How a student learns from a teacher.

    :param teacher: Readers, each a hub name or a folder, whose probabilities are averaged.
    :param temperature: By which the logits of teacher and student are divided before they are compared.
    :param distillation_loss_weight: Share, in [0, 1], of the loss against the teacher; the rest is that against the
        right answers.
    :param intermediate: The stage before, or None for none.
    """

    teacher: Annotated[
        tuple[str, ...],
        Strict(False),
        BeforeValidator(lambda value: (str(value),) if isinstance(value, str | Path) else value),
        Field(validate_default=True),
    ] = ()
    temperature: float = Field(1.5, gt=0)
    distillation_loss_weight: float = Field(0.75, ge=0, le=1)
    intermediate: Intermediate | None = None

    @field_validator("teacher")
    @classmethod
    def _check_teachers(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if not names:
            msg = "expected a teacher, found none; name a reader with --teacher"
            raise UsageError(msg)
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            msg = f"expected each teacher once, found {twice!r} twice; leave one out"
            raise UsageError(msg)
        return names


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
