"""What Word shows that does not stand as plain text in the file, and what stands there that it does not show."""

import io
import zipfile

import pytest

from ooxml import NAMES, packed, paragraph, run, word
from spanwise.convert.convert import convert_file
from spanwise.convert.office.word.docx import convert_docx
from spanwise.errors import ConversionError

RAISED = '<w:vertAlign w:val="superscript"/>'
NOTES = (
    f'<w:footnotes {NAMES}><w:footnote w:id="2"><w:p><w:r><w:footnoteRef/></w:r>{run(" Without tax.")}</w:p>'
    "</w:footnote></w:footnotes>"
)


def text(*blocks, **more):
    return convert_docx(word("".join(blocks), **more)).text


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        (["about 10", run("6", RAISED), " cells"], "about 10^6 cells"),
        (["25 m", run("2", RAISED), "."], "25 m^2."),
        (["Fee: 45", run("3", RAISED), " euros"], "Fee: 45 [3] euros"),
        (["Fee: 7", run("5", '<w:position w:val="12"/>'), " euros"], "Fee: 7 [5] euros"),
        (["Fee: 7", run("5", '<w:position w:val="-6"/>'), " euros"], "Fee: 75 euros"),
        (["the 21", run("st", RAISED), " of May"], "the 21st of May"),
        (["Falk", run("2", RAISED), " says"], "Falk [2] says"),
        (["H", run("2", '<w:vertAlign w:val="subscript"/>'), "O"], "H2O"),
        (["a", "<w:r><w:ptab/></w:r>", "b"], "a b"),
        (["co", "<w:r><w:softHyphen/></w:r>", "op"], "coop"),
        (["30", '<w:r><w:sym w:font="Symbol" w:char="F0B0"/></w:r>'], "30\u00b0"),
        (['<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>', " yes"], "\u2611 yes"),
        ([run("\uf061", '<w:rFonts w:ascii="Symbol"/>'), " is 3"], "\u03b1 is 3"),
        (["90", run(" or 70", "<w:vanish/>"), " euros"], "90 euros"),
        (["90", run(" or 70", '<w:vanish w:val="0"/>'), " euros"], "90 or 70 euros"),
        (["<w:smartTag><w:r><w:t>7 October</w:t></w:r></w:smartTag>", " 2031"], "7 October 2031"),
    ],
)
def test_runs(runs, expected):
    assert text(paragraph(*runs)) == expected


@pytest.mark.parametrize(
    ("equation", "expected"),
    [
        ("<m:f><m:num>{1}</m:num><m:den>{8}</m:den></m:f>", "1/8"),
        ("<m:f><m:num>{a+b}</m:num><m:den>{2}</m:den></m:f>", "(a+b)/2"),
        ("<m:sSup><m:e>{x}</m:e><m:sup>{2}</m:sup></m:sSup>", "x^2"),
        ("<m:rad><m:deg/><m:e>{a+b}</m:e></m:rad>", "\u221a(a+b)"),
        ("<m:d><m:e>{a}</m:e></m:d>", "(a)"),
        ("<m:sSub><m:e>{x}</m:e><m:sub>{1}</m:sub></m:sSub>", "x_1"),
    ],
)
def test_equations(equation, expected):
    filled = equation.replace("{", "<m:r><m:t>").replace("}", "</m:t></m:r>")
    assert text(paragraph(f"<m:oMath>{filled}</m:oMath>")) == expected


def test_hidden_by_a_style():
    styles = f'<w:styles {NAMES}><w:style w:styleId="H"><w:rPr><w:vanish/></w:rPr></w:style></w:styles>'
    body = paragraph("shown", run(" hidden", '<w:rStyle w:val="H"/>'))
    assert text(body, parts={"styles.xml": styles}, s=("styles", "styles.xml")) == "shown"


def test_readings_stand_beside_the_word():
    ruby = f"<w:r><w:ruby><w:rt>{run('とうきょう')}</w:rt><w:rubyBase>{run('東京')}</w:rubyBase></w:ruby></w:r>"
    assert text(paragraph(ruby)) == "東京(とうきょう)"


