"""What `reader.py` checks besides speed: best spans against a decoder that tries every span, F1, and peak rates."""

import json
import re
import statistics
import string
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.reading.sides import Ask, Question
from numpy.typing import NDArray

MAX_SEQ_LENGTH, STRIDE, MAX_ANSWER_LENGTH = 384, 128, 30


def reference_answers(model: str, asks: Sequence[Ask]) -> list[tuple[int, str, float]]:
    """
    Return for each question the best answer by transformers' model and tokenizer alone.

    Every span of at most 30 tokens is tried.

    :returns: Which passage, the text, and its margin over "no answer".
    """
    import torch
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    network = AutoModelForQuestionAnswering.from_pretrained(model, dtype=torch.float32).eval()

    def best(question: str, passage: str) -> tuple[float, str]:
        encoded = tokenizer(
            question, passage, max_length=MAX_SEQ_LENGTH, stride=STRIDE, truncation="only_second",
            return_overflowing_tokens=True, return_offsets_mapping=True,
        )  # fmt: skip
        found = (float("-inf"), "")
        for number, offsets in enumerate(encoded["offset_mapping"]):
            sides = encoded.sequence_ids(number)
            rows = {name: torch.tensor([encoded[name][number]]) for name in tokenizer.model_input_names}
            with torch.inference_mode():
                output = network(**rows)
            starts, ends = (values[0].double().numpy() for values in (output.start_logits, output.end_logits))
            tokens = [index for index, side in enumerate(sides) if side == 1]
            for first in tokens:
                for last in range(first, min(first + MAX_ANSWER_LENGTH, tokens[-1] + 1)):
                    margin = float(starts[first] + ends[last] - starts[0] - ends[0])
                    if margin > found[0]:
                        found = (margin, passage[offsets[first][0] : offsets[last][1]])
        return found

    answers = []
    for question, passages in asks:
        spans = [best(question, passage) for passage in passages]
        number = max(range(len(spans)), key=lambda index: spans[index][0])
        answers.append((number, spans[number][1], spans[number][0]))
    return answers


def f1(answer: str, right: Sequence[str]) -> float:
    """Return the best F1 of an answer's words, as SQuAD counts them; no right answers call for none."""
    return max(_f1(_words(answer), _words(text)) for text in (right or [""]))


def _f1(found: list[str], right: list[str]) -> float:
    if not found or not right:
        return float(found == right)
    common = sum((Counter(found) & Counter(right)).values())
    return 2 * common / (len(found) + len(right))


def _words(text: str) -> list[str]:
    plain = "".join(character for character in text.lower() if character not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", plain).split()


def quality(
    questions: Sequence[Question], exact: Sequence[tuple[str, float]], fast: Sequence[tuple[str, float]]
) -> list[list[str]]:
    """
    Return table rows of F1 in percent of both precisions, and their difference.

    The first row is when every question with an answer must be answered, the second when those are left unanswered
    whose margin is below the threshold best for fp32.
    """
    answerable = [index for index, question in enumerate(questions) if question.answers]
    margins = sorted(margin for _, margin in exact)
    threshold = max(margins[:: max(1, len(margins) // 50)], key=lambda value: _mean(questions, exact, value))
    rows = []
    for name, chosen, bound in (
        ("F1, must answer", answerable, float("-inf")),
        ("F1, may abstain", range(len(questions)), threshold),
    ):
        asked = [questions[index] for index in chosen]
        scores = [_mean(asked, [side[index] for index in chosen], bound) for side in (exact, fast)]
        rows.append([name, f"{len(asked):,}", *(f"{score:.2f}" for score in scores), f"{scores[1] - scores[0]:+.2f}"])
    return rows


def _mean(questions: Sequence[Question], found: Sequence[tuple[str, float]], threshold: float) -> float:
    return 100 * statistics.fmean(
        f1(text if margin >= threshold else "", question.answers)
        for question, (text, margin) in zip(questions, found, strict=True)
    )


def operations(model: Path, lengths: Sequence[int]) -> float:
    """
    Return the floating-point operations of a BERT-like encoder's matrix products on windows of these lengths.

    Two for each parameter and token (Kaplan et al. 2020, section 2.1), and 4 x tokens x hidden size a token for
    attention.
    """
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    hidden, inner, layers = (config[key] for key in ("hidden_size", "intermediate_size", "num_hidden_layers"))
    parameters = layers * (4 * hidden * hidden + 2 * hidden * inner)
    return float(sum(2 * parameters * length + 4 * length * length * hidden * layers for length in lengths))


def matmul_rates(threads: int, size: tuple[int, int, int] = (1024, 1536, 1536)) -> dict[str, float]:
    """
    Return the operations a second of large matrix products, one on each core.

    :returns: "fp32" in PyTorch, and where the onnx package is installed "int8" in ONNX Runtime.
    """
    import torch

    rows, inner, columns = size
    torch.set_num_threads(1)
    random = np.random.default_rng(0)
    value = random.standard_normal((rows, inner), dtype=np.float32)
    weight = random.standard_normal((inner, columns), dtype=np.float32)
    first, second = torch.from_numpy(value), torch.from_numpy(weight)
    calls: dict[str, Callable[[], Any]] = {"fp32": lambda: first @ second}
    if find_spec("onnx") is not None:
        session = _int8_product(weight)
        calls["int8"] = lambda: session.run(None, {"x": value})
    return {kind: threads * 2 * rows * inner * columns / _fastest(call, threads) for kind, call in calls.items()}


def _int8_product(weight: NDArray[np.float32]) -> Any:
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    constants = {
        "w": np.clip(weight / 0.05, -64, 64).astype(np.int8),
        "s": np.full(weight.shape[1], 0.05, dtype=np.float32),
    }
    graph = helper.make_graph(
        [helper.make_node("DynamicQuantizeMatMul", ["x", "w", "s"], ["y"], domain="com.microsoft")],
        "product",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", weight.shape[0]])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", weight.shape[1]])],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10).SerializeToString()
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _fastest(call: Callable[[], Any], threads: int, repeats: int = 15) -> float:
    """Return the fewest seconds in which all threads made one call each."""
    with ThreadPoolExecutor(threads) as pool:
        seconds = []
        for _ in range(repeats):
            began = time.perf_counter()
            for done in [pool.submit(call) for _ in range(threads)]:
                done.result()
            seconds.append(time.perf_counter() - began)
    return min(seconds)
