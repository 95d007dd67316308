"""Spreadsheets, presentations, OpenDocument, books, mail and notebooks."""

import io
import json
from datetime import date

import openpyxl
import pytest
from openpyxl.chart import BarChart

from compound import compound
from ooxml import NAMES, packed, paragraph, relations, word
from spanwise.errors import ConversionError

RTF = r"{\rtf1\ansi\pard The {\b port} is 8443.\par Second caf\'e9.\par}"


def workbook(fill):
    book = openpyxl.Workbook()
    fill(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def stock(book):
    sheet = book.active
    sheet.title = "Stock"
    rows = [
        ("Article", "Name", "Price", "Since", "Share"),
        ("A-1003", "Telescopic ladder", 149, date(2031, 10, 7), 0.25),
        ("A-1004", "Rope", 12.5, date(2030, 1, 2), 0.5),
    ]
    for row in rows:
        sheet.append(row)
    for row in (2, 3):
        sheet.cell(row, 5).number_format = "0%"
        sheet.cell(row, 3).number_format = "#,##0.00\\ [$\u20ac-407]"
    hidden = book.create_sheet("Secret")
    hidden.append(("floor price", 70))
    hidden.sheet_state = "hidden"


def test_rows_of_a_sheet_are_readable_alone(converted):
    source = converted("a.xlsx", workbook(stock))
    assert source.text.split("\n") == [
        "Article: A-1003; Name: Telescopic ladder; Price: 149.00 \u20ac; Since: 2031-10-07; Share: 25%",
        "Article: A-1004; Name: Rope; Price: 12.50 \u20ac; Since: 2030-01-02; Share: 50%",
    ]
    at = source.text.index("Rope")
    assert source.section_at(at) == ["Stock"]
    assert source.row_at(at) == 3


def test_merged_cells_of_a_sheet_are_repeated(converted):
    def fill(book):
        for row in (("Machine", "Part", "Torque"), ("Lathe", "Chuck", "60 Nm"), (None, "Tailstock", "25 Nm")):
            book.active.append(row)
        book.active.merge_cells("A2:A3")

    assert converted("a.xlsx", workbook(fill)).text.split("\n")[1] == "Machine: Lathe; Part: Tailstock; Torque: 25 Nm"


def test_hidden_columns_of_a_sheet_are_not_read(converted):
    def fill(book):
        for row in (("Name", "Salary", "Age", "Team"), ("Ann", 91000, 40, "A")):
            book.active.append(row)
        book.active.column_dimensions.group("B", "C", hidden=True)

    assert converted("a.xlsx", workbook(fill)).text == "Name: Ann; Team: A"


def test_titles_and_several_tables_of_a_sheet(converted):
    def fill(book):
        rows = [("Prices 2031",), ("Name", "Price"), ("Rope", 12), ("Oil", 7), (), ("Berth", "Length"), ("B4", 9.4)]
        for row in rows:
            book.active.append(row)

    assert converted("a.xlsx", workbook(fill)).text.split("\n") == [
        "Prices 2031", "Name: Rope; Price: 12", "Name: Oil; Price: 7", "", "Berth: B4; Length: 9.4",
    ]  # fmt: skip


def test_a_bound_on_rows_is_said(converted, monkeypatch):
    monkeypatch.setattr("spanwise.convert.office.xlsx.MOST_ROWS", 100)

    def fill(book):
        for number in range(300):
            book.active.append((f"row {number}", number))

    source = converted("a.xlsx", workbook(fill))
    assert "row 99" in source.text
    assert "row 100" not in source.text
    assert source.text.endswith("Only the first 100 rows of this workbook were read.")
    assert source.warning == "Only the first 100 rows of this workbook were read."
    assert source.parts[-1].kind == "left_out"


@pytest.mark.parametrize("name", ["a.xls", "a.xlsx"])
def test_a_page_called_a_workbook(converted, name):
    if name == "a.xls":
        assert converted(name, "<html><body><p>Rope 12</p></body></html>").text == "Rope 12"
    else:
        with pytest.raises(ConversionError, match=r"not a \.xlsx: it is no zip archive"):
            converted(name, "<html><body><p>Rope 12</p></body></html>")


def slide(*shapes):
    return f"<p:sld {NAMES}><p:cSld><p:spTree>{''.join(shapes)}</p:spTree></p:cSld></p:sld>"


def shape(text, kind=""):
    place = f'<p:nvPr><p:ph type="{kind}"/></p:nvPr>' if kind else ""
    lines = "".join(f"<a:p><a:r><a:t>{line}</a:t></a:r></a:p>" for line in text.split("\n"))
    return f"<p:sp><p:nvSpPr>{place}</p:nvSpPr><p:txBody>{lines}</p:txBody></p:sp>"


def presentation(*slides, **parts):
    targets = {f"s{at}": ("slide", f"slides/slide{at}.xml") for at in range(1, len(slides) + 1)}
    listed = "".join(f'<p:sldId id="{at}" r:id="{name}"/>' for at, name in enumerate(targets, 256))
    return packed(
        {
            "_rels/.rels": relations(r1=("officeDocument", "ppt/presentation.xml")),
            "ppt/presentation.xml": f"<p:presentation {NAMES}><p:sldIdLst>{listed}</p:sldIdLst></p:presentation>",
            "ppt/_rels/presentation.xml.rels": relations(**targets),
            **{f"ppt/slides/slide{at}.xml": one for at, one in enumerate(slides, 1)},
            **parts,
        }
    )


def test_slides_are_pages_with_titles(converted):
    table = (
        "<p:graphicFrame><a:tbl>"
        + "".join(
            f"<a:tr>{''.join(f'<a:tc><a:p><a:r><a:t>{cell}</a:t></a:r></a:p></a:tc>' for cell in row)}</a:tr>"
            for row in (("Boat", "Length"), ("Falk 20", "6 m"), ("Falk 30", "9 m"))
        )
        + "</a:tbl></p:graphicFrame>"
    )
    notes = f"<p:notes {NAMES}><p:cSld><p:spTree>{shape('Mention the gale.', 'body')}</p:spTree></p:cSld></p:notes>"
    source = converted(
        "a.pptx",
        presentation(
            slide(shape("one\ntwo", "body"), shape("Opening", "title"), shape("7", "sldNum")),
            slide(shape("Fleet", "title"), table),
            **{
                "ppt/notesSlides/notesSlide1.xml": notes,
                "ppt/slides/_rels/slide2.xml.rels": relations(n=("notesSlide", "../notesSlides/notesSlide1.xml")),
            },
        ),
    )
    assert source.text == (
        "Opening\n\n- one\n- two\n\nFleet\n\nBoat: Falk 20; Length: 6 m\nBoat: Falk 30; Length: 9 m\n\n"
        "Notes: Mention the gale."
    )
    at = source.text.index("9 m")
    assert (source.page_at(at), source.section_at(at)) == (2, ["Fleet"])


def test_a_damaged_slide_loses_itself_only(converted):
    source = converted("a.pptx", presentation(slide(shape("One")), "<p:sld", slide(shape("Three"))))
    assert source.text == "One\n\nThree"
    assert source.page_at(source.text.index("Three")) == 3


def test_titles_of_charts_and_escapes_of_a_workbook(converted):
    def fill(book):
        book.active.append(["Oil the bearing_x000D_\nevery week", "a_x005F_x000D_b"])
        chart = BarChart()
        chart.title = "Ducks by month"
        book.active.add_chart(chart)
        alone = book.create_chartsheet("Chart")
        other = BarChart()
        other.title = "Gulls by month"
        alone.add_chart(other)

    text = converted("a.xlsx", workbook(fill)).text
    assert text.startswith("Oil the bearing every week | a_x000D_b")
    assert "Ducks by month" in text
    assert "Gulls by month" in text


def test_rich_text(converted):
    assert converted("a.rtf", RTF).text == "The port is 8443.\n\nSecond caf\u00e9."
    assert converted("a.doc", RTF).text == "The port is 8443.\n\nSecond caf\u00e9."


def rich_text_rows(*rows):
    return "".join(
        r"\trowd" + "".join(rf"\cellx{3000 * at}" for at in range(1, len(row) + 1)) + "\n"
        r"\pard\intbl " + "".join(rf"{cell}\cell " for cell in row) + "\\row\n"
        for row in rows
    )


def test_rows_of_rich_text(converted):
    prices = rich_text_rows(["Article", "Name", "Price"], ["A-1003", "", "149"], ["A-1004", r"Step\par ladder", "89"])
    days = rich_text_rows(["open", "Monday"], ["shut", "Sunday"])
    text = r"{\rtf1\ansi Price list\par open Monday\par " + prices + r"\pard Between.\par " + days + r"\pard Last.\par}"
    source = converted("a.rtf", text)
    assert source.text.split("\n\n") == [
        "Price list",
        "open Monday",
        "Article: A-1003; Price: 149\nArticle: A-1004; Name: Step ladder; Price: 89",
        "Between.",
        "open | Monday\nshut | Sunday",
        "Last.",
    ]
    rows = [source.text[part.start : part.end] for part in source.parts if part.kind == "row"]
    assert rows[1] == "Article: A-1004; Name: Step ladder; Price: 89"


def test_a_table_alone_in_rich_text(converted):
    text = r"{\rtf1\ansi " + rich_text_rows(["", "Price"], ["A-1003", "149"], ["A-1004", ""]) + "}"
    assert "A-1003" in converted("a.rtf", text).text


def test_a_book(converted):
    book = {
        "META-INF/container.xml": '<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>',
        "OPS/book.opf": '<package xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Tides</dc:title>'
        '<manifest><item id="b" href="two%20.xhtml"/><item id="a" href="one.xhtml"/></manifest>'
        '<spine><itemref idref="a"/><itemref idref="b"/></spine></package>',
        "OPS/two .xhtml": "<html><body><h1>Ebb</h1><p>It falls.</p></body></html>",
        "OPS/one.xhtml": '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head>'
        "<body><h1>Flood</h1><p>It rises.</p></body></html>",
    }
    source = converted("a.epub", packed(book))
    assert source.title == "Tides"
    assert source.text.split() == ["Flood", "It", "rises.", "Ebb", "It", "falls."]
    assert source.section_at(source.text.index("falls")) == ["Ebb"]


def test_a_notebook(converted):
    cells = [
        {"cell_type": "code", "source": "# load it", "outputs": []},
        {"cell_type": "markdown", "source": ["\n# Tides\n", "They turn."]},
        {
            "cell_type": "code",
            "source": "print(4)",
            "outputs": [{"text": ["\x1b[1;36m4\x1b[0m\n"]}, {"data": {"image/png": "x"}}],
        },
        {"cell_type": "markdown", "source": "## Neap"},
    ]
    source = converted("a.ipynb", json.dumps({"cells": cells}))
    assert (source.title, source.text) == ("Tides", "# load it\n\n# Tides\nThey turn.\n\nprint(4)\n\n4\n\n## Neap")
    assert (source.section_at(3), source.section_at(source.text.index("Neap"))) == ([], ["Tides", "Neap"])
    assert source.section_at(source.text.index("print")) == ["Tides"]


def test_what_a_notebook_showed(converted):
    outputs = [
        {"data": {"text/plain": ["<module.core.HTML object>\n"], "text/html": ["<p>The keel is ", "1.4 m.</p>"]}},
        {"data": {"text/plain": "   m\n0  7", "text/html": "<table><tr><td>7</td></tr></table>"}},
        {"output_type": "error", "ename": "ValueError", "evalue": "\x1b[31mno boat 12\x1b[0m"},
    ]
    source = converted("a.ipynb", json.dumps({"cells": [{"cell_type": "code", "source": "", "outputs": outputs}]}))
    assert (source.text, source.warning) == ("The keel is 1.4 m.\n\n   m\n0  7\n\nValueError: no boat 12", "")


def test_a_long_output_of_a_notebook_keeps_its_end_and_says_so(converted):
    outputs = [{"text": ["It begins.\n", "x y z\n" * 4000, "The loss is 0.125\n"]}]
    source = converted("a.ipynb", json.dumps({"cells": [{"cell_type": "code", "source": "", "outputs": outputs}]}))
    assert source.text.startswith("It begins.\n")
    assert source.text.endswith("The loss is 0.125")
    assert "left out" in source.text
    assert "20,000" in source.warning
    assert len(source.text) < 20_100


def test_what_is_attached_to_a_mail_of_outlook(converted):
    def attached(name, data):
        named = {"__substg1.0_3707001F": name.encode("utf-16-le"), "__substg1.0_37010102": data}
        return {"__properties_version1.0": bytes(8), **named}

    mail = compound(
        {
            "__properties_version1.0": bytes(32),
            "__substg1.0_0037001F": "Ports".encode("utf-16-le"),
            "__substg1.0_1000001F": "See below.".encode("utf-16-le"),
            "__attach_version1.0_#00000000": attached("ports.txt", b"It listens on 8443.\n"),
            "__attach_version1.0_#00000001": attached("gate.bin", bytes(40)),
        }
    )
    source = converted("a.msg", mail)
    assert source.title == "Ports"
    assert "See below." in source.text
    assert "Attachment: ports.txt\n\nIt listens on 8443." in source.text
    assert "Attachment: gate.bin" in source.text


@pytest.mark.parametrize("name", ["a.odt", "a.xlsx", "a.pptx", "a.docx", "a.epub", "a.ods"])
def test_damaged(converted, name):
    with pytest.raises(ConversionError, match="damaged file or not a"):
        converted(name, b"junk")


@pytest.mark.parametrize("name", ["a.doc", "a.ppt", "a.xls", "a.msg", "a.xlsb"])
def test_damaged_files_of_old_kinds(converted, name):
    with pytest.raises(ConversionError, match=r"damaged, encrypted or not a \.\w+ file"):
        converted(name, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1junk")


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx", "a.pptx"])
def test_encrypted(converted, name):
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")
    with pytest.raises(ConversionError, match=rf"encrypted \{name[1:]} file: save it without a password"):
        converted(name, data)


def test_an_archive_without_its_directory(converted):
    data = word(paragraph("The gate closes."))
    assert converted("a.docx", data[: data.index(b"PK\x01\x02")]).text == "The gate closes."


@pytest.mark.slow
def test_a_million_rows(converted, tmp_path):
    cells = '<row r="{0}"><c r="A{0}"><v>{0}</v></c><c r="B{0}"><v>7</v></c></row>'
    rows = "".join(cells.format(number) for number in range(1, 1_000_001))
    book = {
        "_rels/.rels": relations(r1=("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<s:workbook {NAMES}><s:sheets><s:sheet name="S" r:id="s1"/></s:sheets></s:workbook>',
        "xl/_rels/workbook.xml.rels": relations(s1=("worksheet", "sheet.xml")),
        "xl/sheet.xml": f"<worksheet><sheetData>{rows}</sheetData></worksheet>",
    }
    source = converted("a.xlsx", packed(book))
    assert source.text.endswith("Only the first 100,000 rows of this workbook were read.")
    assert "100000 | 7" in source.text
