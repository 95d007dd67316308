"""What stands on a PDF's page and how it is read: exponents, columns, tables, forms, layers."""

import io
import zlib

import pytest
from pypdfium2 import PdfDocument
from reportlab.pdfgen.canvas import Canvas

from spanwise.convert.pdf.document import convert_pdf
from spanwise.errors import ConversionError


def drawn(draw, pages=1):
    """A PDF whose pages `draw(canvas, number)` draws."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    for number in range(1, pages + 1):
        canvas.setFont("Helvetica", 12)
        draw(canvas, number)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def read(draw, pages=1):
    return convert_pdf(drawn(draw, pages)).text


def line_with_raised(canvas, x, y, *pieces, rise=5):
    text = canvas.beginText(x, y)
    for at, piece in enumerate(pieces):
        text.setFont("Helvetica", 7 if at % 2 else 12)
        text.setRise(rise if at % 2 else 0)
        text.textOut(piece)
    canvas.drawText(text)


def test_raised_digits_are_told_apart():
    def draw(canvas, _):
        line_with_raised(canvas, 72, 700, "The area is 25 m", "2", " and 10", "6", " cells. Fee: 45", "3", " euros.")
        line_with_raised(canvas, 72, 680, "H", "2", " is no exponent.")

    found = read(draw)
    assert "25 m^2 and 10^6 cells. Fee: 45 [3] euros." in found


def test_lowered_digits_stay():
    def draw(canvas, _):
        text = canvas.beginText(72, 700)
        for words, rise, size in (("H", 0, 12), ("2", -3, 7), ("O is 25 m high.", 0, 12)):
            text.setFont("Helvetica", size)
            text.setRise(rise)
            text.textOut(words)
        canvas.drawText(text)

    assert read(draw) == "H2O is 25 m high."


LEFT = ["The old mill was built by", "Gerda Falk in 1788. It ground", "rye for nine villages around."]
RIGHT = ["The new mill was built by", "Otto Prins in 1902. It saws", "timber for the harbour today."]


def test_columns_written_row_by_row():
    def draw(canvas, _):
        for at, (left, right) in enumerate(zip(LEFT, RIGHT, strict=True)):
            canvas.drawString(72, 700 - 14 * at, left)
            canvas.drawString(320, 700 - 14 * at, right)

    assert read(draw) == "\n".join([*LEFT, *RIGHT])


def test_columns_with_notes():
    def draw(canvas, _):
        for at, (left, right) in enumerate(zip(LEFT, RIGHT, strict=True)):
            line_with_raised(canvas, 72, 700 - 14 * at, left, str(at + 1))
            canvas.drawString(320, 700 - 14 * at, right)

    assert read(draw).split("\n")[1] == "Gerda Falk in 1788. It ground [2]"


def test_a_table_keeps_its_rows_with_their_headers():
    rows = [("Model", "Weight", "Price"), ("Falk 20", "12 kg", "310 EUR"), ("Falk 30", "15 kg", "420 EUR")]

    def draw(canvas, _):
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                canvas.drawString(72 + 150 * column, 700 - 14 * at, cell)

    assert read(draw) == "Model: Falk 20; Weight: 12 kg; Price: 310 EUR\nModel: Falk 30; Weight: 15 kg; Price: 420 EUR"


def draw_table(canvas, top, columns, rows):
    for at, row in enumerate(rows):
        for column, cell in zip(columns, row, strict=True):
            canvas.drawString(column, top - 14 * at, cell)


def test_tables_of_one_page_may_have_other_columns():
    # A wide cell of the second table stands where the first one has no words.
    codes = [("Code", "Fault", "Reset"), *((str(at), f"fault of kind {at}", "by itself") for at in (11, 12, 15))]
    parts = [
        ("Part", "Where it stands", "Every"),
        *((f"part {at}", "in the shaft, behind it", f"{at} days") for at in (3, 6, 9)),
    ]

    def draw(canvas, _):
        draw_table(canvas, 700, (72, 130, 330), codes)
        draw_table(canvas, 600, (72, 190, 430), parts)

    text = read(draw)
    assert "Code: 12; Fault: fault of kind 12; Reset: by itself" in text.split("\n")
    assert "Part: part 6; Where it stands: in the shaft, behind it; Every: 6 days" in text.split("\n")


def test_headers_with_digits_stand_over_nothing_but_values():
    trips = [("Stop", "Trip 1", "Trip 3"), ("Hospital", "06:12", "07:05"), ("Mill", "06:18", "07:12")]
    models = [("Room A1", "Room B2"), ("chair of 1931", "desk of 1940"), ("lamp of 1950", "shelf of 1962")]

    def draw(canvas, number):
        draw_table(canvas, 700, (72, 190, 330) if number == 1 else (72, 330), (trips, models)[number - 1])

    assert read(draw, pages=2).split("\n") == [
        "Stop: Hospital; Trip 1: 06:12; Trip 3: 07:05", "Stop: Mill; Trip 1: 06:18; Trip 3: 07:12",
        "\fRoom A1 Room B2", "chair of 1931 desk of 1940", "lamp of 1950 shelf of 1962",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "rows",
    [
        [("Crane.width", "how wide it is"), ("Crane.h2", "how high it is"), ("Crane.h3", "how long it is")],
        [("Grain", "100 tons - -"), ("Flour", "20 - -"), ("Malt", "8 - -")],
        [("Preface", "iv"), ("Keel and rudder", "1"), ("Mast", "12")],
    ],
)
def test_the_first_row_of_a_table_may_be_one_like_the_others(rows):
    found = read(lambda canvas, _: draw_table(canvas, 700, (72, 330), rows))
    assert found.split() == " ".join(cell for row in rows for cell in row).split()


@pytest.mark.parametrize("values", [("EUR 310", "EUR 42"), ("A-1003", "B-17"), ("(~12)", "+4")])
def test_values_that_begin_with_no_digit(values):
    rows = [("Model", "Value"), *zip(("Falk", "Mill"), values, strict=True)]
    found = read(lambda canvas, _: draw_table(canvas, 700, (72, 330), rows))
    assert found.split("\n") == [f"Model: {name}; Value: {value}" for name, value in rows[1:]]


def test_values_of_forms_stand_behind_their_labels():
    def draw(canvas, _):
        form = canvas.acroForm
        for at, label in enumerate(("Surname:", "Pier:", "Owner:", "Paid:")):
            canvas.drawString(72, 700 - 40 * at, label)
        form.textfield(name="a", x=180, y=694, width=150, height=20, value="Lindqvist")
        form.choice(name="b", x=180, y=654, width=150, height=20, value="Pier C", options=["Pier A", "Pier C"])
        form.checkbox(name="c", x=180, y=614, checked=True)
        form.checkbox(name="d", x=180, y=574, checked=False)

    assert read(draw) == "Surname: Lindqvist\nPier: Pier C\nOwner: \u2611\nPaid: \u2610"


def form_of_options(kind):
    def draw(canvas, _):
        canvas.drawString(72, 700, "Pier:")
        options = [("Pier A", "a1"), ("Pier C", "c3")]  # what is shown, and what it is called within
        getattr(canvas.acroForm, kind)(name="b", x=180, y=694, width=150, height=20, value="c3", options=options)

    return drawn(draw)


@pytest.mark.parametrize("kind", ["choice", "listbox"])
def test_options_of_forms_are_read_as_they_are_shown(kind):
    assert convert_pdf(form_of_options(kind)).text == "Pier: Pier C"


def test_a_value_of_a_form_that_is_no_option():
    data = form_of_options("choice").replace(b"/V (c3)", b"/V (d4)").replace(b"/I [ 1 ]", b"        ")
    assert convert_pdf(data).text == "Pier: d4"


def test_text_written_on_the_page():
    def draw(canvas, _):
        canvas.drawString(72, 700, "Printed.")
        canvas.freeTextAnnotation("Valve 7 leaks.", DA="/Helv 12 Tf 0 g", Rect=(72, 600, 300, 640))

    assert "Valve 7 leaks." in read(draw)


def with_objects(*objects, header=b"%PDF-1.5\n"):
    """A PDF of numbered objects, without a table of where they lie."""
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, one) for number, one in enumerate(objects, 1))
    return header + body + b"trailer\n<</Root 1 0 R/Size %d>>\n%%%%EOF" % (len(objects) + 1)


def stream(content, extra=b""):
    return b"<</Length %d%s>>\nstream\n%s\nendstream" % (len(content), extra, content)


LAYERED = b"""BT /F1 12 Tf 72 700 Td (Visible: gate 5.) Tj ET
/OC /L1 BDC BT /F1 12 Tf 72 600 Td (Hidden: gate 99.) Tj ET EMC
/OC /L2 BDC BT /F1 12 Tf 72 500 Td (Shown: gate 7.) Tj ET EMC"""


@pytest.mark.parametrize("state", [b"/OFF[6 0 R]", b"/BaseState/OFF/ON[7 0 R]"])
def test_layers_that_are_off_are_left_out(state):
    data = with_objects(
        b"<</Type/Catalog/Pages 2 0 R/OCProperties<</OCGs[6 0 R 7 0 R]/D<<%s>>>>>>" % state,
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 5 0 R"
        b"/Resources<</Font<</F1 4 0 R>>/Properties<</L1 6 0 R/L2 7 0 R>>>>>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        stream(LAYERED),
        b"<</Type/OCG/Name(secret \\(1\\))>>",
        b"<</Type/OCG/Name(plan)>>",
    )
    assert convert_pdf(data).text.split("\n") == ["Visible: gate 5.", "Shown: gate 7."]


def test_layers_described_in_an_object_stream():
    packed = [(6, b"<</Type/OCG/Name(secret)>>"), (7, b"<</Type/OCG/Name(plan)>>")]
    packed.append((1, b"<</Type/Catalog/Pages 2 0 R/OCProperties<</OCGs[6 0 R 7 0 R]/D<</OFF[6 0 R]>>>>>>"))
    offsets, body = [], b""
    for number, one in packed:
        offsets.append(b"%d %d" % (number, len(body)))
        body += one + b" "
    head = b" ".join(offsets) + b" "
    objects = {
        2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 5 0 R"
        b"/Resources<</Font<</F1 4 0 R>>/Properties<</L1 6 0 R/L2 7 0 R>>>>>>",
        4: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        5: stream(LAYERED),
        8: stream(zlib.compress(head + body), b"/Type/ObjStm/N 3/First %d/Filter/FlateDecode" % len(head)),
    }
    data, places = b"%PDF-1.5\n", {}
    for number, one in objects.items():
        places[number] = len(data)
        data += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    inside = {number: at for at, (number, _) in enumerate(packed)}
    places[9] = len(data)
    rows = b"".join(
        b"\2" + (8).to_bytes(4, "big") + bytes([inside[number]]) if number in inside
        else b"\1" + places.get(number, 0).to_bytes(4, "big") + b"\0" if number else b"\0" * 6
        for number in range(10)
    )  # fmt: skip
    data += b"9 0 obj\n%s\nendobj\n" % stream(rows, b"/Type/XRef/Size 10/W[1 4 1]/Root 1 0 R")
    data += b"startxref\n%d\n%%%%EOF" % places[9]
    assert len(PdfDocument(data)) == 1
    assert convert_pdf(data).text.split("\n") == ["Visible: gate 5.", "Shown: gate 7."]


def test_what_stands_before_the_header():
    data = drawn(lambda canvas, _: canvas.drawString(72, 700, "The gate closes."))
    assert convert_pdf(b"junk\n" * 500 + data).text == "The gate closes."


def test_a_damaged_file_after_an_encrypted_one_is_not_called_encrypted():
    from reportlab.lib.pdfencrypt import StandardEncryption

    buffer = io.BytesIO()
    canvas = Canvas(buffer, encrypt=StandardEncryption("user", "owner", strength=128))
    canvas.drawString(72, 700, "secret")
    canvas.save()
    with pytest.raises(ConversionError, match="encrypted PDF"):
        convert_pdf(buffer.getvalue())
    with pytest.raises(ConversionError, match="damaged file or not a PDF"):
        convert_pdf(b"%PDF-1.4\n1 0 obj\n<</Type/Cat")


def test_page_labels():
    def draw(canvas, number):
        canvas.drawString(72, 700, f"Text {number}.")

    labels = b"/PageLabels<</Nums[0<</S/r>>2<</S/D>>]>>"
    data = with_objects(
        b"<</Type/Catalog/Pages 2 0 R%s>>" % labels,
        b"<</Type/Pages/Count 4/Kids[3 0 R 4 0 R 5 0 R 6 0 R]>>",
        *[b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 8 0 R/Resources<</Font<</F1 7 0 R>>>>>>"] * 4,
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        stream(b"BT /F1 12 Tf 72 700 Td (Text.) Tj ET"),
    )
    assert convert_pdf(data).page_labels == ("i", "ii", "1", "2")
    assert convert_pdf(drawn(draw, 3)).page_labels is None


def test_thousands_of_pages():
    extracted = convert_pdf(drawn(lambda canvas, number: canvas.drawString(72, 700, f"Sheet {number} of many."), 6000))
    assert len(extracted.page_starts) == 6000
    assert extracted.text.endswith("Sheet 6000 of many.")


def with_text(content, *more, font=b""):
    """A PDF with a page of these operators, further objects from the sixth on, and what else is said of the font."""
    return with_objects(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 5 0 R/Resources<</Font<</F1 4 0 R>>>>>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica%s>>" % font,
        stream(b"BT /F1 12 Tf 72 700 Td %s ET" % content),
        *more,
    )


@pytest.mark.parametrize("gap", [100, 120, 200])
def test_words_that_run_together_are_parted(gap):
    words = b"[(The)-%d(gate)-%d(closes)-%d(early)] TJ" % (gap, gap, gap)
    assert convert_pdf(with_text(words)).text == "The gate closes early"


def test_short_words_are_parted_where_long_ones_run_together():
    words = b"[(The)-120(gate)-120(closes)-120(early)] TJ 0 -20 Td [(of)-120(it)] TJ"
    assert convert_pdf(with_text(words)).text.split() == ["The", "gate", "closes", "early", "of", "it"]


@pytest.mark.parametrize(("spacing", "text"), [(4, "7 12 30 5"), (40, "7 12 3 0 5")])
def test_numbers_of_a_row_are_parted(spacing, text):
    row = b"(7 12) Tj 60 0 Td %d Tc (30) Tj 0 Tc 120 0 Td (5) Tj" % spacing
    assert convert_pdf(with_text(row)).text == text


def characters_of(code, character):
    """A table that says which character a font shows for a code."""
    return stream(
        b"/CIDInit/ProcSet findresource begin 12 dict begin begincmap /CMapName/x def /CMapType 2 def 1 "
        b"begincodespacerange <00> <FF> endcodespacerange 1 beginbfchar <%s> <%s> endbfchar endcmap end end"
        % (code, character)
    )


SOFT = characters_of(b"2D", b"00AD")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (b"(Form W-4 of 2009-39.) Tj", "Form W-4 of 2009-39."),
        (b"[(har)(-) 333 (bour)] TJ", "harbour"),  # it takes no room, as where a browser prints none
    ],
)
def test_soft_hyphens_that_are_printed(words, text):
    assert convert_pdf(with_text(words, SOFT, font=b"/Encoding/WinAnsiEncoding/ToUnicode 6 0 R")).text == text


@pytest.mark.parametrize(
    ("character", "text"),
    [
        (b"0003", "The area is 4 m^2, of noten [2]: see Falk [7]"),
        (b"D835DC65", "The area is 4\U0001d465 m^2, of note\U0001d465n\U0001d465^2: see Falk [7]"),
    ],
)
def test_characters_that_pdfium_counts_otherwise(character, text):
    words = [b"(The area is 4~ m) Tj", b"(, of note~n~) Tj", b"(: see Falk) Tj"]
    raised = b"/F1 7 Tf 5 Ts (%s) Tj /F1 12 Tf 0 Ts"
    content = b" ".join([words[0], raised % b"2", words[1], raised % b"2", words[2], raised % b"7"])
    data = with_text(content, characters_of(b"7E", character), font=b"/ToUnicode 6 0 R")
    assert convert_pdf(data).text == text


@pytest.mark.parametrize("angle", [90, 45, -90])
def test_no_digit_of_a_turned_number_is_raised(angle):
    def draw(canvas, _):
        canvas.translate(200, 200)
        canvas.rotate(angle)
        canvas.scale(10, 10)
        canvas.setFont("Helvetica", 1)
        canvas.drawString(0, 0, "37,499.96")

    assert read(draw) == "37,499.96"


def test_several_marks_of_notes_are_one():
    def draw(canvas, _):
        line_with_raised(canvas, 72, 700, "since 1999", "4,5", " and x", "2", ", 3")

    assert read(draw) == "since 1999 [4,5] and x^2, 3"


def test_a_label_may_stand_level_with_the_lower_part_of_a_high_field():
    def draw(canvas, _):
        canvas.drawString(72, 700, "Surname")
        canvas.acroForm.textfield(name="s", x=160, y=695, value="Lovelace")
        canvas.drawString(72, 600, "Given name")

    assert read(draw) == "Surname Lovelace\nGiven name"


@pytest.mark.parametrize("size", [1, 12])
def test_a_cell_to_the_right_is_no_note_of_the_cell_before(size):
    def draw(canvas, _):
        canvas.scale(12 / size, 12 / size)
        canvas.setFont("Helvetica", size)
        for at, (x, words) in enumerate([(6, "Authors: Ada Falk"), (37, "1.0"), (6, "A field is new"), (37, "1.2")]):
            canvas.drawString(x * size, (50 - at + 2 * (at % 2)) * size, words)

    found = read(draw)
    assert "[" not in found
    assert "1.0" in found
    assert "1.2" in found


@pytest.mark.parametrize("rise", [5, 9])  # behind the mark PDFium begins a line; at the higher one too
def test_a_sentence_goes_on_behind_a_mark_beside_a_table(rise):
    def draw(canvas, _):
        line_with_raised(canvas, 72, 700, "It was built in the past", "1", ". Nobody lives there.", rise=rise)
        draw_table(canvas, 600, [72, 222], [("Machine", "Torque"), ("Lathe", "25 Nm"), ("Drill", "8 Nm")])

    assert read(draw).split("\n")[:2] == [
        "It was built in the past [1]. Nobody lives there.",
        "Machine: Lathe; Torque: 25 Nm",
    ]
