"""Turn a recipe into the arguments of transformers' Trainer."""

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING

from spanwise.errors import UsageError
from spanwise.train.recipe import Recipe

if TYPE_CHECKING:
    from transformers import TrainingArguments


def processes() -> int:
    """Return the number of processes that train together, as torchrun and accelerate set it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def training_arguments(
    recipe: Recipe, output: Path, device: str, *, items: int, evaluated: bool
) -> "TrainingArguments":
    """
    Return the Trainer's arguments for a recipe.

    :param device: "cpu", "cuda" or "mps".
    :param items: What is seen in an epoch: windows, or questions with all their passages.
    :param evaluated: Whether the model is evaluated during the training.
    :raises UsageError: If the batch cannot be shared, the device is one of several by number, or it does not compute
        in the recipe's dtype.
    """
    from transformers import TrainingArguments

    _require_fitting(recipe, device)
    updates = math.ceil(items / recipe.batch_size)  # of one epoch
    between = recipe.epochs if recipe.evaluate_every is None else recipe.evaluate_every
    args = TrainingArguments(
        output_dir=str(output),
        per_device_train_batch_size=recipe.batch_size // (recipe.gradient_accumulation * processes()),
        gradient_accumulation_steps=recipe.gradient_accumulation,
        num_train_epochs=recipe.epochs,
        max_steps=-1 if recipe.max_steps is None else recipe.max_steps,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=recipe.warmup_ratio,
        weight_decay=recipe.weight_decay,
        max_grad_norm=recipe.max_grad_norm,
        bf16=recipe.dtype == "bfloat16",
        fp16=recipe.dtype == "float16",
        seed=recipe.seed,
        use_cpu=device == "cpu",
        dataloader_pin_memory=device.startswith("cuda"),
        disable_tqdm=True,
        eval_strategy="steps" if evaluated else "no",  # the last update is always evaluated
        eval_steps=max(1, round(between * updates)),
        metric_for_best_model=recipe.select_by,
        greater_is_better=True,
        log_level="error",
        log_level_replica="error",
        logging_nan_inf_filter=False,
        logging_steps=0.005,  # of all updates
        remove_unused_columns=False,
        report_to="none",
        restore_callback_states_from_checkpoint=True,
        save_strategy="steps",
        save_steps=recipe.checkpoint_every,
    )
    args._n_gpu = min(1, args.n_gpu)  # Trainer would spread a batch over all GPUs, and multiply it
    return args


def _require_fitting(recipe: Recipe, device: str) -> None:
    """Refuse a recipe that the processes or the device cannot run."""
    shares = recipe.gradient_accumulation * processes()
    if recipe.batch_size % shares:
        msg = (
            f"expected a batch_size that {processes()} processes times gradient_accumulation of "
            f"{recipe.gradient_accumulation} share evenly, found {recipe.batch_size}; choose a multiple of {shares}"
        )
    elif recipe.dtype == "float16" and not device.startswith("cuda"):
        msg = f"expected a CUDA device for dtype float16, found {device!r}; choose float32, or bfloat16"
    elif ":" in device:
        number = device.rpartition(":")[2]
        msg = f"expected the device cuda to train on, found {device!r}; choose one by CUDA_VISIBLE_DEVICES={number}"
    else:
        return
    raise UsageError(msg)
