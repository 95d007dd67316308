import pytest

from spanwise.convert.pdf.running import running_parts

WORDS = [
    *("winch", "rope", "keel", "mast", "boom", "sail", "rudder", "tiller", "anchor", "chain", "cleat", "deck"),
    *("hull", "bilge", "pump", "stove", "lamp", "berth"),
]


def body(number):
    """Two lines that no other page has."""
    first, second = WORDS[number % len(WORDS)], WORDS[(number * 5 + 3) % len(WORDS)]
    return [
        f"The {first} is oiled every spring after the ice has gone.",
        f"Its {second} lasts nine years in salt water.",
    ]


def left_out(pages, labels=None):
    starts, text = [], ""
    for page in pages:
        starts.append(len(text))
        text += page + "\n\f"
    return [(text[part.start : part.end], part.value) for part in running_parts(pages, starts, labels)]


def page(number, *, header="Boat manual", footer="Page {} of 6"):
    return "\n".join([header, *body(number), footer.format(number)])


def test_headers_and_footers_with_their_page_numbers():
    found = left_out([page(number) for number in range(1, 7)])
    expected = [[("Boat manual", "header"), (f"Page {number} of 6", "footer")] for number in range(1, 7)]
    assert found == [line for lines in expected for line in lines]


@pytest.mark.parametrize("footer", ["Rev. 3 Page {} of 6", "Printed 2017-12-12 Page {} of 6", "Boats 2023 | {} / 6"])
def test_page_numbers_behind_other_numbers(footer):
    found = left_out([page(number, header="Boat", footer=footer) for number in range(1, 7)])
    assert sum(value == "footer" for _, value in found) == 6


def test_left_and_right_pages_differ():
    pages = [page(number, header=("Boat manual", "Chapter one")[number % 2]) for number in range(1, 9)]
    assert sum(value == "header" for _, value in left_out(pages)) == 8


def test_numbers_that_count_other_things_stay():
    pages = [page(number, header=f"Invoice {4170 + 13 * number}", footer="-") for number in range(1, 7)]
    assert not [text for text, value in left_out(pages) if value == "header"]


def test_few_pages_have_no_running_lines():
    assert left_out([page(1), page(2), page(3)]) == []


def test_page_labels_alone():
    labels = ("i", "ii", "iii", "iv", "1", "2")
    pages = ["\n".join([*body(at), label]) for at, label in enumerate(labels)]
    assert [text for text, _ in left_out(pages, labels)] == list(labels)


def test_a_table_of_contents():
    entries = [
        "Contents",
        "1 Keel ... 3",
        "2 Rudder and tiller ... 9",
        "3 Mast ... 14",
        "3.1 Shrouds ... 15",
        "4 Sails ... 21",
    ]
    assert left_out(
        ["\n".join(["Boat manual", *entries, body(1)[0]])] + ["\n".join(body(number)) for number in range(30)]
    ) == [("\n".join(entries), "contents")]


def test_entries_without_dots_below_their_heading():
    entries = ["Contents", "Keel 3", "Rudder and tiller 9", "Mast 14", "Sails 21"]
    assert left_out(["\n".join(entries)] + ["\n".join(body(number)) for number in range(30)]) == [
        ("\n".join(entries), "contents")
    ]


def test_a_price_list_stays():
    assert left_out(["\n".join(["Espresso ... 3", "Cake ... 5", "Soup ... 4", "Tea ... 2"])]) == []


def test_pages_of_one_form_keep_their_words():
    assert left_out([f"Berth {number}\nName:\nBoat length:" for number in range(1, 9)]) == []
