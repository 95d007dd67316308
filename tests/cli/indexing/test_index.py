import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from scans import scanned
from spanwise.index.records import Versions
from spanwise.pipeline.converting import conversion_worker
from spanwise.pipeline.sync import changes, sync


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "sky.txt").write_text("The sky is blue.", encoding="utf-8")
    (folder / "sea.txt").write_text("The sea is green.", encoding="utf-8")
    return folder


def test_json_report(spanwise, folder, tmp_path, tiny_embedder):
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 nonsense")
    for name in ("picture.png", "one.jpg", "two.JPG", "program"):
        (folder / name).write_bytes(bytes(range(256)))
    ran = spanwise("index", folder, "--index", tmp_path / "i", "--embedder", tiny_embedder, "--json")
    report = json.loads(ran.out)
    assert ran.code == 0
    assert report["added"] == ["sea.txt", "sky.txt"]
    assert (report["changed"], report["removed"], report["unchanged"], report["reconverted"]) == ([], [], 0, [])
    assert report["ignored"] == {
        "count": 4,
        "kinds": {".jpg": 2, ".png": 1, "": 1},
        "files": ["one.jpg", "picture.png", "program", "two.JPG"],
    }
    assert report["skipped"][0]["file"] == "broken.pdf"
    assert report["passages"] == 2


def test_the_text_counts_other_files_by_kind_but_not_what_was_excluded(spanwise, folder, tmp_path, tiny_embedder):
    for name in ("one.jpg", "two.JPG", "three.zip", "program"):
        (folder / name).write_bytes(bytes(range(256)))
    command = ("index", folder, "--index", tmp_path / "i", "--embedder", tiny_embedder, "--exclude", "three*")
    ran = spanwise(*command)
    assert "ignored, since such files are not read: 2 .jpg, 1 without a suffix.\n" in ran.out


def test_files_of_an_earlier_version_are_converted_again(spanwise, folder, tmp_path, tiny_embedder, monkeypatch):
    command = ("index", folder, "--index", tmp_path / "i", "--embedder", tiny_embedder)
    status = ("status", "--index", tmp_path / "i")
    spanwise(*command)
    assert json.loads(spanwise(*status, "--json").out)["old"] == 0
    now = changes.VERSIONS
    for later in (Versions(now.conversion + 1, now.splitting), Versions(now.conversion + 1, now.splitting + 1)):
        for module in (changes, sync):
            monkeypatch.setattr(module, "VERSIONS", later)
        assert json.loads(spanwise(*status, "--json").out)["old"] == 2
        assert "2, 2 made by an earlier version, to be converted again by `spanwise index`" in spanwise(*status).out
        ran = spanwise(*command)
        assert "reconverted: 2 files made by an earlier version of conversion or splitting.\n" in ran.out
        assert json.loads(spanwise(*status, "--json").out)["old"] == 0
    report = json.loads(spanwise(*command, "--json").out)
    assert (report["unchanged"], report["reconverted"]) == (2, [])


def test_an_encrypted_pdf_is_opened_by_its_password(spanwise, folder, tmp_path, tiny_embedder, monkeypatch):
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(folder / "safe.pdf"), encrypt=StandardEncryption("sesame", "owner", strength=128))
    canvas.drawString(72, 700, "The safe is behind the clock.")
    canvas.save()
    command = ("index", folder, "--index", tmp_path / "i", "--embedder", tiny_embedder)
    assert "skipped safe.pdf: encrypted PDF: it needs a password; index it with --password" in spanwise(*command).err
    assert (
        "skipped safe.pdf: encrypted PDF: the password given is not its own"
        in spanwise(*command, "--password", "x").err
    )
    monkeypatch.setenv("SPANWISE_PASSWORD", "sesame")
    ran = spanwise(*command, "--json")
    assert json.loads(ran.out)["added"] == ["safe.pdf"]
    assert not any(b"sesame" in file.read_bytes() for file in (tmp_path / "i").rglob("*") if file.is_file())


