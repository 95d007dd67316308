"""The files of deploy/ name what there is."""

import re
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from spanwise.cli.main import app
from spanwise.serve.settings import ServeSettings

DEPLOY = Path(__file__).parents[2] / "deploy"
FILES = sorted(file for file in DEPLOY.iterdir() if file.is_file())


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_options_and_variables_exist(file):
    text = file.read_text(encoding="utf-8")
    options = {name for parameter in get_command(app).commands["serve"].params for name in parameter.opts}
    commands = re.findall(r"(?:spanwise serve|service is started with|CMD \[\"serve\",)(.*)", text)
    named = {name for command in commands for name in re.findall(r"--[a-z][a-z-]*", command)}
    assert named <= options
    variables = {name.lower() for name in re.findall(r"\bSPANWISE_([A-Z_]+)\b", text)}
    assert variables <= set(ServeSettings.model_fields)


def test_the_container_has_a_user_of_its_own_and_no_rights():
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    assert re.search(r"^USER (?!0|root)\S+$", dockerfile, re.MULTILINE)
    assert "HEALTHCHECK" in dockerfile
    service = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["spanwise"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    documents = next(volume for volume in service["volumes"] if isinstance(volume, dict))
    assert documents["read_only"] is True


def test_a_stop_is_given_the_time_that_answers_may_take():
    longest = ServeSettings.model_fields["timeout"].default
    service = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["spanwise"]
    unit = (DEPLOY / "spanwise.service").read_text()
    assert int(service["stop_grace_period"].removesuffix("s")) > longest
    assert int(re.search(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)[1]) > longest
