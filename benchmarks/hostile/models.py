"""
What becomes of hostile models: each is given to the command line as a user would, and a line says what happened.

    python -m benchmarks.hostile.models [--only NAME] [--out benchmarks/hostile/models.md]

Readers, rerankers, embedders, graphs and calibrations: each in a process of its own without a network, which must end
with one line that names what is wrong, or with an answer where what the folder says is not heeded.
"""

import json
import os
import pickle
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from benchmarks.hostile import graphs
from benchmarks.hostile.watched.run import Ran, Row, report, run

sys.path.append(str(Path(__file__).parents[2] / "tests" / "support"))

LONGEST = 150.0  # seconds; a graph may compute for 60
PEAK = 3_000_000_000
POSITIONS = 512
MOST_LINES = 3  # what a library warns of before the line
Spoil = Callable[[Path, Path], object]
"""Given a copy of a good folder, and a folder outside of it with a file `victim`, changes the copy."""

NOTES = {"a.txt": "The keys of the lighthouse lie in a blue drawer.", "b.txt": "The dome opens at dusk."}
SIZES = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
EVIL = "from pathlib import Path\nPath({!r}, 'ran').write_text('code of the model ran')\nclass Model: pass\n"


class Command:
    """What a pickle would do."""

    def __init__(self, outside: Path) -> None:
        self.outside = outside

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, (f"touch {self.outside}/ran",)


def make_good(work: Path) -> None:
    """Make the good folders that the others are copies of, and an index to ask, in a new folder."""
    import torch
    import transformers
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules

    import tiny_models
    from spanwise import Corpus

    torch.manual_seed(1)
    work.mkdir()
    tiny_models.make_model(work / "reader", "bert", POSITIONS)
    tokenizer = tiny_models.bert_tokenizer(transformers)
    tokenizer.model_max_length = POSITIONS
    sizes = {**SIZES, "vocab_size": len(tokenizer), "max_position_embeddings": POSITIONS, "num_labels": 1}
    config = transformers.BertConfig(**sizes)
    for name, kind in (("reranker", "BertForSequenceClassification"), ("encoder", "BertModel")):
        getattr(transformers, kind)(config).save_pretrained(work / name)
        tokenizer.save_pretrained(work / name)
    parts = [modules.Transformer(str(work / "encoder")), modules.Pooling(32, pooling_mode="mean")]
    SentenceTransformer(modules=parts, device="cpu").save(str(work / "embedder"))
    shutil.copytree(work / "reader", work / "graph")
    graphs.write_graph(work / "graph", graphs.not_numbers)
    (work / "calibration").mkdir()
    good = {"null_threshold": 0.0, "slope": 1.0, "threshold": 0.5, "calibrated": True}
    (work / "calibration" / "calibration.json").write_text(json.dumps(good))
    (work / "notes").mkdir()
    for name, text in NOTES.items():
        (work / "notes" / name).write_text(text)
    with Corpus(work / "index") as corpus:
        corpus.sync(work / "notes")


def changed(name: str, **values: Any) -> Spoil:
    """Return what changes entries of a JSON file."""

    def spoil(folder: Path, _outside: Path) -> None:
        file = folder / name
        found = json.loads(file.read_text()) if file.exists() else {}
        file.write_text(json.dumps({**found, **values}))

    return spoil


def written(name: str, content: str | bytes) -> Spoil:
    """Return what puts a file into the folder."""
    data = content.encode() if isinstance(content, str) else content
    return lambda folder, _: (folder / name).write_bytes(data)


def sparse(name: str, size: int) -> Spoil:
    """Return what makes a file long, without bytes on the disk."""
    return lambda folder, _: os.truncate(folder / name, size)


def graph(nodes: Callable[[], Any], **options: Any) -> Spoil:
    """Return what writes a graph."""
    return lambda folder, _: graphs.write_graph(folder, nodes, **options)


def _pickled(folder: Path, outside: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Command(outside)))


def _code(folder: Path, outside: Path) -> None:
    (folder / "evil.py").write_text(EVIL.format(str(outside)))
    names = ("AutoConfig", "AutoModel", "AutoModelForQuestionAnswering", "AutoModelForSequenceClassification")
    changed("config.json", model_type="evil", auto_map=dict.fromkeys(names, "evil.Model"))(folder, outside)