def test_text_report_lists_skipped_files_at_the_end(spanwise, folder, tmp_path, tiny_embedder):
    (folder / "bro\nken.pdf").write_bytes(b"%PDF-1.4 nonsense")
    ran = spanwise("index", folder, "--index", tmp_path / "i", "--embedder", tiny_embedder)
    assert ran.code == 0
    assert "2 added, 0 changed, 0 removed, 0 unchanged, 1 skipped" in ran.out
    assert ran.err.startswith("skipped bro\\nken.pdf: ")
    assert ran.err.count("\n") == 1


def test_a_file_with_pages_that_were_not_read_is_named(spanwise, folder, tmp_path, tiny_embedder, monkeypatch):
    (folder / "notes.pdf").write_bytes(scanned("Typed.", None))
    monkeypatch.setenv("PATH", str(tmp_path))
    no_ocr = "import spanwise.convert.pdf.ocr as ocr; ocr.find_spec = lambda _: None; from spanwise.pipeline"
    monkeypatch.setattr(conversion_worker, "_START", conversion_worker._START.replace("from spanwise.pipeline", no_ocr))
    ran = spanwise("index", folder, "--index", tmp_path / "i", "--embedder", tiny_embedder)
    assert ran.code == 0
    assert "indexed in part: notes.pdf: 1 of 2 pages have no text (scanned?): pip install 'spanwise[ocr]'" in ran.err
    ran = spanwise("index", folder, "--index", tmp_path / "j", "--embedder", tiny_embedder, "--json")
    report = json.loads(ran.out)
    assert report["added"] == ["notes.pdf", "sea.txt", "sky.txt"]
    assert [(one["file"], one["reason"][:12]) for one in report["warnings"]] == [("notes.pdf", "1 of 2 pages")]
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 nonsense")
    spanwise("index", folder, "--index", tmp_path / "i")  # which converts the other no more
    ran = spanwise("files", "--skipped", "--index", tmp_path / "i")
    skipped, in_part = ran.out.splitlines()
    assert skipped.startswith("broken.pdf: ")
    assert in_part == f"notes.pdf: in part: {report['warnings'][0]['reason']}"
    assert ran.err == "1 file skipped at the last sync, 1 file indexed in part\n"
    listed = json.loads(spanwise("files", "n*", "--skipped", "--json", "--index", tmp_path / "i").out)
    assert (listed["skipped"], listed["in_part"]) == ([], report["warnings"])
    assert "in_part" not in json.loads(spanwise("files", "--ignored", "--json", "--index", tmp_path / "i").out)


def test_pages_that_wanted_ocr_are_read_once_it_is_there(spanwise, folder, tmp_path, tiny_embedder, monkeypatch):
    (folder / "notes.pdf").write_bytes(scanned("Typed.", None))
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    no_rapidocr = "import spanwise.convert.pdf.ocr as ocr; ocr.find_spec = lambda _: None; from spanwise.pipeline"
    monkeypatch.setattr(
        conversion_worker, "_START", conversion_worker._START.replace("from spanwise.pipeline", no_rapidocr)
    )
    monkeypatch.setattr("spanwise.convert.pdf.ocr.find_spec", lambda _: None)
    command = ("index", folder, "--index", tmp_path / "i", "--embedder", tiny_embedder)
    status = ("status", "--index", tmp_path / "i")
    spanwise(*command)
    report = json.loads(spanwise(*command, "--json").out)
    assert (report["unchanged"], report["reconverted"], report["newly_readable"]) == (3, [], [])
    assert json.loads(spanwise(*status, "--json").out)["newly_readable"] == 0

    tesseract = programs / "tesseract"
    tesseract.write_text(f"#!{sys.executable}\nprint('The gate closes at nine.')\n")
    tesseract.chmod(0o755)
    assert "3, 1 with scanned pages that can be read now by `spanwise index`" in spanwise(*status).out
    ran = spanwise(*command)
    assert "reconverted: 1 file (notes.pdf) with pages that only OCR reads, which is installed now.\n" in ran.out
    assert "indexed in part" not in ran.err
    assert "The gate closes at nine." in spanwise("show", "notes.pdf", "--index", tmp_path / "i").out
    report = json.loads(spanwise(*command, "--json").out)
    assert (report["unchanged"], report["reconverted"]) == (3, [])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: None, "found nothing"),
        (lambda folder: folder.mkdir(), "can be indexed"),
        (os.mkfifo, "found neither a folder nor a file"),
    ],
)
def test_nothing_to_index_fails_in_one_line(spanwise, tmp_path, make, message):
    make(tmp_path / "folder")
    ran = spanwise("index", tmp_path / "folder", "--index", tmp_path / "i")
    assert ran.code == 1
    assert message in ran.err
    assert ran.err.count("\n") == 1
    assert not (tmp_path / "i").exists()


