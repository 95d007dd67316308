import os

import pytest

from spanwise.runtime import processor


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Pretend to be on a machine; returns a function that says what it is like."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    for name in ("CPUS", "QUOTA", "CPUINFO"):
        monkeypatch.setattr(processor, name, tmp_path / name)

    def describe(allowed=(0, 1, 2, 3), siblings=(), quota=None, flags=None):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(allowed))
        for pair in siblings:
            for number in pair:
                folder = tmp_path / "CPUS" / f"cpu{number}" / "topology"
                folder.mkdir(parents=True)
                (folder / "thread_siblings_list").write_text(",".join(map(str, pair)) + "\n")
        if quota is not None:
            (tmp_path / "QUOTA").write_text(quota)
        if flags is not None:
            (tmp_path / "CPUINFO").write_text(f"processor\t: 0\nmodel name\t: any\nflags\t\t: {flags}\n")

    return describe


@pytest.mark.parametrize(
    ("facts", "cores"),
    [
        ({}, 4),
        ({"allowed": (2,)}, 1),
        ({"siblings": [(0, 2), (1, 3)]}, 2),
        ({"siblings": [(0, 2), (1, 3)], "allowed": (0, 2)}, 1),
        ({"quota": "max 100000\n"}, 4),
        ({"quota": "250000 100000\n"}, 2),
        ({"quota": "50000 100000\n"}, 1),
        ({"quota": "900000 100000\n"}, 4),
    ],
)
def test_usable_cores(machine, facts, cores):
    machine(**facts)
    assert processor.usable_cores() == cores


@pytest.mark.parametrize(("stated", "cores"), [("3", 3), ("0", 4), ("all", 4), ("", 4)])
def test_a_stated_number_of_threads(machine, monkeypatch, stated, cores):
    machine()
    monkeypatch.setenv("OMP_NUM_THREADS", stated)
    assert processor.usable_cores() == cores


@pytest.mark.parametrize(
    ("architecture", "flags", "expected"),
    [
        ("x86_64", "fpu avx2 avx512_bf16 sse", True),
        ("AMD64", "amx_bf16 amx_tile", True),
        ("x86_64", "fpu avx2 avx512f", False),
        ("x86_64", None, False),
        ("aarch64", "amx_bf16", False),
    ],
)
def test_has_bfloat16(machine, monkeypatch, architecture, flags, expected):
    machine(flags=flags)
    monkeypatch.setattr(processor.platform, "machine", lambda: architecture)
    assert processor.has_bfloat16() is expected


def test_the_name_of_a_processor(machine, monkeypatch):
    monkeypatch.setattr(processor.platform, "machine", lambda: "some-architecture")
    monkeypatch.setattr(processor.platform, "processor", lambda: "")
    machine()
    assert processor.processor_name() == "some-architecture"
    machine(flags="fpu")
    assert processor.processor_name() == "any"