def _tokenizer_code(folder: Path, outside: Path) -> None:
    (folder / "evil.py").write_text(EVIL.format(str(outside)))
    spoil = changed(
        "tokenizer_config.json", tokenizer_class="Evil", auto_map={"AutoTokenizer": ["evil.Model", "evil.Model"]}
    )
    spoil(folder, outside)


def _module(kind: str, path: str = "") -> Spoil:
    def spoil(folder: Path, outside: Path) -> None:
        (folder / "evil.py").write_text(EVIL.format(str(outside)))
        modules = json.loads((folder / "modules.json").read_text())
        modules.append({"idx": len(modules), "name": str(len(modules)), "path": path, "type": kind})
        (folder / "modules.json").write_text(json.dumps(modules))

    return spoil


def _dense(**config: Any) -> Spoil:
    def spoil(folder: Path, outside: Path) -> None:
        (folder / "dense").mkdir()
        (folder / "dense" / "config.json").write_text(json.dumps({"in_features": 32, "out_features": 8, **config}))
        _module("sentence_transformers.models.Dense", "dense")(folder, outside)

    return spoil


def _router(folder: Path, outside: Path) -> None:
    (folder / "router").mkdir()
    config = {"types": {"a": "evil.Model"}, "structure": {"query": ["a"]}, "parameters": {}}
    (folder / "router" / "router_config.json").write_text(json.dumps(config))
    _module("sentence_transformers.models.Router", "router")(folder, outside)


