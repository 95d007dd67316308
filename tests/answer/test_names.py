import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.answer.names import whole_names, with_qualifier


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
        ("It is \u22125 °C there.", "5 °", "\u22125 °C"),
        ("It is 5 °F there.", "5", "5 °F"),
        ("It takes 1½ cups.", "1", "1½"),
        ("A peroxide, H₂O₂, is in it.", "H₂O", "H₂O₂"),
        ("There are 10⁵ of them.", "10", "10⁵"),
        ("There are 10^5 of them.", "5", "10^5"),
        ("There are 10^-5 of them.", "10", "10^-5"),
        ("A rate of 1e-5 is used.", "1e", "1e-5"),
        ("A plate of 3\u00d74 squares.", "4", "3\u00d74"),
        ("An angle of 5\u2032 was seen.", "5", "5\u2032"),
        ("Fewer, <5 a day.", "5", "<5"),
        ("It is \u22645 mm wide.", "5 mm", "\u22645 mm"),
        ("It is ~5 mm wide.", "5 mm", "~5 mm"),
        ("It leads ->5 there.", "5", "5"),
        ("It costs 5 € a day.", "5", "5 €"),
        ("It costs 5€ a day.", "5", "5€"),
        ("They paid 5 £10 notes.", "5", "5"),
        ("Call +44 20 7946 0018 now.", "44 20", "+44 20"),
        ("It was on 2024-05-06 then.", "05", "2024-05-06"),
        ("It holds 1\u202f000 litres.", "000", "1\u202f000"),
        ("It is 2,4-xylenol.", "xylenol", "2,4-xylenol"),
        ("It is called R2-D2 there.", "R2", "R2-D2"),
        ("It is COVID-19 again.", "19", "COVID-19"),
        ("It is non-flammable.", "flammable", "non-flammable"),
        ("To leaders.--Seven days before.", "Seven", "Seven"),
        ("O'Brien won it.", "Brien", "O'Brien"),
        ("It is AT&T now.", "AT", "AT&T"),
        ("An ion of Na+ is in it.", "Na", "Na+"),
        ("Its grade is A- now.", "A", "A-"),
        ("The owner is @alice now.", "alice", "@alice"),
        ("It is in $HOME now.", "HOME", "$HOME"),
        ("It is in C:\\Users\\x now.", "Users", "C:\\Users\\x"),
        ("See https://a.org/b?c=d.", "a.org", "https://a.org/b?c=d"),
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


@pytest.mark.parametrize(
    ("text", "found", "qualified"),
    [
        ("The winner was not Bob.", "Bob", "not Bob"),
        ("It is not the mayor.", "mayor", "not the mayor"),
        ("It takes at least 5 kg.", "5 kg", "at least 5 kg"),
        ("It costs less\nthan $5 a day.", "$5", "less\nthan $5"),
        ("It was built before 1900.", "1900", "before 1900"),
        ("It rained after Bob came.", "Bob", "Bob"),
        ("He did not.\n\nBob won.", "Bob", "Bob"),
        ("A knot 5 feet long.", "5 feet", "5 feet"),
    ],
)
def test_what_makes_an_answer_another_belongs_to_it(text, found, qualified):
    start = text.index(found)
    assert text[with_qualifier(text, start) : start + len(found)] == qualified


def test_what_must_not_be_done_stands_behind_the_not():
    text = "Do not open the lid."
    assert with_qualifier(text, 7) == 3
    assert with_qualifier(text, 7, {"what", "must", "not", "be", "opened"}) == 7
