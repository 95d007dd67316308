"""Makers of small files that ask for much: each a name, and the bytes of the file of that name."""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping

Make = Callable[[], bytes]
WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
SHEET = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
ODF = (
    " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "text", "table", "style")
    )
    + ' xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"'
)


def hostile_files() -> dict[str, Make]:
    """Return for the name of each file what makes it."""
    files: dict[str, Make] = {}
    for family in (_runs, _markdown, _tables, _html, _mails, _zips, _word, _sheets, _open, _books, _pdfs, _broken):
        files.update(family())
    return files


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    """Return an archive of parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _said(text: str) -> Make:
    return text.encode


def _nested(before: str, after: str, times: int, inner: str = "x") -> str:
    return before * times + inner + after * times


def _runs() -> Iterator[tuple[str, Make]]:
    """Runs of one character, which a pattern that backtracks looks at again from each of its places."""
    for label, run in (
        ("space", " "), ("tab", "\t"), ("return", "\r"), ("feed", "\f"), ("newline", "\n"), ("nbsp", "\xa0"),
        ("quote", '"'), ("stop", "."), ("stop_space", ". "), ("star", "*"), ("hash", "#"), ("dash", "-"),
        ("bracket", "["), ("paren", "("), ("backtick", "`"), ("combining", "a\u0301"), ("zwj", "\u200d"),
        ("letter", "a"), ("ideograph", "\u3002"), ("newline_space", "\n "), ("bar", "|"),
    ):  # fmt: skip
        yield f"run_{label}.txt", _said(f"x{run * 400_000}y")
    yield "run_space.html", _said(f"<p>x{' ' * 400_000}y</p><pre>x{' ' * 400_000}y</pre>")
    yield "run_space.csv", _said(f"a,b\nx{' ' * 400_000}y,z\n")
    yield "run_space.rst", _said(f"Title\n=====\nx{' ' * 400_000}y")


def _markdown() -> Iterator[tuple[str, Make]]:
    for label, text in (
        ("headings", "# " * 500_000), ("closing", "# a" + " #" * 300_000), ("links", "[" * 300_000),
        ("link_parts", "# " + "[a](" * 200_000), ("fences", "```\n" * 200_000), ("ticks", "`" * 500_000),
        ("comment", "<!--" * 200_000), ("quotes", "> " * 300_000), ("anchors", "# " + "{#" * 200_000),
        ("underlines", "a\n=\n" * 200_000), ("levels", "".join(f"{'#' * (n % 6 + 1)} h{n}\n" for n in range(15_000))),
        ("front", "---\n" + "a: &a [*a, *a]\n" * 2000 + "---\n"), ("images", "# " + "![" * 200_000),
        ("yaml", "---\na: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
            f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(12)) + "---\nx"),
        ("deep_yaml", "---\na: " + "[" * 50_000 + "\n---\nx"),
        ("toml", "+++\na = " + "[" * 50_000 + "\n+++\nx"),
    ):  # fmt: skip
        yield f"md_{label}.md", _said(text)
    yield "tex_titles.tex", _said("\\title{" * 100_000)
    yield "tex_sections.tex", _said("\\section[" * 100_000)
    yield "rst_rules.rst", _said("=====\n" * 100_000)
    yield "adoc_blocks.adoc", _said("----\n" * 100_001)
    yield "org_stars.org", _said("*" * 300_000 + " a\n" + "* a :b" * 50_000)


def _tables() -> Iterator[tuple[str, Make]]:
    yield "columns.csv", _said("a," * 500_000 + "\n" + "b," * 500_000)
    yield "rows.csv", _said("a,b\n" * 500_000)
    yield "quotes.csv", _said('"' * 500_001)
    yield "quote_pairs.csv", _said('a,b\n"' + '""' * 300_000)
    yield "sparse.csv", _said("".join("," * (n % 1000) + "x\n" for n in range(3000)))
    yield "header.csv", _said("h" * 75 + "," + "\n".join("k" * 75 + f",{n}" for n in range(50_000)))
    yield "long_header.tsv", _said("\t".join("h" * 79 for _ in range(1000)) + "\n" + ("1\t" * 1000 + "\n") * 1000)


def _html() -> Iterator[tuple[str, Make]]:
    for tag in (
        "div",
        "ul",
        "li",
        "table",
        "b",
        "blockquote",
        "span",
        "a",
        "font",
        "nav",
        "svg",
        "math",
        "select",
        "dl",
    ):
        yield f"deep_{tag}.html", _said(_nested(f"<{tag}>", f"</{tag}>", 60_000))
    yield "menus.html", _said(_nested("<ul><li><a href=x>m</a>", "</li></ul>", 5000))
    yield "table_cells.html", _said(_nested("<table><tr><td>", "</td></tr></table>", 20_000))
    yield "spans.html", _said("<table>" + "<tr><td colspan=1000 rowspan=65534>x</td></tr>" * 2000 + "</table>")
    yield "sparse.html", _said("<table>" + "".join(f"<tr><td colspan={n}><td>x" for n in range(1000)) + "</table>")
    yield "attributes.html", _said("<p " + " ".join(f"a{n}=1" for n in range(200_000)) + ">x")
    yield "comments.html", _said("<!--" * 200_000)
    yield "declared.html", _said("\xe4" + "<meta " * 200_000)
    yield "scripts.html", _said("<script>" * 100_000)
    yield "entities.html", _said("&" * 500_000 + "&#x110000;" * 10_000)
    yield "formatting.html", _said("<p>" + "".join(f"<b id={n}><i>" for n in range(3000)) + "<p>x" * 3000)
    yield "unclosed.html", _said("<a><b><p>" * 30_000)
    yield "surrogates.html", _said("<title>&#xD800;</title><p>&#xDFFF;x &#xD83D;&#xDE00;</p>")
    yield "lists.html", _said("<ol>" * 3000 + "<li>x" * 3000)
    yield "pre.html", _said("<pre>" + "<span>\n</span>" * 100_000)


def _mails() -> Iterator[tuple[str, Make]]:
    part = 'Content-Type: multipart/mixed; boundary="b{0}"\n\n--b{0}\n'
    yield "parts.eml", _said("From: a\n" + "".join(part.format(n) for n in range(2000)) + "\nx")
    message = "Content-Type: message/rfc822\n\nFrom: a\n"
    yield "messages.eml", _said("From: a\n" + message * 3000 + "\nx")
    yield "headers.eml", _said("".join(f"X-{n}: {'=?utf-8?q?a?= ' * 20}\n" for n in range(3000)) + "\nx")
    yield "subject.eml", _said("Subject: " + "=?utf-8?b?" * 50_000 + "\n\nx")
    yield "addresses.eml", _said("From: " + "(" * 100_000 + "\n\nx")
    yield "mails.mbox", _said("From a\nSubject: b\n\nx\n\n" * 30_000)
    yield "json.ipynb", _said('{"cells":' + "[" * 200_000)
    yield (
        "surrogate.ipynb",
        _said('{"cells":[{"cell_type":"markdown","source":"x \\ud800 y","metadata":{}}],"metadata":{},"nbformat":4}'),
    )
    yield "page.1", _said(".TH x 1\n.SH NAME\nx \\- y\n" + ".RS\n" * 50_000)
    yield "macros.1", _said(".TH x 1\n.SH NAME\nx \\- y\n.de a\n.a\n..\n.a\n" + "\\f" * 50_000)


def _zips() -> Iterator[tuple[str, Make]]:

    yield "bomb.txt.gz", lambda: gzip.compress(b"a" * 100_000_000)
    yield "members.txt.gz", lambda: gzip.compress(b"a") * 100_000
    yield "twice.txt.gz", lambda: gzip.compress(gzip.compress(b"a" * 10_000_000))
    for suffix, part in (
        ("docx", "word/document.xml"), ("xlsx", "xl/workbook.xml"), ("pptx", "ppt/presentation.xml"),
        ("odt", "content.xml"), ("epub", "META-INF/container.xml"),
    ):  # fmt: skip
        yield f"bomb.{suffix}", lambda part=part: zipped({part: b"<a>" + b" " * 100_000_000})
        yield f"many.{suffix}", lambda part=part: zipped({part: "<a/>"} | {f"p{n}.xml": "" for n in range(20_000)})
        yield f"lies.{suffix}", lambda part=part: _lying(part)
        yield f"entities.{suffix}", lambda part=part: zipped({part: _laughs()})
        yield f"deep.{suffix}", lambda part=part: zipped({part: _nested("<a>", "</a>", 300_000)})


def _lying(part: str) -> bytes:
    """Return an archive whose directory says that its part is small."""
    data = bytearray(zipped({part: b"<a>" + b" " * 100_000_000}))
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 10)
    return bytes(data)


def _laughs() -> str:
    names = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    return f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY l0 "lol">{names}]><a>&l11;</a>'


def _docx(body: str, **parts: str) -> Make:
    relation = f'<Relationship Id="r1" Type="{RELATIONS}/{{}}" Target="{{}}"/>'
    head = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    return lambda: zipped(
        {
            "_rels/.rels": head + relation.format("officeDocument", "word/document.xml") + "</Relationships>",
            "word/_rels/document.xml.rels": head
            + "".join(relation.format(name, f"{name}.xml").replace("r1", name) for name in parts)
            + "</Relationships>",
            "word/document.xml": f"<w:document {WORD}><w:body>{body}</w:body></w:document>",
        }
        | {f"word/{name}.xml": text for name, text in parts.items()}
    )


def _word() -> Iterator[tuple[str, Make]]:
    text = "<w:p><w:r><w:t>x</w:t></w:r></w:p>"
    for level in ("900000000", "-1", "9" * 5000):
        item = f'<w:p><w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="1"/></w:numPr></w:pPr><w:r><w:t>x</w:t></w:r></w:p>'
        numbering = (
            f'<w:numbering {WORD}><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="{level}"><w:start w:val="999999999"/>'
            '<w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1."/></w:lvl></w:abstractNum>'
            '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
        )
        yield f"level_{level[:4]}.docx", _docx(item, numbering=numbering)
    box = "<w:p><w:r><w:t>x</w:t><w:pict><w:txbxContent>", "</w:txbxContent></w:pict></w:r></w:p>"
    for times in (60, 5000):
        yield f"boxes_{times}.docx", _docx(_nested(*box, times, text))
    cell = "<w:tbl><w:tr><w:tc>", "</w:tc></w:tr></w:tbl>"
    yield "boxes_tables.docx", _docx(_nested(cell[0] + box[0], box[1] + cell[1], 40, text))
    yield "tables.docx", _docx(_nested(*cell, 5000, text))
    yield (
        "spans.docx",
        _docx(
            "<w:tbl>"
            + f'<w:tr><w:tc><w:tcPr><w:gridSpan w:val="99999999"/></w:tcPr>{text}</w:tc></w:tr>' * 3000
            + "</w:tbl>"
        ),
    )
    styles = "".join(f'<w:style w:styleId="s{n}"><w:basedOn w:val="s{(n + 1) % 3000}"/></w:style>' for n in range(3000))
    styled = '<w:p><w:pPr><w:pStyle w:val="s1"/></w:pPr><w:r><w:t>x</w:t></w:r></w:p>' * 3000
    yield "styles.docx", _docx(styled, styles=f"<w:styles {WORD}>{styles}</w:styles>")
    yield "runs.docx", _docx("<w:p>" + "<w:r><w:t>x</w:t></w:r>" * 300_000 + "</w:p>")


def _xlsx(rows: str, strings: str = "", more: str = "") -> Make:
    head = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    return lambda: zipped(
        {
            "xl/workbook.xml": f'<workbook {SHEET} xmlns:r="{RELATIONS}"><sheets><sheet name="s" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'{head}<Relationship Id="r1" Type="{RELATIONS}/worksheet" '
            'Target="worksheets/sheet1.xml"/></Relationships>',
            "xl/worksheets/sheet1.xml": f"<worksheet {SHEET}><sheetData>{rows}</sheetData>{more}</worksheet>",
            "xl/sharedStrings.xml": f"<sst {SHEET}>{strings}</sst>",
        }
    )


def _sheets() -> Iterator[tuple[str, Make]]:
    corner = '<row r="{0}"><c r="{1}{0}" t="str"><v>x</v></c></row>'
    yield "sparse.xlsx", _xlsx(corner.format(1, "A") + corner.format(1_048_576, "XFD"))
    yield "diagonal.xlsx", _xlsx("".join(corner.format(n, "ALK") for n in range(1, 5000)))
    yield "far.xlsx", _xlsx('<row r="9999999"><c r="ZZZ9999999" t="str"><v>x</v></c></row>' * 1000)
    yield "shared.xlsx", _xlsx('<row><c t="s"><v>0</v></c></row>' * 50_000, f"<si><t>{'x' * 30_000}</t></si>")
    merged = "<mergeCells>" + '<mergeCell ref="A1:XFD1048576"/>' * 5000 + "</mergeCells>"
    yield "merged.xlsx", _xlsx(corner.format(1, "A"), more=merged)
    yield "digits.xlsx", _xlsx(f'<row><c><v>{"9" * 1_000_000}</v></c><c t="s"><v>{"9" * 5000}</v></c></row>')
    yield "row_number.xlsx", _xlsx(f'<row r="{"9" * 6000}"><c><v>1</v></c></row>')


def _odf(body: str) -> Make:
    return lambda: zipped(
        {"content.xml": f"<office:document-content {ODF}><office:body>{body}</office:body></office:document-content>"}
    )


def _open() -> Iterator[tuple[str, Make]]:
    box = "<text:p><draw:frame><draw:text-box>", "</draw:text-box></draw:frame></text:p>"
    cell = "<table:table><table:table-row><table:table-cell>", "</table:table-cell></table:table-row></table:table>"
    yield "boxes.odt", _odf(_nested(*box, 60, "<text:p>x</text:p>"))
    yield "boxes_tables.odt", _odf(_nested(cell[0] + box[0], box[1] + cell[1], 60, "<text:p>x</text:p>"))
    yield "tables.odt", _odf(_nested(*cell, 2000, "<text:p>x</text:p>"))
    yield (
        "lists.odt",
        _odf(_nested("<text:list><text:list-item>", "</text:list-item></text:list>", 5000, "<text:p>x</text:p>")),
    )
    yield "spaces.odt", _odf('<text:p>x<text:s text:c="900000000"/>y</text:p>')
    yield "level.odt", _odf(f'<text:h text:outline-level="{"9" * 5000}">x</text:h>')
    repeated = (
        '<table:table-row table:number-rows-repeated="99999999"><table:table-cell '
        'table:number-columns-repeated="99999999"><text:p>x</text:p></table:table-cell></table:table-row>'
    )
    yield "repeated.ods", _odf(f"<office:spreadsheet><table:table>{repeated * 200}</table:table></office:spreadsheet>")
    yield "spans.odt", _odf("<text:p>" + "<text:span>" * 300 + "x" * 100_000 + "</text:span>" * 300 + "</text:p>")
    yield "long.odt", _odf("<text:p>" + "<text:span>x</text:span>" * 200_000 + "</text:p>")


def _books() -> Iterator[tuple[str, Make]]:
    container = '<container><rootfiles><rootfile full-path="a.opf"/></rootfiles></container>'
    package = "<package><manifest>{}</manifest><spine>{}</spine></package>"
    for label, chapter, times in (
        ("deep", _nested("<div>", "</div>", 100_000), 1),
        ("same", "<p>" + "x " * 50_000, 2000),
    ):
        item, place = '<item id="c" href="c.xhtml"/>', '<itemref idref="c"/>' * times
        parts = {
            "META-INF/container.xml": container,
            "a.opf": package.format(item, place),
            "c.xhtml": f"<html>{chapter}",
        }
        yield f"chapters_{label}.epub", lambda parts=parts: zipped(parts)


def pdf(objects: list[str]) -> bytes:
    """Return a PDF of these objects, the first of which is the catalogue; no table says where they are."""
    body = "".join(f"{number} 0 obj\n{text}\nendobj\n" for number, text in enumerate(objects, 1))
    return f"%PDF-1.7\n{body}trailer<</Root 1 0 R/Size {len(objects) + 1}>>\n%%EOF".encode("latin-1")


def _packed_twice() -> str:
    return zlib.compress(zlib.compress(b" " * 500_000_000, 1), 9).decode("latin-1")


def _stream(text: str, fields: str = "") -> str:
    return f"<<{fields}/Length {len(text)}>>stream\n{text}\nendstream"


def _page(content: str, more: str = "") -> list[str]:
    font = "/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>"
    return [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<<{font}{more}>>>>",
        _stream(content),
    ]


def _pdfs() -> Iterator[tuple[str, Make]]:
    said = "BT /F 12 Tf 50 700 Td (It says some words) Tj ET "
    form = "/Type/XObject/Subtype/Form/BBox[0 0 600 800]"
    for fan, levels in ((10, 12), (2, 40)):
        forms = [
            _stream(
                f"/X Do {'' if fan == 2 else '/X Do ' * (fan - 2)}/X Do" if n < levels else said,
                f"{form}/Resources<</XObject<</X {6 + n} 0 R>>>>",
            )
            for n in range(levels + 1)
        ]
        yield f"forms_{fan}.pdf", lambda forms=forms: pdf([*_page(said + "/X Do", "/XObject<</X 5 0 R>>"), *forms])
    yield (
        "self_form.pdf",
        lambda: pdf(
            [
                *_page("/X Do", "/XObject<</X 5 0 R>>"),
                _stream("/X Do " * 50, f"{form}/Resources<</XObject<</X 5 0 R>>>>"),
            ]
        ),
    )
    yield (
        "pages_loop.pdf",
        lambda: pdf(["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[2 0 R 2 0 R]/Count 99999999>>"]),
    )
    yield (
        "page_count.pdf",
        lambda: pdf(
            [
                "<</Type/Catalog/Pages 2 0 R>>",
                "<</Type/Pages/Kids[3 0 R]/Count 2000000000>>",
                "<</Type/Page/Parent 2 0 R>>",
            ]
        ),
    )
    yield "letters.pdf", lambda: pdf(_page("BT /F 1 Tf 50 700 Td " + "(" + "x" * 500_000 + ") Tj ET"))
    yield (
        "one_by_one.pdf",
        lambda: pdf(_page("".join(f"BT /F 9 Tf {n % 500} {n % 700} Td (x) Tj ET " for n in range(60_000)))),
    )
    yield "arrays.pdf", lambda: pdf([*_page(said), "[" * 100_000])
    yield "dictionaries.pdf", lambda: pdf([*_page(said), "<</A" * 50_000])
    yield "states.pdf", lambda: pdf(_page("q " * 500_000 + said))
    yield "filters.pdf", lambda: pdf([*_page(said)[:3], _stream(_packed_twice(), "/Filter[/FlateDecode/FlateDecode]")])
    yield "numbers.pdf", lambda: pdf(_page(f"BT /F {'9' * 400} Tf {'9' * 400} 0 Td (x) Tj ET " * 100 + said))


def _broken() -> Iterator[tuple[str, Make]]:
    yield "nothing.pdf", lambda: b""
    yield "half.docx", lambda: _docx("<w:p/>")()[:200]
    yield "text.xlsx", _said("this is no workbook")
    for suffix, start in (
        ("doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ("rtf", b"{\\rtf1" + b"{" * 200_000),
        ("xls", b"\x09\x08"),
        ("ppt", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ("msg", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    ):
        yield f"broken.{suffix}", lambda start=start: start + bytes(range(256)) * 200
