"""OpenDocument texts, presentations and sheets."""

from ooxml import packed

OFFICE = "urn:oasis:names:tc:opendocument:xmlns:"
ODF = " ".join(f'xmlns:{name}="{OFFICE}{name}:1.0"' for name in ("office", "text", "table", "style", "presentation"))
ODF += f' xmlns:draw="{OFFICE}drawing:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
ODF += ' xmlns:xlink="http://www.w3.org/1999/xlink"'


def opendocument(body, styles="", title="Boat manual"):
    return packed(
        {
            "content.xml": f"<office:document-content {ODF}><office:automatic-styles>{styles}</office:automatic-styles>"
            f"<office:body>{body}</office:body></office:document-content>",
            "meta.xml": f"<office:document-meta {ODF}><dc:title>{title}</dc:title></office:document-meta>",
        }
    )


def test_an_opendocument_text(converted):
    numbered = (
        '<text:list-style style:name="L"><text:list-level-style-number text:level="1" text:start-value="7" '
        'style:num-format="1" style:num-suffix="."/></text:list-style>'
        '<style:style style:name="S"><style:text-properties style:text-position="super 58%"/></style:style>'
    )
    cited = "<text:note-citation>1</text:note-citation>"
    note = f"<text:note>{cited}<text:note-body><text:p>Without tax.</text:p></text:note-body></text:note>"
    body = (
        '<office:text><text:h text:outline-level="1">Fees</text:h>'
        f'<text:p>It is 45{note} euros for 9 m<text:span text:style-name="S">2</text:span>.</text:p>'
        '<text:list text:style-name="L"><text:list-item><text:p>Pay</text:p></text:list-item>'
        "<text:list-item><text:p>Sign</text:p></text:list-item></text:list>"
        "<text:p>a<text:tab/>b<office:annotation><text:p>secret</text:p></office:annotation></text:p></office:text>"
    )
    source = converted("a.odt", opendocument(body, numbered))
    assert source.title == "Boat manual"
    assert source.text == "Fees\n\nIt is 45 [1] euros for 9 m^2.\n\n[1] Without tax.\n\n7. Pay\n8. Sign\n\na b"
    assert source.section_at(source.text.index("Sign")) == ["Fees"]


def test_boxes_of_an_opendocument_text_stand_below_their_paragraph(converted):
    box = "<draw:frame><draw:text-box><text:p>Warning: keep clear.</text:p></draw:text-box></draw:frame>"
    circle = "<draw:ellipse><text:p>Helmets on.</text:p></draw:ellipse>"
    link = '<draw:a xlink:href="x"><draw:frame/></draw:a>'
    body = f"<office:text><text:p>The crane lifts {box}{circle}{link}40 tonnes.</text:p></office:text>"
    text = converted("a.odt", opendocument(body)).text
    assert text == "The crane lifts 40 tonnes.\n\nWarning: keep clear.\n\nHelmets on."


def test_an_opendocument_presentation(converted):
    def page(title, text, notes):
        return (
            f'<draw:page><draw:frame presentation:class="title"><draw:text-box><text:p>{title}</text:p></draw:text-box>'
            f"</draw:frame><draw:custom-shape><text:p>{text}</text:p></draw:custom-shape>"
            '<draw:frame presentation:class="footer"><draw:text-box><text:p>Falk</text:p></draw:text-box></draw:frame>'
            f"<presentation:notes><draw:frame><draw:text-box><text:p>{notes}</text:p></draw:text-box></draw:frame>"
            "</presentation:notes></draw:page>"
        )

    pages = page("Fleet", "Nine boats.", "Name them.") + page("Piers", "Open at 7.", "")
    body = f"<office:presentation>{pages}</office:presentation>"
    source = converted("a.odp", opendocument(body, title="PowerPoint Presentation"))
    assert source.title is None
    assert source.text == "Fleet\n\nNine boats.\n\nNotes: Name them.\n\nPiers\n\nOpen at 7."
    at = source.text.index("7.")
    assert (source.page_at(at), source.section_at(at)) == (2, ["Piers"])


def test_a_paragraph_that_is_styled_as_a_heading_loses_nothing(converted):
    words = " ".join(f"word{number}" for number in range(100))
    body = f"<office:text><text:h>Fees</text:h><text:h>{words}</text:h><text:p>End</text:p></office:text>"
    source = converted("a.odt", opendocument(body))
    assert source.text == f"Fees\n\n{words}\n\nEnd"
    assert source.section_at(source.text.index("End")) == ["Fees"]


def test_an_opendocument_sheet(converted):
    def row(*cells):
        inside = "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in cells)
        return f"<table:table-row>{inside}</table:table-row>"

    rows = row("Name", "Price") + row("Rope", "12 EUR") + row("Oil", "7 EUR")
    cells = '<table:table-cell table:number-columns-repeated="1000"/>'
    rows += f'<table:table-row table:number-rows-repeated="1048000">{cells}</table:table-row>'
    sheet = f'<table:table table:name="Stock">{rows}</table:table>'
    source = converted("a.ods", opendocument(f"<office:spreadsheet>{sheet}</office:spreadsheet>"))
    assert source.text == "Name: Rope; Price: 12 EUR\nName: Oil; Price: 7 EUR"
    assert (source.section_at(5), source.row_at(5)) == (["Stock"], 2)


