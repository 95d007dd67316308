"""A hub that cannot be reached: found out at once, and said in one line."""

import os
import shutil
import socket
import subprocess
import sys
import threading

import pytest

from spanwise.errors import ModelError
from spanwise.read import SpanReader
from spanwise.runtime.hub import require_folder

NOWHERE = "http://127.0.0.1:9"  # discard: nothing listens there


def run(code, home, endpoint=NOWHERE):
    environment = {**os.environ, "HF_ENDPOINT": endpoint, "HF_HOME": str(home), "HF_HUB_OFFLINE": "0"}
    command = [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{code}"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def hanging_up():
    """An address where every connection is closed at once, and the list of those there were."""
    connections, server = [], socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, peer = server.accept()
            except OSError:
                return
            connections.append(peer)
            connection.close()

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}", connections
    server.close()


LOADING = """
from spanwise.embed import load_encoder
from spanwise.errors import ModelError
from spanwise.read import SpanReader
from spanwise.retrieve.cross_encoder import PairScorer
from spanwise.runtime.tokenizer import load_tokenizer
from spanwise.train.model import load_trainable_model
from spanwise.train.recipe import Recipe

for load in (
    lambda: SpanReader("some/model").warm_up(),
    lambda: load_encoder("some/model"),
    lambda: PairScorer("some/model").warm_up(),
    lambda: load_tokenizer("some/model"),
    lambda: load_trainable_model(Recipe(model="some/model", train=("a.json",)), device="cpu"),
):
    try:
        load()
    except ModelError as error:
        print(error)
"""


def test_it_is_tried_once_and_said_in_one_line(hanging_up, tmp_path):
    endpoint, connections = hanging_up
    ran = run(LOADING, tmp_path, endpoint)
    lines = ran.stdout.splitlines()
    assert (len(lines), len(connections), ran.stderr) == (5, 5, "")
    for line in lines:
        assert line.startswith("expected a model folder 'some/model', or a model of that name on the hub, found no")
        assert f"{endpoint} cannot be reached" in line


def test_the_shell_says_it_in_one_line(sample_index, tmp_path):
    arguments = ["ask", "Which port?", "--index", str(sample_index), "--reader", "some/model"]
    ran = run(f"from spanwise.cli.main import main; sys.argv[1:] = {arguments!r}; main()", tmp_path)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("spanwise: expected a model folder 'some/model'")
    assert ran.stderr.count("\n") == 1


def test_a_model_is_taken_from_the_cache_and_a_name_that_no_hub_could_have_is_said_to_be_one(bert_reader, tmp_path):
    repository = tmp_path / "hub" / "models--some--model"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("1" * 40)
    shutil.copytree(bert_reader, repository / "snapshots" / ("1" * 40))
    code = """
from spanwise.errors import ModelError
from spanwise.read import ReaderSettings, SpanReader
try:
    SpanReader("some/model/folder").warm_up()
except ModelError as error:
    print(error)
reader = SpanReader(ReaderSettings("some/model", max_seq_length=64, stride=16, device="cpu"))
print(len(reader.read([("Which port?", "Port 8443.")], top_k=1)[0]))
"""
    ran = run(code, tmp_path)
    refused, read = ran.stdout.splitlines()
    assert refused.startswith("expected a question-answering model named 'some/model/folder', found none (")
    assert (read, ran.stderr) == ("1", "")


def test_what_is_not_to_be_asked_is_not_said_to_be_out_of_reach():
    with pytest.raises(ModelError, match=r"found none \(it was not loaded .* HF_HUB_OFFLINE keeps from asking it\)"):
        SpanReader("some/model").warm_up()


def test_a_name_that_only_looks_like_a_home_is_a_name():
    require_folder("~$model")
