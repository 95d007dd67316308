import pytest

from spanwise.convert import convert_file


@pytest.fixture
def converted(tmp_path):
    def convert(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return convert_file(path, name)

    return convert