def test_a_drop_cap_belongs_to_its_word():
    cap = paragraph("M", properties='<w:framePr w:dropCap="drop"/>')
    assert text(cap, paragraph("arguerite keeps the keys.")) == "Marguerite keeps the keys."


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (
            '<w:ddList><w:result w:val="1"/><w:listEntry w:val="Norway"/><w:listEntry w:val="Finland"/></w:ddList>',
            "Finland",
        ),
        ('<w:ddList><w:default w:val="0"/><w:listEntry w:val="Norway"/></w:ddList>', "Norway"),
        ("<w:checkBox><w:checked/></w:checkBox>", "\u2611"),
        ('<w:checkBox><w:default w:val="0"/></w:checkBox>', "\u2610"),
    ],
)
def test_form_fields(field, expected):
    begin = f'<w:r><w:fldChar w:fldCharType="begin"><w:ffData>{field}</w:ffData></w:fldChar></w:r>'
    end = '<w:r><w:instrText>FORM</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
    assert text(paragraph("It is ", begin, end)) == f"It is {expected}"


def field(instruction, result):
    mark = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'.format
    return "".join([mark("begin"), instruction, mark("separate"), f"<w:r><w:t>{result}</w:t></w:r>", mark("end")])


def test_fields_within_the_instruction_of_another_are_not_shown():
    def code(words):
        return f"<w:r><w:instrText>{words}</w:instrText></w:r>"

    inner = field(code("MERGEFIELD sex"), "m")
    title = field(code("IF ") + inner + code(' = "m" "Mr" "Ms"'), "Mr")
    assert text(paragraph("Dear ", title, " Falk, ", field(code("PAGEREF x"), "12"))) == "Dear Mr Falk, 12"
    # Its instruction may have begun in a paragraph before.
    assert text(paragraph("See ", '<w:r><w:fldChar w:fldCharType="separate"/></w:r>', "page 3")) == "See page 3"


def test_a_note_stands_below_what_cites_it():
    body = paragraph("Fee: 45", '<w:r><w:footnoteReference w:id="2"/></w:r>', " euros") + paragraph("Next.")
    found = text(body, parts={"footnotes.xml": NOTES}, n=("footnotes", "footnotes.xml"))
    assert found == "Fee: 45 [1] euros\n\n[1] Without tax.\n\nNext."


def test_a_chunk_of_html(tmp_path):
    path = tmp_path / "a.docx"
    path.write_bytes(word('<w:altChunk r:id="c"/>', parts={"c.html": "<p>In a chunk.</p>"}, c=("aFChunk", "c.html")))
    assert convert_file(path, "a.docx").text == "In a chunk."


def test_merged_cells_are_repeated():
    def cell(words, properties=""):
        return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(words)}</w:tc>"

    rows = [
        [cell("Machine"), cell("Part"), cell("Torque")],
        [cell("Lathe", '<w:vMerge w:val="restart"/>'), cell("Chuck"), cell("60 Nm")],
        [cell("", "<w:vMerge/>"), cell("Tailstock"), cell("25 Nm")],
        [cell("All", '<w:gridSpan w:val="2"/>'), cell("85 Nm")],
    ]
    table = "".join(f"<w:tr>{''.join(row)}</w:tr>" for row in rows)
    assert text(f"<w:tbl>{table}</w:tbl>").split("\n") == [
        "Machine: Lathe; Part: Chuck; Torque: 60 Nm",
        "Machine: Lathe; Part: Tailstock; Torque: 25 Nm",
        "Machine: All; Part: All; Torque: 85 Nm",
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
            "http://purl.oclc.org/ooxml/wordprocessingml/main",
        ),
        ('Target="word/document.xml"', 'Target="/word/document.xml"'),
        ('Target="word/document.xml"', 'Target="Word\\Document.xml"'),
        ('Target="word/document.xml"', 'Target="word/lost.xml"'),
    ],
)
def test_other_editions_and_other_spellings_of_names(old, new):
    with zipfile.ZipFile(io.BytesIO(word(paragraph("The gate closes.")))) as package:
        parts = {name: package.read(name).decode().replace(old, new) for name in package.namelist()}
    assert convert_docx(packed(parts)).text == "The gate closes."


