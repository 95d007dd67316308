import io

import docx
import pytest
from docx.oxml import parse_xml

from spanwise.convert.limits import Limits, under
from spanwise.convert.office.word.docx import convert_docx
from spanwise.errors import ConversionError
from spanwise.types import Part

NAMESPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def saved(document):
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def test_blocks_in_order():
    document = docx.Document()
    document.add_heading("Ports", 1)
    document.add_paragraph("It listens on 8443.\nAlways.")
    table = document.add_table(2, 2)
    for row, texts in zip(table.rows, (("Name", "Port"), ("alpha\nbeta", "8443")), strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    document.add_paragraph("After.")
    assert convert_docx(saved(document)).text == (
        "Ports\n\nIt listens on 8443.\nAlways.\n\nName: alpha beta; Port: 8443\n\nAfter."
    )


def test_lists():
    document = docx.Document()
    document.add_paragraph("Steps:")
    for step in ("open", "close"):
        document.add_paragraph(step, style="List Number")
    document.add_paragraph("any order", style="List Bullet")
    document.add_paragraph("end")
    assert convert_docx(saved(document)).text == "Steps:\n\n1. open\n2. close\n- any order\n\nend"


def test_levels_count_anew():
    document = docx.Document()
    style = document.styles["List Number"].element
    number = style.find(f".//{{{style.nsmap['w']}}}numId").val
    for level, text in ((0, "a"), (1, "b"), (1, "c"), (0, "d"), (1, "e")):
        paragraph = document.add_paragraph(text)
        properties = f'<w:numPr {NAMESPACE}><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'
        paragraph._p.get_or_add_pPr().append(parse_xml(properties))
    numbering = document.part.numbering_part.element
    abstract = next(num.abstractNumId.val for num in numbering.num_lst if num.numId == number)
    for definition in numbering.iterchildren(f"{{{style.nsmap['w']}}}abstractNum"):
        if definition.get(f"{{{style.nsmap['w']}}}abstractNumId") == str(abstract):
            definition.append(
                parse_xml(
                    f'<w:lvl {NAMESPACE} w:ilvl="1"><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1.%2)"/></w:lvl>'
                )
            )
    assert convert_docx(saved(document)).text == "1. a\n  1.a) b\n  1.b) c\n2. d\n  2.a) e"


def test_a_document_without_a_numbering_part():
    document = docx.Document()
    relation = next(key for key, value in document.part.rels.items() if value.reltype.endswith("/numbering"))
    del document.part.rels[relation]
    document.add_paragraph("text")
    assert convert_docx(saved(document)).text == "text"


def test_content_controls_links_and_tracked_changes():
    document = docx.Document()
    control = "<w:sdt {}><w:sdtContent><w:p><w:r><w:t>In a control.</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    changed = (
        '<w:p {}><w:r><w:t xml:space="preserve">Kept </w:t></w:r><w:del><w:r><w:t>gone</w:t></w:r></w:del>'
        "<w:ins><w:r><w:t>new</w:t></w:r></w:ins><w:hyperlink><w:r><w:tab/><w:t>link</w:t></w:r></w:hyperlink></w:p>"
    )
    for xml in (control, changed):
        document.element.body.insert(-1, parse_xml(xml.format(NAMESPACE)))
    assert convert_docx(saved(document)).text == "In a control.\n\nKept new link"


def test_text_boxes_are_read_once():
    document = docx.Document()
    box = "<w:txbxContent><w:p><w:r><w:t>In a box.</w:t></w:r></w:p></w:txbxContent>"
    xml = (
        f'<w:p {NAMESPACE} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        "<w:r><w:t>Beside.</w:t></w:r>"
        f"<w:r><mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
        "</mc:AlternateContent></w:r></w:p>"
    )
    document.element.body.insert(-1, parse_xml(xml))
    assert convert_docx(saved(document)).text == "Beside.\n\nIn a box."


def test_tables_in_tables_are_read_once():
    document = docx.Document()
    table = document.add_table(1, 2)
    table.cell(0, 0).text = "outer"
    table.cell(0, 1).add_table(1, 1).cell(0, 0).text = "inner"
    assert convert_docx(saved(document)).text == "outer\n\ninner"


def test_headers_and_footers_stand_in_no_passage():
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "Confidential"
    document.add_paragraph("text")
    extracted = convert_docx(saved(document))
    assert extracted.text == "text\n\nConfidential"
    assert extracted.parts == (Part(6, 18, "left_out", "header"),)


@pytest.mark.parametrize(("given", "title"), [("The  Manual", "The Manual"), ("", None)])
def test_title(given, title):
    document = docx.Document()
    document.core_properties.title = given
    assert convert_docx(saved(document)).title == title


def test_not_an_archive():
    with pytest.raises(ConversionError, match="it is no zip archive"):
        convert_docx(b"PK\x03\x04 junk")


def test_a_level_that_makes_no_sense():
    document = docx.Document()
    paragraph = document.add_paragraph("text")
    properties = f'<w:numPr {NAMESPACE}><w:ilvl w:val="deep"/><w:numId w:val="1"/></w:numPr>'
    paragraph._p.get_or_add_pPr().append(parse_xml(properties))
    assert convert_docx(saved(document)).text.endswith(" text")


def test_a_decompression_bomb():
    refused = pytest.raises(ConversionError, match=r"it would unpack to [\d,]+ bytes, over the limit of 1,000")
    with under(Limits(unpacked_bytes=1000)), refused:
        convert_docx(saved(docx.Document()))
