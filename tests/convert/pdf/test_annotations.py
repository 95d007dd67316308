import pytest

from spanwise.convert.pdf.document import convert_pdf

STAMP = b"/Subtype/Stamp"
SIGNATURE = b"/Subtype/Widget/FT/Sig/T(s)"
PRINTED = b"BT /F 12 Tf 72 700 Td (Gate 7 is) Tj 0 -14 Td (closed at night.) Tj ET"
PICTURE = b"q 100 0 0 100 0 0 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \x80 EI Q"


def with_notes(printed, *notes):
    """A PDF with a page of operators and annotations: for each what it is, where it stands, and what it shows."""
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]>>>>",
        2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 5 0 R/Resources<</Font<</F 4 0 R>>>>/Annots[%s]>>"
        % b" ".join(b"%d 0 R" % (6 + 2 * at) for at in range(len(notes))),
        4: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        5: b"<</Length %d>>\nstream\n%s\nendstream" % (len(printed), printed),
    }
    for at, (kind, box, words) in enumerate(notes):
        shown = b"BT /F 10 Tf 2 4 Td (%s) Tj ET" % words
        objects[6 + 2 * at] = b"<</Type/Annot%s/Rect[%s]/AP<</N %d 0 R>>>>" % (kind, box, 7 + 2 * at)
        head = b"/Type/XObject/Subtype/Form/BBox[0 0 200 20]/Resources<</Font<</F 4 0 R>>>>/Length %d" % len(shown)
        objects[7 + 2 * at] = b"<<%s>>\nstream\n%s\nendstream" % (head, shown)
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % one for one in objects.items())
    return b"%%PDF-1.5\n%strailer\n<</Root 1 0 R/Size %d>>\n%%%%EOF" % (body, len(objects) + 1)


@pytest.mark.parametrize("kind", [STAMP, SIGNATURE])
def test_what_stamps_and_signatures_show(kind):
    found = convert_pdf(with_notes(PRINTED, (kind, b"100 690 300 710", b"Checked by Otto Prins")))
    assert found.text.split("\n") == ["Gate 7 is", "closed at night.", "Checked by Otto Prins"]
    assert convert_pdf(with_notes(b"", (kind, b"100 690 300 710", b"Checked"))).text == "Checked"


def test_other_annotations_and_signatures_without_room_show_nothing():
    notes = [(b"/Subtype/Highlight", b"100 600 300 620", b"Other"), (SIGNATURE, b"0 0 0 0", b"Unseen")]
    stamp = (STAMP, b"100 500 300 520", b"Checked")
    assert convert_pdf(with_notes(PRINTED, *notes)).text == "Gate 7 is\nclosed at night."
    assert convert_pdf(with_notes(PRINTED, *notes, stamp)).text == "Gate 7 is\nclosed at night.\nChecked"


@pytest.mark.parametrize(("can_read", "text"), [(False, "Checked"), (True, "By eye, and checked.")])
def test_a_stamped_scan_is_still_a_scan(monkeypatch, can_read, text):
    monkeypatch.setattr("spanwise.convert.pdf.ocr.can_read", lambda: can_read)
    monkeypatch.setattr("spanwise.convert.pdf.ocr.read_page", lambda page: "By eye, and checked.")
    found = convert_pdf(with_notes(PICTURE, (STAMP, b"100 690 300 710", b"Checked")))
    assert (found.text, found.wants_ocr) == (text, not can_read)


def test_values_of_fields_stay_beside_stamps():
    field = b"/Subtype/Widget/FT/Tx/T(s)/V(Falk)"
    notes = [(field, b"140 694 300 714", b"Falk"), (STAMP, b"100 500 300 520", b"Checked")]
    assert convert_pdf(with_notes(PRINTED, *notes)).text == "Gate 7 is Falk\nclosed at night.\nChecked"
