"""Options that all commands have in common, and their help."""

import json
import os
import re
import shlex
import shutil

import pytest
from typer.main import get_command

from spanwise.cli.main import app
from spanwise.index.index import Index


def commands(group, words=()):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*words, name))
        else:
            yield " ".join((*words, name)), command


COMMANDS = dict(commands(get_command(app)))


@pytest.fixture(params=COMMANDS)
def name(request):
    return request.param


def test_every_help_has_examples_that_name_what_there_is(spanwise, name):
    ran = spanwise(*name.split(), "--help")
    examples = re.search(r"Examples:\s*\n(.*?)\n\s*\n", ran.out, re.DOTALL)[1]
    lines = [shlex.split(line) for line in examples.splitlines()]
    assert lines
    for program, *words in lines:
        assert program == "spanwise"
        command = COMMANDS.get(" ".join(words[:2])) or COMMANDS[words[0]]
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        assert {word for word in words if word.startswith("--")} <= known


def test_no_help_shows_the_type_of_a_flag_or_of_python(spanwise, name):
    out = spanwise(*name.split(), "--help").out
    assert not re.search(r"<(bool|int range|float range|list\[|str>|path>)", out)
    assert re.search(r"--quiet +-q", out)


def test_everyday_commands_stand_apart_from_training(spanwise):
    out = spanwise("--help").out
    everyday, rest = out.partition("Looking after an index")[::2]
    shown = set(re.findall(r"^. (\w+) ", everyday, re.MULTILINE))
    assert shown >= {"index", "ask", "search", "show", "open", "files", "status"}
    assert not shown & {"train", "distill", "export", "data", "evaluate", "calibrate"}
    assert "train" in rest


def asked_index(spanwise, *arguments):
    return json.loads(spanwise(*arguments, "--json").out)["index"]


@pytest.fixture
def three(tmp_path, monkeypatch):
    """Indexes of no files in a folder, in one below it, and beside both."""
    for place in ("a/.spanwise", "a/b/.spanwise", "other"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        Index.create(tmp_path / place).close()
    (tmp_path / "a" / "b" / "c" / "d").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b" / "c" / "d")
    return tmp_path


def test_the_nearest_index_above_is_taken(spanwise, three, monkeypatch):
    assert asked_index(spanwise, "status") == str(three / "a/b/.spanwise")
    monkeypatch.chdir(three / "a")
    assert asked_index(spanwise, "status") == ".spanwise"
    shutil.rmtree(three / "a" / "b" / ".spanwise")
    monkeypatch.chdir(three / "a" / "b")
    assert asked_index(spanwise, "status") == str(three / "a/.spanwise")
    monkeypatch.chdir(three)
    ran = spanwise("status")
    assert ran.code == 1
    assert "there is no index in .spanwise" in ran.err


def test_where_the_current_directory_is_gone(spanwise, three, monkeypatch):
    (three / "gone").mkdir()
    monkeypatch.chdir(three / "gone")
    (three / "gone").rmdir()
    ran = spanwise("files")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "there is no index in .spanwise" in ran.err


def test_named_before_or_after_the_command_or_by_the_environment(spanwise, three, monkeypatch):
    other, above = str(three / "other"), str(three / "a/.spanwise")
    for before, after in (((), ("--index", other)), (("--index", other), ()), (("-i", other), ()), ((), ("-i", other))):
        assert asked_index(spanwise, *before, "status", *after) == other
    assert asked_index(spanwise, "-i", above, "status", "-i", other) == other
    monkeypatch.setenv("SPANWISE_INDEX", above)
    assert asked_index(spanwise, "status") == above
    assert asked_index(spanwise, "-i", other, "status") == other
    monkeypatch.setenv("SPANWISE_INDEX", "")
    assert asked_index(spanwise, "status") == str(three / "a/b/.spanwise")


def test_a_service_takes_the_nearest_index_too(three, monkeypatch):
    from spanwise.serve.settings import ServeSettings

    assert ServeSettings().index == three / "a/b/.spanwise"


def test_the_index_of_another_user_above_is_not_taken_unseen(spanwise, three, monkeypatch):
    if os.getuid() == 0:
        os.chown(three / "a/b/.spanwise", 12345, -1)
    else:
        monkeypatch.setattr(os, "getuid", lambda: 12345)
    ran = spanwise("status")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert f"found that of another user in {three}/a/b/.spanwise; name it if you trust it: --index" in ran.err
    assert asked_index(spanwise, "status", "-i", three / "a/b/.spanwise") == str(three / "a/b/.spanwise")


def test_quiet_leaves_out_notes_and_verbose_says_where_an_error_comes_from(spanwise, sample_index, tmp_path):
    for quiet in (["-q", "files"], ["files", "--quiet"]):
        assert spanwise(*quiet, "-i", sample_index).err == ""
    assert "passages" in spanwise("files", "-i", sample_index).err
    ran = spanwise("files", "-i", tmp_path / "none", "-v")
    assert ran.err.startswith("Traceback")
    assert ran.err.splitlines()[-1].startswith("spanwise: there is no index in")
    assert spanwise("files", "-i", tmp_path / "none").err.count("\n") == 1


def test_a_mistyped_option_is_told_from_its_neighbour(spanwise):
    ran = spanwise("ask", "Why?", "--pasages", "3")
    assert ran.code == 2
    assert "--passages" in ran.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["asc"], "spanwise: No such command 'asc'. Did you mean 'ask'? (see spanwise --help)"),
        (["search"], "spanwise: Missing argument 'WORDS' (see spanwise search --help)"),
        (["status", "extra"], "spanwise: Got unexpected extra argument(s) (extra) (see spanwise status --help)"),
        (["ask", "--format", "xml"], "'xml' is not one of 'text', 'json', 'jsonl', 'markdown', 'csv'"),
        (["ask", "-k", "0"], "spanwise: Invalid value for '--top-k' / '-k': "),
        (["evaluate", "corpsu"], "(see spanwise evaluate --help)"),
    ],
)
def test_what_is_mistyped_is_one_line(spanwise, arguments, message):
    ran = spanwise(*arguments)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert message in ran.err


@pytest.mark.parametrize("group", [[], ["evaluate"], ["data"]])
def test_a_group_alone_gives_its_help(spanwise, group):
    ran = spanwise(*group)
    assert ran.code == 2
    assert "Usage:" in ran.out + ran.err
    assert "spanwise: " not in ran.err
