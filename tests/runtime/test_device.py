import pytest

from spanwise.errors import UsageError
from spanwise.runtime import device as device_module
from spanwise.runtime.device import resolve_device


@pytest.fixture
def accelerators(monkeypatch):
    """Make this machine look like one with the accelerators that are named."""
    import torch

    def have(*names):
        monkeypatch.setattr(device_module, "_may_have_accelerator", lambda: bool(names))
        monkeypatch.setattr(torch.cuda, "is_available", lambda: "cuda" in names)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: 2 * ("cuda" in names))
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: "mps" in names)

    return have


@pytest.mark.parametrize(
    ("found", "best"), [((), "cpu"), (("mps",), "mps"), (("cuda",), "cuda"), (("mps", "cuda"), "cuda")]
)
def test_auto_takes_the_best(accelerators, found, best):
    accelerators(*found)
    assert resolve_device("auto") == best


def test_auto_where_a_driver_is_but_pytorch_finds_nothing(accelerators, monkeypatch):
    accelerators()
    monkeypatch.setattr(device_module, "_may_have_accelerator", lambda: True)
    assert resolve_device("auto") == "cpu"


@pytest.mark.parametrize("device", ["cpu", "cuda", "cuda:1", "mps"])
def test_a_named_device_is_taken(accelerators, device):
    accelerators("cuda", "mps")
    assert resolve_device(device) == device


@pytest.mark.parametrize("device", ["cuda", "cuda:0", "mps"])
def test_a_device_that_is_not_here(accelerators, device):
    accelerators()
    with pytest.raises(UsageError, match=f"expected the device '{device}', but PyTorch finds none here; use --device"):
        resolve_device(device)


@pytest.mark.parametrize("device", ["", "gpu", "CPU", "tpu:0", "cuda0", "auto:1", "cpu:1", "cuda:", "cuda:x", "mps:2"])
def test_an_unknown_device(device):
    with pytest.raises(UsageError, match=f"expected a device of auto, cpu, cuda, mps or cuda:N, found '{device}'"):
        resolve_device(device)


@pytest.mark.parametrize("device", ["cpu:0", "mps:0"])
def test_the_one_device_of_a_kind_may_carry_its_number(accelerators, device):
    accelerators("mps")
    assert resolve_device(device) == device.removesuffix(":0")


def test_a_number_beyond_the_last(accelerators):
    accelerators("cuda")
    with pytest.raises(UsageError, match="expected a device below cuda:2, found 'cuda:2'; use --device cuda"):
        resolve_device("cuda:2")
