"""What OpenAPI says of the service is so: requests made of it, good and bad, get the replies that it describes."""

import subprocess
import sys
from pathlib import Path

import pytest

from serving import served
from spanwise.serve.library import document_id
from spanwise.serve.settings import ServeSettings

pytestmark = pytest.mark.slow
IDENTITIES = [
    document_id(name) for name in ("procedures/mirror-recoating.md", "manuals/sollinger-operating-manual.pdf")
]


@pytest.fixture(scope="module")
def url(sample_index, tmp_path_factory):
    feedback = tmp_path_factory.mktemp("feedback") / "verdicts.jsonl"
    with served(ServeSettings(index=sample_index, port=0, rate=0, timeout=300, feedback=feedback)) as url:
        yield url


def schemathesis(url, folder, config, *options):
    (folder / "schemathesis.toml").write_text(config)
    command = [Path(sys.executable).with_name("schemathesis"), "--config-file", folder / "schemathesis.toml"]
    command += ["run", f"{url}/openapi.json", "--seed", "1", "--request-timeout", "310"]
    ran = subprocess.run([*command, *options], capture_output=True, text=True, check=False, cwd=folder)
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    return ran.stdout


def test_replies_are_those_that_are_described(url, tmp_path):
    out = schemathesis(url, tmp_path, "", "--max-examples", "6", "--exclude-path-regex", "^/documents/")
    assert "Tested: 7" in out


@pytest.mark.parametrize("identity", IDENTITIES)
def test_documents_that_there_are(url, tmp_path, identity):
    config = f'[parameters]\n"path.identity" = "{identity}"\n"path.page" = 1\n'
    out = schemathesis(url, tmp_path, config, "--max-examples", "20", "--include-path-regex", "^/documents/")
    assert "Tested: 3" in out
