from spanwise.convert.office.block_writer import BlockWriter
from spanwise.convert.tables import Cell


def text_of(rows):
    writer = BlockWriter()
    writer.sheet("Sheet", [(number, list(map(Cell, row))) for number, row in rows])
    return writer.extracted(None).text


STAFF = [(1, ["Name", "Role", "Since"]), (2, ["Ada", "chief", "2019"])]


def test_a_table_as_wide_as_the_one_above_has_its_names():
    assert "Name: Bob; Role: clerk; Since: 2020" in text_of([*STAFF, (4, ["Bob", "clerk", "2020"])])


def test_a_table_of_another_width_has_none_of_the_names_above():
    text = text_of([*STAFF, (4, ["Rent", "100"]), (5, ["Power", "200"])])
    assert "Name: Ada; Role: chief; Since: 2019" in text
    assert "Rent | 100\nPower | 200" in text


def test_names_of_columns_that_no_row_has_stand_before_the_rows():
    assert text_of([(1, ["Name", "Role", "Approved by"]), (2, ["Ada", "chief"])]) == (
        "Name | Role | Approved by\nName: Ada; Role: chief"
    )
    question = (
        "How well do you know the safety rules of the yard, from one, not at all, to five, as those who wrote them?"
    )
    names = [*"abcdefg", question]
    assert question in text_of([(1, names), (2, [*"1234567", "very"])])
