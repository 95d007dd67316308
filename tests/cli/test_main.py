import os
import shutil
import subprocess
import sys
from importlib.metadata import entry_points

import pytest

from spanwise import __version__


def test_version(spanwise):
    assert spanwise("--version").out == f"spanwise {__version__}\n"


def test_help_lists_the_commands_and_loads_nothing_heavy():
    code = (
        "import sys\n"
        "sys.argv = ['spanwise', '--help']\n"
        "from spanwise.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'haystack', 'transformers', 'sentence_transformers', 'faiss', 'onnxruntime', 'numpy'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    before = os.times()
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    after = os.times()
    assert ran.stdout.rstrip().endswith("[]")
    assert all(command in ran.stdout for command in ("index", "ask", "show", "status", "doctor", "compact"))
    # the benchmark measures it; this only notices a heavy import, and counts no time that others take
    assert after.children_user - before.children_user < 5


def test_ask_loads_only_what_it_asks_with(sample_index):
    code = (
        "import sys\n"
        f"sys.argv = ['spanwise', 'ask', 'How tall is the mast?', '--index', {str(sample_index)!r}, '--json']\n"
        "from spanwise.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "print(sorted({'torch', 'haystack', 'transformers', 'sentence_transformers'} & set(sys.modules)))\n"
        "rooms = 'convert', 'evaluate', 'pipeline.sync', 'scale', 'serve', 'squad', 'train'\n"
        "others = tuple(f'spanwise.{room}' for room in (*rooms, 'cli.indexing', 'cli.training'))\n"
        "print([name for name in sys.modules if name.startswith(others)])\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert ran.stdout.splitlines()[-2:] == ["[]", "[]"]


@pytest.mark.parametrize(
    ("command", "unused"),
    [
        (["doctor"], {"faiss", "onnxruntime", "tokenizers"}),
        (["doctor", "--repair"], {"onnxruntime"}),
        (["status"], {"faiss", "onnxruntime", "tokenizers", "numpy", "rich"}),
        (["compact"], {"onnxruntime", "tokenizers"}),
        (["index", "--type", "flat"], {"onnxruntime", "tokenizers"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_the_care_of_an_index_loads_only_what_it_uses(sample_index, tmp_path, command, unused):
    shutil.copytree(sample_index, tmp_path / "i")
    (tmp_path / "i" / "vectors" / "left.tmp").write_bytes(b"x")
    unused |= {"torch", "haystack", "transformers", "sentence_transformers"}
    code = (
        "import sys\n"
        f"sys.argv = ['spanwise', *{command!r}, '--index', {str(tmp_path / 'i')!r}, '--json']\n"
        "from spanwise.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        f"print(sorted({unused!r} & set(sys.modules)))\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert ran.stdout.splitlines()[-1] == "[]"


def test_an_unknown_command_is_usage(spanwise):
    ran = spanwise("answer")
    assert ran.code == 2
    assert "No such command 'answer'" in ran.err


def test_the_installed_command_is_this_one():
    (command,) = entry_points(group="console_scripts", name="spanwise")
    assert command.value == "spanwise.cli.main:main"


def test_the_package_can_be_run():
    ran = subprocess.run([sys.executable, "-m", "spanwise", "--version"], capture_output=True, text=True, check=True)
    assert ran.stdout == f"spanwise {__version__}\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a disk that is always full")
def test_output_that_a_full_disk_does_not_take_is_one_line():
    with open("/dev/full", "w") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "spanwise", "--help"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert ran.returncode == 1
    assert ran.stderr.startswith(b"spanwise: expected to write all output, found")
    assert ran.stderr.count(b"\n") == 1


def test_a_closed_output_is_passed_over():
    command = f'exec "{sys.executable}" -m spanwise --version >&-'
    ran = subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, check=False)
    assert (ran.returncode, ran.stderr) == (0, b"")