def test_comments_and_hidden_rows_of_an_opendocument_sheet_are_not_read(converted):
    def row(name, note="", visibility="visible"):
        cell = f"<table:table-cell>{note}<text:p>{name}</text:p></table:table-cell>"
        return f'<table:table-row table:visibility="{visibility}">{cell}<table:table-cell/></table:table-row>'

    remark = "<office:annotation><text:p>secret remark</text:p></office:annotation>"
    rows = row("Bolt", remark) + row("Nut", visibility="collapse") + row("Pin", visibility="filter") + row("Cap")
    sheet = f'<table:table table:name="Stock">{rows}</table:table>'
    source = converted("a.ods", opendocument(f"<office:spreadsheet>{sheet}</office:spreadsheet>"))
    assert source.text.split() == ["Bolt", "Cap"]
    assert source.row_at(source.text.index("Cap")) == 4


def rows_of(*rows):
    """Return rows of a table: a cell is its text or, where it has attributes, these and its text; None is covered."""

    def cell(given):
        if given is None:
            return "<table:covered-table-cell/>"
        attributes, text = given if isinstance(given, tuple) else ("", given)
        return f"<table:table-cell {attributes}><text:p>{text}</text:p></table:table-cell>"

    return "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)


def sheet_text(converted, rows, before=""):
    sheet = f'<table:table table:name="Sales">{before}{rows}</table:table>'
    return converted("a.ods", opendocument(f"<office:spreadsheet>{sheet}</office:spreadsheet>")).text


def test_cells_of_an_opendocument_sheet_that_are_merged_downwards(converted):
    rows = rows_of(
        ["Region", "City", "Sales"],
        [('table:number-rows-spanned="2"', "North"), "Oslo", "10"],
        [None, "Bergen", "20"],
        [('table:number-columns-spanned="2"', "Elsewhere"), None, "30"],
        ["South", "Rome", "40"],
    )
    assert sheet_text(converted, rows).split("\n")[1:] == [
        "Region: North; City: Bergen; Sales: 20",
        "Region: Elsewhere; City: Elsewhere; Sales: 30",
        "Region: South; City: Rome; Sales: 40",
    ]


def test_dates_of_an_opendocument_sheet_are_iso_dates(converted):
    def day(value, shown):
        return f'office:value-type="date" office:date-value="{value}"', shown

    rows = rows_of(
        ["Name", "Due", "Sent"], ["Rope", day("2024-04-03", "03/04/24"), day("2024-04-03T10:30:00", "10:30, April 3")]
    )
    assert sheet_text(converted, rows) == "Name: Rope; Due: 2024-04-03; Sent: 2024-04-03 10:30"


def test_hidden_columns_of_an_opendocument_sheet_are_not_read(converted):
    columns = (
        '<table:table-column/><table:table-column-group><table:table-column table:visibility="collapse" '
        'table:number-columns-repeated="2"/></table:table-column-group><table:table-column/>'
    )
    rows = rows_of(["Name", "Salary", "Age", "Team"], ["Ann", "91000", "40", "A"])
    assert sheet_text(converted, rows, columns) == "Name: Ann; Team: A"


def test_hidden_slides_of_an_opendocument_presentation_keep_their_number_only(converted):
    style = (
        '<style:style style:name="H"><style:drawing-page-properties presentation:visibility="hidden"/></style:style>'
    )
    box = "<draw:frame><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>"
    pages = (
        f'<draw:page draw:style-name="H">{box.format("Secret")}</draw:page><draw:page>{box.format("Open")}</draw:page>'
    )
    source = converted("a.odp", opendocument(f"<office:presentation>{pages}</office:presentation>", style))
    assert source.text == "Open"
    assert source.page_at(0) == 2


def test_numbers_of_chapters_of_an_opendocument_text(converted):
    levels = "".join(
        f'<text:outline-level-style text:level="{level}" style:num-format="1" text:display-levels="{level}"/>'
        for level in (1, 2)
    )
    styles = (
        f'<text:outline-style>{levels}</text:outline-style><style:style style:name="Plain" style:list-style-name=""/>'
        '<style:style style:name="Own" style:parent-style-name="Plain"/>'
    )
    chapters = [(1, "", "Scope"), (2, "", "Terms"), (1, "Own", "Foreword"), (1, "", "Rules"), (2, "", "Fees")]
    body = "".join(
        f'<text:h text:outline-level="{level}" text:style-name="{style}">{text}</text:h>'
        for level, style, text in chapters
    )
    body += '<text:h text:outline-level="1" text:is-list-header="true">Index</text:h><text:list><text:list-item>'
    body += "<text:p>an item</text:p></text:list-item></text:list>"
    text = converted("a.odt", opendocument(f"<office:text>{body}</office:text>", styles)).text
    assert text.split("\n\n") == ["1 Scope", "1.1 Terms", "Foreword", "2 Rules", "2.1 Fees", "Index", "- an item"]
