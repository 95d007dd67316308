"""
One-layer question-answering models of many architectures, each with its own tokenizer class; made, not downloaded.

Weights are drawn from generators seeded by their names, so that they are the same whatever version makes them.

    python tests/support/tiny_models.py FOLDER [NAME ...]
"""

import re
import sys
import zlib
from pathlib import Path

import numpy as np

WORDS = """
The observatory opens its dome at dusk and closes it before dawn. The server listens on port 8443 by default.
Ana Ruiz has been the mayor of the capital since 2019. Which port does the server use? Who is the mayor?
When does the dome open? Where is the observatory? It stands on a hill, 1,200 meters above the sea.
Backups are kept for thirty days; after that they are removed. How long are backups kept?
"""
LETTERS = {*"abcdefghijklmnopqrstuvwxyz0123456789é東京", *map(chr, range(0x5D0, 0x5EB))}
POSITIONS = 128
LAYER = {
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
}
BERT_SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
ROBERTA_SPECIALS = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]


def words(*, lower):
    return sorted(set(re.findall(r"\w+|[^\w\s]", WORDS.lower() if lower else WORDS)))


def wordpiece_vocabulary(specials):
    letters = sorted(set("".join(words(lower=True))) | LETTERS)
    whole = [word for word in words(lower=True) if len(word) > 1]
    return {
        piece: number
        for number, piece in enumerate([*specials, *letters, *(f"##{letter}" for letter in letters), *whole])
    }


def unigram_vocabulary(specials, *, lower=False):
    letters = sorted(set("".join(words(lower=lower))) | LETTERS)
    whole = [word for word in words(lower=lower) if len(word) > 1]
    pieces = [("▁", -2.0), *((letter, -6.0) for letter in letters), *((f"▁{word}", -4.0) for word in whole)]
    return [*((special, 0.0) for special in specials), *pieces]


def byte_level_vocabulary(specials):
    """Return a vocabulary and merges in which every word is put together from left to right."""
    from tokenizers.pre_tokenizers import ByteLevel

    symbols = sorted(ByteLevel.alphabet())
    # Words after a space come first, or their letters would be taken by those that begin a text.
    texts = [f"{space}{word}" for space in ("Ġ", "") for word in words(lower=False)]
    merges = list(dict.fromkeys((text[:end], text[end]) for text in texts for end in range(1, len(text))))
    pieces = dict.fromkeys([*specials, *symbols, *("".join(pair) for pair in merges)])
    return {piece: number for number, piece in enumerate(pieces)}, merges


def bert_tokenizer(transformers, name="BertTokenizer"):
    return getattr(transformers, name)(vocab=wordpiece_vocabulary(BERT_SPECIALS))


def roberta_tokenizer(transformers):
    vocabulary, merges = byte_level_vocabulary(ROBERTA_SPECIALS)
    return transformers.RobertaTokenizer(vocab=vocabulary, merges=merges)


def unigram_tokenizer(transformers, name, specials, **settings):
    return getattr(transformers, name)(vocab=unigram_vocabulary(specials, **settings))


def modernbert_tokenizer(transformers):
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    vocabulary, merges = byte_level_vocabulary(BERT_SPECIALS)
    made = Tokenizer(models.BPE(vocabulary, merges))
    made.normalizer = normalizers.NFC()
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B [SEP]",
        special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])],
    )
    special = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")}
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made, **special)


def gpt2_tokenizer(transformers):
    vocabulary, merges = byte_level_vocabulary(["<|endoftext|>"])
    return transformers.GPT2Tokenizer(vocab=vocabulary, merges=merges, pad_token="<|endoftext|>")