def test_a_chart_that_stands_alone_on_its_line():
    chart = (
        f'<c:chartSpace {NAMES} xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"><c:ser>'
        "<c:tx><c:pt><c:v>Visitors</c:v></c:pt></c:tx><c:cat><c:pt><c:v>May</c:v></c:pt></c:cat>"
        "<c:val><c:pt><c:v>412</c:v></c:pt></c:val></c:ser></c:chartSpace>"
    )
    drawing = '<w:r><c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" r:id="c"/></w:r>'
    body = paragraph(drawing, properties="<w:rPr><w:noProof/></w:rPr>")
    assert text(body, parts={"charts/chart1.xml": chart}, c=("chart", "charts/chart1.xml")) == "Visitors; May: 412"


def test_points_of_a_chart_are_written_as_their_format_says():
    def points(code, *values):
        shown = "".join(f'<c:pt idx="{at}"><c:v>{value}</c:v></c:pt>' for at, value in enumerate(values))
        return f"<c:numRef><c:numCache><c:formatCode>{code}</c:formatCode>{shown}</c:numCache></c:numRef>"

    chart = (
        f'<c:chartSpace {NAMES} xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"><c:ser>'
        f"<c:tx><c:pt><c:v>Share</c:v></c:pt></c:tx><c:cat>{points('m/d/yyyy', 37261, 'later')}</c:cat>"
        f"<c:val>{points('0.0%', 0.254, 0.5)}</c:val></c:ser></c:chartSpace>"
    )
    drawing = '<w:r><c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" r:id="c"/></w:r>'
    written = text(paragraph(drawing), parts={"charts/chart1.xml": chart}, c=("chart", "charts/chart1.xml"))
    assert written == "Share; 2002-01-05: 25.4%; later: 50.0%"


def test_a_missing_part_loses_itself_only():
    body = paragraph("Text.", '<w:r><w:drawing><a:blip r:embed="gone"/></w:drawing></w:r>')
    assert text(body, gone=("image", "media/gone.png"), s=("styles", "gone.xml")) == "Text."


def test_damaged_parts_lose_themselves_only():
    body = paragraph("Text.")
    damaged = {
        "styles.xml": "<w:styles",
        "numbering.xml": "",
        "footnotes.xml": "<broken>&",
        "header1.xml": b"\xff\xfe\0",
    }
    kinds = {name.split(".")[0].strip("1"): (name.split(".")[0].strip("1"), name) for name in damaged}
    assert text(body, parts=damaged, **kinds) == "Text."


def test_text_before_the_damage_is_kept():
    whole = word(paragraph("First.") + paragraph("Second."))
    cut = word(paragraph("First.") + "<w:p><w:r><w:t>Sec&broken;")
    assert convert_docx(whole).text == "First.\n\nSecond."
    assert convert_docx(cut).text.startswith("First.")


def test_headings_make_up_the_structure():
    styles = (
        f'<w:styles {NAMES}><w:style w:styleId="H1" w:type="paragraph"><w:name w:val="heading 1"/></w:style>'
        '<w:style w:styleId="H2" w:type="paragraph"><w:name w:val="heading 2"/></w:style></w:styles>'
    )

    def heading(level, words):
        return paragraph(words, properties=f'<w:pStyle w:val="H{level}"/>')

    data = word(
        heading(1, "Boats") + heading(2, "Keel") + paragraph("1.4 m") + heading(1, "Piers"),
        parts={"styles.xml": styles},
        s=("styles", "styles.xml"),
    )
    extracted = convert_docx(data)
    assert extracted.text == "Boats\n\nKeel\n\n1.4 m\n\nPiers"
    at = extracted.text.index("1.4 m")
    assert [part.value for part in extracted.parts if part.start <= at < part.end] == ["Boats", "Keel"]


def test_deep_nesting_takes_no_time():
    boxes = "<w:p><w:r><w:pict><w:txbxContent>" * 60 + paragraph("deep") + "</w:txbxContent></w:pict></w:r></w:p>" * 60
    assert text(paragraph("top"), boxes).endswith("deep")
    assert text("<w:p>" * 100_000 + "</w:p>" * 100_000, paragraph("after")).endswith("after")


def test_not_a_document():
    with pytest.raises(ConversionError, match="it has no document part that can be read"):
        convert_docx(packed({"readme.txt": "hello"}))
