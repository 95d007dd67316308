"""Documents are shown as they are stored, and nothing else of the disk is."""

import io
import sqlite3
from contextlib import closing

import pytest
from PIL import Image, ImageOps

from spanwise.serve.library import document_id, pages_of, sections_of
from spanwise.serve.pdf_pages import _letters
from spanwise.types import Part, SourceText


def listed(client, file):
    (entry,) = client.get("/documents", params={"file": file}).json()["documents"]
    return entry


def pdf(*pages):
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(400, 300))
    for lines in pages:
        for number, line in enumerate(lines):
            canvas.drawString(40, 250 - 40 * number, line)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


PAGES = (
    ["The first page is a cover."],
    ["The server listens on port 8443.", "The mast is 12 meters tall; the mast hums."],
)


@pytest.fixture
def client(make_client):
    return make_client({"manual.pdf": pdf(*PAGES), "a/emoji \U0001f600.txt": "The \U0001f600 dome opens at dusk.\n"})


def test_the_list_can_be_searched_and_paged(client):
    found = client.get("/documents").json()
    assert (found["total"], len(found["documents"]), found["skipped"]) == (3, 3, [])
    assert found["generation"] == client.get("/health").json()["generation"]
    assert [one["file"] for one in client.get("/documents?q=EMOJI").json()["documents"]] == ["a/emoji \U0001f600.txt"]
    part = client.get("/documents?offset=1&limit=1").json()
    assert [part["total"], part["documents"]] == [3, found["documents"][1:2]]
    assert client.get("/documents", params={"file": "no such"}).json()["documents"] == []


def test_a_text_is_given_as_stored_by_characters(client):
    text = client.service.library.corpus.source_text("a/emoji \U0001f600.txt")
    entry = listed(client, "a/emoji \U0001f600.txt")
    whole = client.get(f"/documents/{entry['id']}").json()
    assert (whole["text"], whole["length"], whole["pages"], whole["images"]) == (text, len(text), None, False)
    assert isinstance(whole["sections"], list)
    part = client.get(f"/documents/{entry['id']}?start=4&end=10").json()
    assert (part["text"], part["start"], part["end"]) == (text[4:10], 4, 10)
    for beyond in ("start=100000", "start=100000&end=100001", "start=4&end=4", "start=4&end=2", "start=100000&end=0"):
        none = client.get(f"/documents/{entry['id']}?{beyond}").json()
        assert (none["text"], none["start"], none["end"]) == ("", *2 * (4 if "=4" in beyond else len(text),))


def test_an_index_of_an_older_format_is_served_without_being_written(client):
    """Its connections are closed after each look, and nothing may be asked of one afterwards."""
    with closing(sqlite3.connect(client.service.library.corpus.path / "catalogue.sqlite")) as connection:
        connection.execute("PRAGMA user_version = 5")  # whose tables are those of today
    entry = listed(client, "manual.pdf")
    found = client.get(f"/documents/{entry['id']}").json()
    assert "port 8443" in found["text"]
    assert found["generation"] == client.get("/health").json()["generation"]


def test_the_structure_is_that_of_the_source():
    parts = (Part(0, 20, "heading", "Ports"), Part(8, 20, "heading", "Which"), Part(8, 12, "row", "3"))
    source = SourceText("a.pdf", "x" * 30, "0", page_starts=(0, 10), page_labels=("iii", "1"), parts=parts)
    assert [(one["kind"], one["title"], one["start"], one["end"]) for one in sections_of(source)] == [
        ("heading", "Ports", 0, 20),
        ("heading", "Which", 8, 20),
    ]
    assert pages_of(source) == [
        {"page": 1, "label": "iii", "start": 0, "end": 10},
        {"page": 2, "label": "1", "start": 10, "end": 30},
    ]
    assert pages_of(SourceText("a.txt", "x", "0")) is None


def test_a_pdf_page_has_boxes_where_the_words_are(client):
    entry = listed(client, "manual.pdf")
    stored = client.get(f"/documents/{entry['id']}").json()
    assert [page["page"] for page in stored["pages"]] == [1, 2]
    assert stored["images"]
    text = stored["text"]
    port, mast = text.index("port 8443"), text.rindex("the mast")
    marks = f"mark={port}:{port + 9}&mark={mast}:{mast + 8}"
    page = client.get(f"/documents/{entry['id']}/pages/2?{marks}").json()
    assert (page["width"], page["height"]) == (400, 300)
    assert [word["text"] for word in page["words"]][:3] == ["The", "server", "listens"]
    word = next(word["box"] for word in page["words"] if word["text"] == "port")
    (box,) = page["marked"][0]["boxes"]
    assert box[0] == pytest.approx(word[0], abs=0.01)
    assert 0 < box[0] < box[2] < 1
    assert box[1] < (300 - 250) / 300 < box[3] + 0.02
    (later,) = page["marked"][1]["boxes"]
    assert later[1] > box[3]
    assert later[0] > 0.4  # the second of the two, by what stands around it


def depots():
    """A page whose prose has the numbers of its table, and parts of them."""
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

    said = "Since 2016 there were 12 lines and 31 stops, of which 1,312 meters in tunnels."
    rows = [["Depot", "Buses", "Trams"], ["West", "12", "6"], ["East", "31", "12"]]
    out = io.BytesIO()
    table = Table(rows, style=[("GRID", (0, 0), (-1, -1), 0.5, "black")])
    SimpleDocTemplate(out).build([Paragraph(said, getSampleStyleSheet()["BodyText"]), table])
    return out.getvalue()


