"""What tests of old formats share."""

import pytest

from spanwise.convert import convert_file


@pytest.fixture
def converted(tmp_path):
    def convert(name, content):
        path = tmp_path / name
        path.write_bytes(content)
        return convert_file(path, name)

    return convert
