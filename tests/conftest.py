"""Tiny real models: one layer, fixed random weights, tokenizers made on the spot."""

import os
import re
from tempfile import mkdtemp

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["XDG_STATE_HOME"] = mkdtemp(prefix="spanwise-state-")
if workers := int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "0")):  # each a share of the cores: waiting threads spin
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // workers)))

import json
from pathlib import Path
from tempfile import gettempdir

import pytest
from filelock import FileLock
from hypothesis import settings

from spanwise.pipeline.corpus import Corpus
from spanwise.runtime.default_embedder import DEFAULT_EMBEDDER, embedder_folder
from spanwise.runtime.tokenizer import load_tokenizer

os.environ["XDG_STATE_HOME"] = str(Path(gettempdir(), f"spanwise-tests-{os.getpid()}"))  # not the developer's own
os.environ.pop("SPANWISE_INDEX", None)

settings.register_profile("quick", deadline=None, max_examples=15)
settings.register_profile("thorough", deadline=None, max_examples=60)  # make test-all
settings.register_profile("deep", deadline=None, max_examples=3000)  # pytest --hypothesis-profile=deep FILE
settings.load_profile("quick")

TRAINING_TEXT = """
The observatory opens its dome at dusk and closes it before dawn. The server listens on port 8443 by default.
Ana Ruiz has been the mayor of the capital since 2019. Which port does the server use? Who is the mayor?
When does the dome open? Where is the observatory? It stands on a hill, 1,200 meters above the sea.
Backups are kept for thirty days; after that they are removed. How long are backups kept?
""".strip().splitlines()
POSITIONS = 128
SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "initializer_range": 0.3,  # wide enough that logits of different tokens lie well apart
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
}


def wordpiece_tokenizer():
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    # Not trained, since a trainer breaks ties by chance; words that are not in the text fall apart into letters.
    words = sorted(set(re.findall(r"\w+|[^\w\s]", " ".join(TRAINING_TEXT).lower())))
    letters = sorted(set("".join(words)))
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    pieces += [word for word in words if len(word) > 1]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")],
    )
    return tokenizer


def byte_level_tokenizer():
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TRAINING_TEXT, trainer)
    end, begin = (("</s>", tokenizer.token_to_id("</s>")), ("<s>", tokenizer.token_to_id("<s>")))
    tokenizer.post_processor = processors.RobertaProcessing(end, begin, add_prefix_space=False)
    return tokenizer


def save_tokenizer(tokenizer, folder, class_name):
    tokenizer.save(str(folder / "tokenizer.json"))
    if class_name == "RobertaTokenizer":
        special = {"bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "sep_token": "</s>"}
        special |= {"pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<mask>", "add_prefix_space": False}
    else:
        special = {f"{name}_token": f"[{name.upper()}]" for name in ("cls", "sep", "pad", "unk", "mask")}
        special["do_lower_case"] = True
    config = {"tokenizer_class": class_name, "model_max_length": POSITIONS, **special}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))


def make_reader(folder, architecture):
    import torch
    import transformers

    torch.manual_seed(7)
    folder.mkdir()
    if architecture == "roberta":
        tokenizer = byte_level_tokenizer()
        config = transformers.RobertaConfig(
            vocab_size=tokenizer.get_vocab_size(), max_position_embeddings=POSITIONS + 2, type_vocab_size=1, **SIZES
        )
        model = transformers.RobertaForQuestionAnswering(config)
        class_name = "RobertaTokenizer"
    else:
        tokenizer = wordpiece_tokenizer()
        common = {"vocab_size": tokenizer.get_vocab_size(), "max_position_embeddings": POSITIONS, "type_vocab_size": 2}
        if architecture == "electra":
            config = transformers.ElectraConfig(embedding_size=16, **common, **SIZES)
            model, class_name = transformers.ElectraForQuestionAnswering(config), "ElectraTokenizer"
        else:
            config = transformers.BertConfig(**common, **SIZES)
            model, class_name = transformers.BertForQuestionAnswering(config), "BertTokenizer"
    model.save_pretrained(folder)
    save_tokenizer(tokenizer, folder, class_name)
    return folder