MOBILEBERT = {"embedding_size": 16, "true_hidden_size": 32, "intra_bottleneck_size": 32, "num_feedforward_networks": 1}
SHORT_LAYER = {"d_model": 32, "n_layer": 1, "n_head": 2, "d_inner": 64, "dropout": 0.0}
DISTILBERT = {"dim": 32, "n_layers": 1, "n_heads": 2, "hidden_dim": 64, "dropout": 0.0, "attention_dropout": 0.0}
GPT2 = {"n_embd": 32, "n_layer": 1, "n_head": 2, "resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
MODERNBERT = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
BART = {
    "d_model": 32,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
}
OFFSET = {"max_position_embeddings": POSITIONS + 2, "pad_token_id": 1, "type_vocab_size": 1}

# name: how to make the tokenizer, the prefix of the model's classes, and the configuration
ARCHITECTURES = {
    "bert": (bert_tokenizer, "Bert", LAYER),
    "electra": (lambda t: bert_tokenizer(t, "ElectraTokenizer"), "Electra", {**LAYER, "embedding_size": 16}),
    "roberta": (roberta_tokenizer, "Roberta", {**LAYER, **OFFSET}),
    "distilbert": (lambda t: bert_tokenizer(t, "DistilBertTokenizer"), "DistilBert", DISTILBERT),
    "mobilebert": (bert_tokenizer, "MobileBert", {**LAYER, **MOBILEBERT}),
    "albert": (
        lambda t: unigram_tokenizer(t, "AlbertTokenizer", ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"], lower=True),
        "Albert",
        {**LAYER, "embedding_size": 16},
    ),
    "deberta-v2": (
        lambda t: unigram_tokenizer(t, "DebertaV2Tokenizer", BERT_SPECIALS),
        "DebertaV2",
        {**LAYER, "relative_attention": True, "pos_att_type": ["p2c", "c2p"], "position_buckets": 16},
    ),
    "xlm-roberta": (
        lambda t: unigram_tokenizer(t, "XLMRobertaTokenizer", ROBERTA_SPECIALS),
        "XLMRoberta",
        {**LAYER, **OFFSET},
    ),
    "mpnet": (
        lambda t: t.MPNetTokenizer(vocab=wordpiece_vocabulary([*ROBERTA_SPECIALS, "[UNK]"])),
        "MPNet",
        {**LAYER, "max_position_embeddings": POSITIONS + 2, "pad_token_id": 1},
    ),
    "longformer": (roberta_tokenizer, "Longformer", {**LAYER, **OFFSET, "attention_window": [16], "sep_token_id": 2}),
    "big_bird": (
        lambda t: unigram_tokenizer(
            t, "BigBirdTokenizer", ["<pad>", "</s>", "<s>", "<unk>", "[SEP]", "[MASK]", "[CLS]"]
        ),
        "BigBird",
        {**LAYER, "sep_token_id": 4, "attention_type": "original_full"},
    ),
    "xlnet": (
        lambda t: unigram_tokenizer(
            t, "XLNetTokenizer", ["<unk>", "<s>", "</s>", "<cls>", "<sep>", "<pad>", "<mask>", "<eod>", "<eop>"]
        ),
        "XLNet",
        SHORT_LAYER,
    ),
    "modernbert": (modernbert_tokenizer, "ModernBert", {**MODERNBERT, "attn_implementation": "eager"}),
    "bart": (roberta_tokenizer, "Bart", BART),
    "gpt2": (gpt2_tokenizer, "GPT2", {**GPT2, "n_positions": POSITIONS}),
}


def set_weights(model):
    import torch

    with torch.no_grad():
        for name, parameter in model.named_parameters():
            drawn = np.random.default_rng(zlib.crc32(name.encode())).normal(size=tuple(parameter.shape))
            center = 1.0 if "norm" in name.lower() and "bias" not in name else 0.0
            parameter.copy_(torch.from_numpy(0.3 * drawn if parameter.ndim > 1 else center + 0.1 * drawn))


def make_model(folder, architecture, positions=POSITIONS):
    """Make a one-layer model in `folder`, which is created."""
    import transformers

    make_tokenizer, prefix, settings = ARCHITECTURES[architecture]
    tokenizer = make_tokenizer(transformers)
    tokenizer.model_max_length = positions
    settings = {
        "vocab_size": len(tokenizer),
        "max_position_embeddings": positions,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "cls_token_id": tokenizer.cls_token_id,
        "sep_token_id": tokenizer.sep_token_id,
        **settings,
    }
    if architecture in ("gpt2", "xlnet"):
        del settings["max_position_embeddings"]
    config = getattr(transformers, f"{prefix}Config")(**settings)
    model = transformers.AutoModelForQuestionAnswering.from_config(config)
    set_weights(model)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return Path(folder)


if __name__ == "__main__":
    for chosen in sys.argv[2:] or ARCHITECTURES:
        make_model(Path(sys.argv[1]) / chosen, chosen)
