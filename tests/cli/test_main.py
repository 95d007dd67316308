import os
import subprocess
import sys
import time

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
    began = time.perf_counter()
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    seconds = time.perf_counter() - began
    assert ran.stdout.rstrip().endswith("[]")
    assert all(command in ran.stdout for command in ("index", "ask", "show", "status"))
    assert seconds < 5  # the benchmark measures it; this only notices a heavy import


def test_ask_loads_neither_torch_nor_haystack(sample_index):
    code = (
        "import sys\n"
        f"sys.argv = ['spanwise', 'ask', 'How tall is the mast?', '--index', {str(sample_index)!r}, '--json']\n"
        "from spanwise.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "print(sorted({'torch', 'haystack', 'transformers', 'sentence_transformers'} & set(sys.modules)))\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert ran.stdout.splitlines()[-1] == "[]"


def test_an_unknown_command_is_usage(spanwise):
    ran = spanwise("answer")
    assert ran.code == 2
    assert "No such command 'answer'" in ran.err


def test_the_package_can_be_run():
    ran = subprocess.run([sys.executable, "-m", "spanwise", "--version"], capture_output=True, text=True, check=True)
    assert ran.stdout == f"spanwise {__version__}\n"