def test_a_number_of_a_table_is_boxed_in_its_cell(make_client):
    client = make_client({"depots.pdf": depots()})
    identity = listed(client, "depots.pdf")["id"]
    text = client.get(f"/documents/{identity}").json()["text"]
    cells = [text.index(": 12") + 2, text.index(": 6") + 2, text.index(": 31") + 2, text.rindex(": 12") + 2]
    marks = "&".join(f"mark={at}:{at + len(number)}" for at, number in zip(cells, ("12", "6", "31", "12"), strict=True))
    page = client.get(f"/documents/{identity}/pages/1?{marks}").json()
    drawn = [word["text"] for word in page["words"]]
    west, east = drawn.index("West"), drawn.index("East")
    for marked, at in zip(page["marked"], (west + 1, west + 2, east + 1, east + 2), strict=True):
        (box,) = marked["boxes"]
        assert box == pytest.approx(page["words"][at]["box"], abs=0.01)


def test_letters_are_the_same_before_and_after_conversion():
    assert (
        _letters("na\u00a8\u0131vet\u00e9 of\ufb01ce")[0] == _letters("Na\u00efvet\u00b4e office")[0] == "naiveteoffice"
    )


def test_a_pdf_page_is_drawn(client):
    entry = listed(client, "manual.pdf")
    reply = client.get(f"/documents/{entry['id']}/pages/1/image?width=800")
    assert reply.headers["content-type"] == "image/png"
    image = Image.open(io.BytesIO(reply.content))
    assert image.size == (800, 600)
    assert len(image.convert("L").getcolors()) > 1
    assert client.get(f"/documents/{entry['id']}/pages/3/image").status_code == 404
    assert client.get(f"/documents/{listed(client, 'port.md')['id']}/pages/1").status_code == 404


SHOWN = ((0, None), (90, None), (180, None), (270, None), (0, (20, 100, 380, 290)), (90, (20, 100, 380, 290)))


def turned_and_cropped():
    """One page for each of `SHOWN`: a turn in degrees, and a crop box."""
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(400, 300))
    for number, (degrees, crop) in enumerate(SHOWN, 1):
        canvas.setPageRotation(degrees)
        canvas.setCropBox(crop or (0, 0, 400, 300))
        canvas.drawString(40, 250, f"Pump {number} pushes {number * 7} liters up the hill")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def ink(client, path):
    """Where anything is drawn on a page, as shares of its width and height."""
    image = Image.open(io.BytesIO(client.get(f"{path}/image?width=1200").content)).convert("L")
    left, top, right, bottom = ImageOps.invert(image).getbbox()
    return left / image.width, top / image.height, right / image.width, bottom / image.height


def test_boxes_are_where_a_rotated_or_cropped_page_shows_the_words(make_client):
    client = make_client({"turned.pdf": turned_and_cropped()})
    identity = listed(client, "turned.pdf")["id"]
    text = client.get(f"/documents/{identity}").json()["text"]
    for number in range(1, len(SHOWN) + 1):
        path = f"/documents/{identity}/pages/{number}"
        start = text.index(f"Pump {number} ")
        page = client.get(f"{path}?mark={start}:{text.index('hill', start) + 4}").json()
        lefts, tops, rights, bottoms = zip(*(word["box"] for word in page["words"]), strict=True)
        drawn = pytest.approx(ink(client, path), abs=0.01)
        assert (min(lefts), min(tops), max(rights), max(bottoms)) == drawn
        (line,) = page["marked"][0]["boxes"]
        assert tuple(line) == drawn


def test_a_file_that_changed_is_not_drawn(client, tmp_path):
    entry = listed(client, "manual.pdf")
    (tmp_path / "docs" / "manual.pdf").write_bytes(pdf(["Another manual"], ["with a secret"]))
    reply = client.get(f"/documents/{entry['id']}/pages/1/image")
    assert (reply.status_code, reply.headers["content-type"]) == (409, "application/json")
    assert client.get(f"/documents/{entry['id']}").status_code == 200
    (tmp_path / "docs" / "manual.pdf").unlink()
    assert client.get(f"/documents/{entry['id']}/pages/1").status_code == 409


@pytest.mark.parametrize(
    "path",
    [
        "/documents/..%2f..%2f..%2fetc%2fpasswd",
        "/documents/%2e%2e/%2e%2e/etc/passwd",
        "/documents//etc/passwd",
        "/documents/port.md",
        "/documents/" + document_id("../secret.txt"),
        "/static/..%2f..%2fapp.py",
        "/static/%2e%2e/app.py",
        "/static/js/..%5c..%5capp.py",
        "/docs/swagger/..%2f..%2f__init__.py",
        "/static/%00",
    ],
)
def test_nothing_but_documents_can_be_read(client, tmp_path, path):
    (tmp_path / "secret.txt").write_text("root: import")
    reply = client.get(path)
    assert reply.status_code in {404, 422}
    assert "root:" not in reply.text
    assert "import" not in reply.text


def test_hostile_text_stays_text(make_client):
    hostile = "<script>alert(1)</script> <img src=x onerror=alert(2)> listens on port 8443.\n"
    client = make_client({"<b>evil<b>.txt": hostile})
    reply = client.post("/search", json={"query": "which port"})
    assert reply.headers["content-type"] == "application/json"
    texts = {one["file"]: one["text"] for one in reply.json()["passages"]}
    assert "<script>alert(1)</script>" in texts["<b>evil<b>.txt"]
