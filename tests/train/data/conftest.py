import gzip
import json

import pytest

from squad_files import MAST, PORT, entry, squad


@pytest.fixture
def write(tmp_path):
    """Write SQuAD's JSON to a file."""

    def put(content, name="data.json"):
        file = tmp_path / name
        text = content if isinstance(content, str) else json.dumps(content)
        file.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return file

    return put


@pytest.fixture
def clean(write):
    """A file without faults."""
    return write(
        squad(
            (MAST, entry("q1", "How tall is the mast?", ("12 meters", 12)), entry("q2", "Who broke the mast?")),
            (PORT, entry("q3", "Which port does the server use?", ("8443", PORT.index("8443")))),
        )
    )