def _cut(folder: Path, _outside: Path) -> None:
    file = folder / "model.safetensors"
    os.truncate(file, file.stat().st_size // 2)


def _weights(value: float) -> Spoil:
    def spoil(folder: Path, _outside: Path) -> None:
        from safetensors.numpy import load_file, save_file

        arrays = {name: np.full_like(array, value) for name, array in load_file(folder / "model.safetensors").items()}
        save_file(arrays, folder / "model.safetensors", metadata={"format": "pt"})

    return spoil


def _sharded(folder: Path, outside: Path) -> None:
    (folder / "model.safetensors").rename(outside / "weights.safetensors")
    names = {"bert.embeddings.word_embeddings.weight": os.path.relpath(outside / "weights.safetensors", folder)}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": names}))


def _adapter(folder: Path, _outside: Path) -> None:
    text = json.dumps({"base_model_name_or_path": "stranger/model", "peft_type": "LORA"})
    (folder / "adapter_config.json").write_text(text)


def _emptied(folder: Path, _outside: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def _many_tokens(folder: Path, _outside: Path) -> None:
    with (folder / "tokenizer.json").open("w") as file:
        file.write('{"version":"1.0","model":{"type":"WordLevel","unk_token":"[UNK]","vocab":{"[UNK]":0')
        for number in range(1, 10_000_000):
            file.write(f',"{number:x}":{number}')
        file.write("}}}")


HEADER = struct.pack("<Q", 1 << 60) + b"{}"
LYING = json.dumps(
    {"bert.embeddings.word_embeddings.weight": {"dtype": "F32", "shape": [1 << 40, 32], "data_offsets": [0, 1 << 47]}}
)
READERS: dict[str, Spoil] = {
    "config is a list": written("config.json", "[]"),
    "config is nested": written("config.json", "[" * 200_000),
    "config is 20 GB": sparse("config.json", 20_000_000_000),
    "config has texts": changed("config.json", hidden_size="many", num_attention_heads=[2]),
    "config is negative": changed("config.json", hidden_size=-32, vocab_size=-1),
    "config is wide": changed("config.json", hidden_size=1_000_000_000, intermediate_size=2_000_000_000),
    "config is deep": changed("config.json", num_hidden_layers=30_000_000),
    "config has many positions": changed("config.json", max_position_embeddings=1 << 40),
    "config names code": _code,
    "config names a class of another kind": changed("config.json", model_type="whisper", architectures=["\x1b[2JEvil"]),
    "config drives a terminal": changed("config.json", model_type="\x1b]0;evil\x07\x1b[2J\u202emodel"),
    "config names a quantizer": changed("config.json", quantization_config={"quant_method": "evil", "x": 1}),
    "adapter of a hub model": _adapter,
    "folder is empty": _emptied,
    "weights are pickled": _pickled,
    "weights are cut short": _cut,
    "weights are nothing": written("model.safetensors", b""),
    "weights' header is long": written("model.safetensors", HEADER),
    "weights' header lies": written("model.safetensors", struct.pack("<Q", len(LYING)) + LYING.encode() + bytes(64)),
    "weights are NaN": _weights(float("nan")),
    "weights are outside": _sharded,
    "tokenizer is damaged": written("tokenizer.json", '{"version": "1.0", "model": '),
    "tokenizer is 10 million entries": _many_tokens,
    "tokenizer is 20 GB": sparse("tokenizer.json", 20_000_000_000),
    "tokenizer names code": _tokenizer_code,
    "tokenizer's limits are texts": changed("tokenizer_config.json", model_max_length="long", cls_token={}),
    "tokenizer's limit is negative": changed("tokenizer_config.json", model_max_length=-5),
    "calibration of an unknown signal": written(
        "calibration.json",
        json.dumps({"null_threshold": 0, "slope": 1, "threshold": 0.5, "calibrated": True,
                    "answer": {"intercept": 0, "weights": {"\x1b[2Jevil": 1}}}),
    ),
}  # fmt: skip
GRAPHS: dict[str, Spoil] = {
    "graph gives wrong shapes": graph(graphs.constant_outputs(np.zeros((1, 3), dtype=np.float32))),
    "graph gives texts": graph(graphs.constant_outputs(np.array([["a"]], dtype=object))),
    "graph gives one number": graph(graphs.constant_outputs(np.float32(1))),
    "graph gives NaN": graph(graphs.not_numbers),
    "graph runs for ever": graph(graphs.for_ever),
    "graph asks for 80 GB": graph(graphs.eighty_gigabytes),
    "graph reads outside": graph(graphs.outside_weights("../outside/victim")),
    "graph reads an absolute path": graph(graphs.outside_weights("/etc/hostname")),
    "graph is of other weights": graph(graphs.not_numbers, signed=False),
    "graph wants other inputs": graph(graphs.not_numbers, inputs=(*graphs.INPUTS, "password")),
    "graph has an unknown operator": graph(graphs.unknown_operator),
    "graph is noise": written("graph.onnx", bytes(range(256)) * 40),
    "graph is 20 GB": sparse("graph.onnx", 20_000_000_000),
    "graph's config has texts": changed("config.json", max_position_embeddings="many", pad_token_id="none"),
    "graph's config is a list": written("config.json", "[]"),
    "graph's config is 20 GB": sparse("config.json", 20_000_000_000),
    "graph's tokenizer has odd settings": changed("tokenizer_config.json", model_max_length="long", cls_token={"a": 1}),
}
EMBEDDERS: dict[str, Spoil] = {
    "modules are foreign": _module("os.system"),
    "modules are of the folder": _module("evil.Model"),
    "modules are nested": written("modules.json", "[" * 200_000),
    "module is outside": _module("sentence_transformers.models.Transformer", "../outside"),
    "module is absolute": _module("sentence_transformers.models.Dense", "/etc"),
    "router names code": _router,
    "activation is code": _dense(activation_function="evil.Model", bias=True),
    "activation is a function of torch": _dense(activation_function="torch.hub.list", bias=True),
    "dense is huge": _dense(out_features=1 << 40, bias=True, activation_function="torch.nn.Tanh"),
    "pooling lies": changed("1_Pooling/config.json", word_embedding_dimension=7, embedding_dimension=7),
    "embedder's tokenizer is of a hub": changed("sentence_bert_config.json", tokenizer_name_or_path="stranger/model"),
    "embedder's length is a text": changed("sentence_bert_config.json", max_seq_length="long"),
    "embedder's weights are pickled": _pickled,
    "embedder's weights are NaN": _weights(float("nan")),
    "embedder's config names code": _code,
}
RERANKERS: dict[str, Spoil] = {
    "reranker's config names code": _code,
    "reranker's weights are pickled": _pickled,
    "reranker's weights are NaN": _weights(float("nan")),
    "reranker gives two scores": changed("config.json", id2label={"0": "a", "1": "b"}, label2id={"a": 0, "b": 1}),
    "reranker's activation is code": changed("config.json", sentence_transformers={"activation_fn": "os.getcwd"}),
    "reranker's activation is torch's": changed(
        "config.json", sentence_transformers={"activation_fn": "torch.hub.list"}
    ),
    "reranker is deep": changed("config.json", num_hidden_layers=30_000_000),
    "reranker's config is a list": written("config.json", "[]"),
}
CALIBRATIONS: dict[str, Spoil] = {
    **{
        f"calibration's {name} is {str(value)[:9]!r}": changed("calibration.json", **{name: value})
        for name, value in (
            ("slope", float("nan")), ("null_threshold", float("inf")), ("slope", 1e308), ("threshold", 7),
            ("curve", [{"threshold": "x"}]), ("fitted_with", [5]), ("answer", {"weights": {"evil": 1}, "intercept": 0}),
        )
    },
    "calibration is nested": written("calibration.json", "[" * 200_000),
    "calibration is 20 GB": sparse("calibration.json", 20_000_000_000),
}  # fmt: skip
MODELS = {
    name: (kind, spoil)
    for kind, family in (
        ("reader", READERS), ("graph", GRAPHS), ("embedder", EMBEDDERS), ("reranker", RERANKERS),
        ("calibration", CALIBRATIONS),
    )
    for name, spoil in family.items()
}  # fmt: skip
UNHEEDED = {
    "config names a class of another kind", "config names a quantizer", "tokenizer names code", "activation is code",
    "reranker's activation is code", "embedder's tokenizer is of a hub",
}  # fmt: skip
"""Where what the folder says may be passed over, and the rest be used."""


def command(kind: str, folder: Path, good: Path, work: Path) -> list[object]:
    """Return what a user would type."""
    spanwise: list[object] = [sys.executable, "-m", "spanwise"]
    if kind == "embedder":
        return [*spanwise, "index", good / "notes", "--index", work / "made", "--embedder", folder]
    given = folder / "calibration.json" if kind == "calibration" else folder
    option = "reader" if kind == "graph" else kind
    question = ["ask", "Where are the keys?", "--index", good / "index", "--passages", "2"]
    return [*spanwise, *question, f"--{option}", given]


def judge(name: str, work: Path, good: Path) -> Row:
    """
    Make a model and use it.

    :param good: What `make_good` made.
    """
    kind, spoil = MODELS[name]
    folder, outside = work / "model", work / "outside"
    shutil.copytree(good / kind, folder)
    outside.mkdir()
    (outside / "victim").write_text("mine")
    spoil(folder, outside)
    ran = run(command(kind, folder, good, work), work, longest=LONGEST, outside=outside)
    return Row(name, verdict(name, ran), ran)


def verdict(name: str, ran: Ran) -> str:
    """Return what happened, which begins with "ok" where it should have."""
    if ran.fault:
        return ran.fault
    if ran.peak > PEAK:
        return f"TAKES {ran.peak / 1e9:.1f} GB"
    if ran.code == 0:
        return "ok, used all the same" if name in UNHEEDED else f"USED: {ran.last_line[-120:]!r}"
    lines = ran.text.strip().splitlines()
    if not ran.last_line.startswith("spanwise: ") or len(lines) > MOST_LINES or len(ran.last_line) > 1000:
        return f"SAYS {len(lines)} lines: {ran.text[-300:]!r}"
    return f"ok, {ran.last_line.removeprefix('spanwise: ')}"


if __name__ == "__main__":
    with TemporaryDirectory(prefix="hostile-models-") as scratch:
        made = Path(scratch).resolve() / "good"
        # elsewhere: a process that this one starts counts its memory as its own at first
        make = "import sys; from pathlib import Path; from benchmarks.hostile.models import make_good; "
        subprocess.run([sys.executable, "-c", f"{make}make_good(Path(sys.argv[1]))", str(made)], check=True)
        report("Models from strangers", MODELS, partial(judge, good=made), __doc__ or "")
