import pytest

from spanwise.errors import ModelError, UsageError
from spanwise.files.json_object import read_json_object


def test_an_object_is_read_with_and_without_a_byte_order_mark(tmp_path):
    file = tmp_path / "settings.json"
    for encoding in ("utf-8", "utf-8-sig"):
        file.write_text('{"é": 1}', encoding=encoding)
        assert read_json_object(file, "settings", "write them") == {"é": 1}


@pytest.mark.parametrize(
    ("content", "found"),
    [(b"[]", "a list"), (b"{", "no JSON"), (b"\xff\xfe\xff", "no JSON"), (b"[" * 100_000, "no JSON"), (None, "none")],
)
def test_anything_else_is_refused_in_one_line(tmp_path, content, found):
    file = tmp_path / "settings.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError, match=rf"^expected settings in .*settings\.json, found {found}.*; write them$"):
        read_json_object(file, "settings", "write them")
    with pytest.raises(ModelError, match=r"; take others$"):
        read_json_object(file, "settings", "take others", ModelError)