def test_only_bad_files_fail_and_are_listed(spanwise, tmp_path, tiny_embedder):
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "empty.pdf").write_bytes(b"")
    ran = spanwise("index", folder, "--index", tmp_path / "i", "--embedder", tiny_embedder)
    assert ran.code == 1
    assert ran.err.startswith("skipped empty.pdf: ")
    assert "nothing in" in ran.err


def test_refusals_exit_with_one_and_name_the_remedy(spanwise, folder, tmp_path, tiny_embedder):
    index = ["--index", tmp_path / "i", "--embedder", tiny_embedder]
    assert spanwise("index", folder, *index).code == 0
    moved = folder.rename(tmp_path / "moved")
    ran = spanwise("index", moved, *index)
    assert (ran.code, "--root-moved" in ran.err) == (1, True)
    assert spanwise("index", moved, "--root-moved", *index).code == 0
    for file in moved.iterdir():
        file.unlink()
    ran = spanwise("index", moved, *index)
    assert (ran.code, "--allow-removals" in ran.err) == (1, True)


def test_globs_choose_files(spanwise, folder, tmp_path, tiny_embedder):
    ran = spanwise(
        "index", folder, "--index", tmp_path / "i", "--embedder", tiny_embedder, "--exclude", "sea*", "--json"
    )
    assert json.loads(ran.out)["added"] == ["sky.txt"]


def test_a_folder_that_is_no_index_is_not_written_into(spanwise, folder, tmp_path, tiny_embedder):
    ran = spanwise("index", folder, "--index", folder, "--embedder", tiny_embedder)
    assert ran.code == 1
    assert ran.err.count("\n") == 1
    assert sorted(path.name for path in folder.iterdir()) == ["sea.txt", "sky.txt"]


# as the first commit, native imports or embedding are under way
@pytest.mark.parametrize(
    ("part", "delay"),
    [("reports", 0.0), *(pytest.param(".", delay, marks=pytest.mark.slow) for delay in (0.45, 1.0))],
)
def test_an_interruption_says_how_to_go_on(spanwise, sample_folder, tmp_path, part, delay):
    index = tmp_path / "i"
    # what a shell starts in the background inherits that SIGINT is ignored, tests and their children too
    heeding = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    program = f"{heeding}; from spanwise.cli.main import main; main()"
    command = [sys.executable, "-c", program, "index", str(sample_folder / part), "--index", str(index)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not (index / "catalogue.sqlite").exists():
        time.sleep(0.01)
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "run the same command again" in err
    assert spanwise("index", sample_folder / part, "--index", index, "--json").code == 0


def test_another_embedder_embeds_everything_again(spanwise, folder, tmp_path, tiny_embedder):
    index, other = tmp_path / "i", tmp_path / "other"
    shutil.copytree(tiny_embedder, other)
    weights = next(other.rglob("*.safetensors"))
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert spanwise("index", folder, "--index", index, "--embedder", tiny_embedder).code == 0
    before = json.loads(spanwise("status", "--index", index, "--json").out)
    assert spanwise("index", "--index", index, "--embedder", tiny_embedder, "--json").code == 0
    assert json.loads(spanwise("status", "--index", index, "--json").out)["embedder"] == before["embedder"]
    ran = spanwise("index", "--index", index, "--embedder", other, "--json")
    assert (ran.code, json.loads(ran.out)["reconverted"]) == (0, [])
    after = json.loads(spanwise("status", "--index", index, "--json").out)
    assert after["embedder"]["name"] == str(other)
    assert after["embedder"]["fingerprint"] != before["embedder"]["fingerprint"]
    assert after["passages"] == before["passages"]
    assert spanwise("doctor", "--index", index).code == 0
