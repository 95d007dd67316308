import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.answer.names import whole_names


@pytest.mark.parametrize(
    ("text", "found", "whole"),
    [
        ("The function read.table() reads it.", "table", "read.table()"),
        ("Give --sign-off to commit.", "sign", "--sign-off"),
        ("Use -s here.", "s here", "-s here"),
        ("The file .gitignore lists them.", "gitignore", ".gitignore"),
        ("It is in /etc/hosts now.", "hosts", "/etc/hosts"),
        ("It is 3.81 or later.", "81", "3.81"),
        ("Call std::sort on it.", "sort", "std::sort"),
        ("The observatory opened.", "observ", "observatory"),
        ("It ends with read.table.", "read", "read.table"),
        ("A well-known name.", "known", "known"),
        ("From 9 to 5.", "9 to 5", "9 to 5"),
        ("It was 38,400 euros.", "38,400 euros", "38,400 euros"),
        ("He lives in Rome. She does not.", "Rome", "Rome"),
        ("It is -5 degrees.", "5", "-5"),
        ("It is \u22125 degrees.", "5 degrees", "\u22125 degrees"),
        ("From 1990-2000 it stood.", "2000", "2000"),
        ("It costs $5 a day.", "5", "$5"),
        ("It costs $1,000.50 a day.", "000", "$1,000.50"),
        ("It grew by 5% then.", "5", "5%"),
        ("It grew by 5 % then.", "5", "5 %"),
        ("It opens at 17:45 today.", "45", "17:45"),
        ("It is at 10.0.0.1:8080 now.", "0.1", "10.0.0.1:8080"),
        ("Take 1/2 of it.", "1", "1/2"),
        ("It is 3.5mm wide.", "5", "3.5mm"),
        ("Rooms 5, 6 and 7.", "5", "5"),
        ("It is 5. Then 6.", "5", "5"),
        ("It is written in C++.", "C", "C++"),
        ("It is written in C# and F#.", "C", "C#"),
        ("It runs on .NET there.", "NET", ".NET"),
        ("Her name is Zoe\u0308lie.", "Zoe", "Zoe\u0308lie"),
        ("यह हिन्दी है", "हिन", "हिन्दी"),
        ("東京タワーの高さは333メートルです", "333", "333"),
        ("東京タワーの高さは333メートルです", "高さ", "高さ"),
        ("東京タワーの高さは333メートルです", "ートル", "メートル"),
        ("北京是中国的首都也是一座大城市", "中国", "中国"),
        ("กรุงเทพเป็นเมืองหลวงของประเทศไทย", "เมือง", "เมือง"),
    ],
)  # fmt: skip
def test_ends_move_to_the_ends_of_names(text, found, whole):
    start = text.index(found)
    begin, end = whole_names(text, start, start + len(found))
    assert text[begin:end] == whole


@given(st.text(alphabet="ab1 .-_/()", min_size=1), st.data())
def test_an_answer_only_grows_and_stays_in_the_text(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    begin, stop = whole_names(text, start, end)
    assert 0 <= begin <= start < end <= stop <= len(text)
    assert " " not in text[begin:start] + text[end:stop]
