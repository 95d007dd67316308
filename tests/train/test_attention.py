"""Attention by plain products gives what a model's own gives."""

import pytest
import torch
from transformers import (
    AutoModelForQuestionAnswering,
    BertConfig,
    DistilBertConfig,
    LlamaConfig,
    ModernBertConfig,
    PreTrainedConfig,
    XLNetConfig,
)

from spanwise.train.attention import NAME, attend_by_products

SIZES = {
    "vocab_size": 100,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "pad_token_id": 0,
}
CONFIGS = {
    "bert": BertConfig(**SIZES),
    "distilbert": DistilBertConfig(vocab_size=100, dim=32, n_layers=2, n_heads=4, hidden_dim=64),
    "modernbert, with a window of 8 tokens": ModernBertConfig(
        **SIZES, local_attention=8, cls_token_id=1, sep_token_id=2, bos_token_id=1, eos_token_id=2
    ),
    "llama, with fewer heads for keys, and causal": LlamaConfig(**SIZES, num_key_value_heads=2),
}


def _logits(model: torch.nn.Module) -> torch.Tensor:
    """Return start logits of three windows, two of them shorter, where there is text."""
    tokens = torch.randint(3, 100, (3, 24), generator=torch.Generator().manual_seed(1))
    mask = torch.arange(24) < torch.tensor([24, 15, 4])[:, None]
    starts: torch.Tensor = model(input_ids=tokens * mask, attention_mask=mask.long()).start_logits
    return starts[mask]


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_gives_what_the_models_own_attention_gives(config: PreTrainedConfig) -> None:
    torch.manual_seed(0)
    model = AutoModelForQuestionAnswering.from_config(config)
    model.eval()
    before = _logits(model)

    attend_by_products(model)

    assert model.config._attn_implementation == NAME
    torch.testing.assert_close(_logits(model), before)


def test_gradients_in_bfloat16_are_those_of_float32() -> None:
    torch.manual_seed(0)
    model = AutoModelForQuestionAnswering.from_config(CONFIGS["bert"])
    model.eval()
    _logits(model).square().sum().backward()
    wanted = model.bert.encoder.layer[0].attention.self.query.weight.grad.clone()
    model.zero_grad()

    attend_by_products(model)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = _logits(model)
    logits.float().square().sum().backward()

    found = model.bert.encoder.layer[0].attention.self.query.weight.grad
    assert torch.nn.functional.cosine_similarity(found.flatten(), wanted.flatten(), dim=0) > 0.99


def test_a_model_whose_attention_cannot_be_replaced_keeps_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    model = AutoModelForQuestionAnswering.from_config(
        XLNetConfig(vocab_size=100, d_model=32, n_layer=1, n_head=4, d_inner=64)
    )

    attend_by_products(model)

    assert model.config._attn_implementation != NAME
    assert capfd.readouterr() == ("", "")