@pytest.fixture(scope="session")
def bert_reader(tmp_path_factory):
    """A folder with a one-layer BERT reader."""
    return make_reader(tmp_path_factory.mktemp("models") / "bert", "bert")


@pytest.fixture(scope="session")
def electra_reader(tmp_path_factory):
    """A folder with a one-layer ELECTRA reader."""
    return make_reader(tmp_path_factory.mktemp("models") / "electra", "electra")


@pytest.fixture(scope="session")
def roberta_reader(tmp_path_factory):
    """A folder with a one-layer RoBERTa reader."""
    return make_reader(tmp_path_factory.mktemp("models") / "roberta", "roberta")


@pytest.fixture(scope="session", params=["bert", "electra", "roberta"])
def tiny_reader(request):
    """Each of the three one-layer readers in turn."""
    return request.getfixturevalue(f"{request.param}_reader")


@pytest.fixture(scope="session")
def tiny_embedder(tmp_path_factory):
    """A folder with a one-layer sentence-transformers model of 32 dimensions and 64 tokens."""
    import torch
    import transformers
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules

    torch.manual_seed(11)
    base = tmp_path_factory.mktemp("models") / "base"
    base.mkdir()
    tokenizer = wordpiece_tokenizer()
    config = transformers.BertConfig(
        vocab_size=tokenizer.get_vocab_size(), max_position_embeddings=POSITIONS, type_vocab_size=2, **SIZES
    )
    transformers.BertModel(config).save_pretrained(base)
    save_tokenizer(tokenizer, base, "BertTokenizer")
    transformer = modules.Transformer(str(base), max_seq_length=64)
    pooling = modules.Pooling(32, pooling_mode="mean")
    folder = base.with_name("embedder")
    SentenceTransformer(modules=[transformer, pooling, modules.Normalize()], device="cpu").save(str(folder))
    return folder


def make_cross_encoder(folder, *, labels=1, model="BertForSequenceClassification"):
    import torch
    import transformers

    torch.manual_seed(3)
    folder.mkdir()
    tokenizer = wordpiece_tokenizer()
    common = {"vocab_size": tokenizer.get_vocab_size(), "max_position_embeddings": POSITIONS, "type_vocab_size": 2}
    config = transformers.BertConfig(num_labels=labels, **common, **SIZES)
    getattr(transformers, model)(config).save_pretrained(folder)
    save_tokenizer(tokenizer, folder, "BertTokenizer")
    return folder


@pytest.fixture(scope="session")
def tiny_cross_encoder(tmp_path_factory):
    """A folder with a one-layer cross-encoder."""
    return make_cross_encoder(tmp_path_factory.mktemp("models") / "cross-encoder")


@pytest.fixture(scope="session")
def untrained_cross_encoder(tmp_path_factory):
    """A folder with an encoder that has no head to score pairs."""
    return make_cross_encoder(tmp_path_factory.mktemp("models") / "untrained", model="BertModel")


@pytest.fixture(scope="session")
def two_score_cross_encoder(tmp_path_factory):
    """A folder with a model that gives two scores for a pair."""
    return make_cross_encoder(tmp_path_factory.mktemp("models") / "two", labels=2)


@pytest.fixture(scope="session")
def minilm_tokenizer():
    """The default embedder's tokenizer."""
    return load_tokenizer(embedder_folder(DEFAULT_EMBEDDER))


@pytest.fixture(scope="session")
def sample_folder():
    """The sample documents."""
    return Path(__file__).parents[1] / "data" / "sample"


@pytest.fixture(scope="session")
def made_once(tmp_path_factory):
    """Make a folder that tests only read once, for all processes that run tests."""
    base = tmp_path_factory.getbasetemp()
    parent = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def give(name, make):
        folder = parent / name
        with FileLock(parent / f"{name}.lock"):
            if not folder.exists():
                make(made := base / f"{name}.part")
                made.rename(folder)
        return folder

    return give


@pytest.fixture(scope="session")
def sample_index(sample_folder, made_once):
    """An index of the sample documents, to be read and not written."""

    def make(index):
        with Corpus(index) as corpus:
            corpus.sync(sample_folder)

    return made_once("sample.index", make)
