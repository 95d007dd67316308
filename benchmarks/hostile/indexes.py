"""
What becomes of tampered indexes: each is asked, described, examined, compacted and repaired, and a line says the rest.

    python -m benchmarks.hostile.indexes [--only NAME] [--out benchmarks/hostile/indexes.md]

Each is a small good index that was changed as a stranger could, its checksums made right again.
"""

import json
import os
import sqlite3
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

from benchmarks.hostile.using import make_small_index
from benchmarks.hostile.watched.run import Row, report, run

from spanwise.index.catalogue import checksums
from spanwise.index.catalogue.connections import CATALOGUE, open_database

Tamper = Callable[[Path, Path], object]
"""Given an index's folder, and a folder outside of it with a file `victim`, changes the index."""

BOMB_BYTES = (1 << 30) + 1


def sql(*statements: str, values: tuple[object, ...] = ()) -> Tamper:
    """Return what runs statements in the catalogue, the last with values."""

    def tamper(folder: Path, outside: Path) -> None:
        connection = open_database(folder / CATALOGUE, "mode=rw")
        try:
            for statement in statements[:-1]:
                connection.execute(statement)
            given = tuple(str(outside / "victim") if value is ... else value for value in values)
            connection.execute(statements[-1], given)
            for table in checksums.COLUMNS:
                (kind,) = connection.execute("SELECT type FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
                if kind == "table":
                    connection.execute(f"UPDATE {table} SET checksum = {checksums.expression(table)}")
        finally:
            connection.close()

    return tamper


def schema(*statements: str) -> Tamper:
    """Return what changes the catalogue's definitions."""

    def tamper(folder: Path, _outside: Path) -> None:
        connection = sqlite3.connect(folder / CATALOGUE, isolation_level=None)
        for statement in statements:
            connection.execute(statement)
        connection.close()

    return tamper


def setting(key: str, value: object) -> Tamper:
    """Return what sets an entry of the manifest."""
    text = value if isinstance(value, str) and value.startswith("raw:") else f"raw:{json.dumps(value)}"
    return sql("REPLACE INTO manifest (key, value) VALUES (?, ?)", values=(key, text.removeprefix("raw:")))


def embedder(**changes: object) -> Tamper:
    """Return what changes the recorded embedder."""
    good = {"name": "tiny", "fingerprint": "ab" * 32, "dimension": 8, "normalized": True, "max_tokens": 256}
    return setting("embedder", {**good, **changes})


def vectors(change: Callable[[Path, Path], object]) -> Tamper:
    """Return what does something to the vector file."""
    return lambda folder, outside: change(next((folder / "vectors").glob("*.f32")), outside)


def link(name: str, target: str = "victim") -> Tamper:
    """Return what puts a link in the place of something of the index's."""

    def tamper(folder: Path, outside: Path) -> None:
        path = folder / name
        if path.is_dir():
            path.rename(outside / "moved")
            path.symlink_to(outside / "moved")
        else:
            path.unlink(missing_ok=True)
            path.symlink_to(outside / target)

    return tamper


def _relink(file: Path, outside: Path) -> None:
    moved = outside / file.name
    moved.write_bytes(file.read_bytes())
    file.unlink()
    file.symlink_to(moved)


def _pipe(file: Path, _outside: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def _harden(folder: Path, outside: Path) -> None:
    (folder / "lock").unlink(missing_ok=True)
    os.link(outside / "victim", folder / "lock")


def _bomb(folder: Path, outside: Path) -> None:
    packer = zlib.compressobj(9)
    block = bytes(1 << 20)
    packed = b"".join([packer.compress(block) for _ in range(BOMB_BYTES // len(block) + 1)]) + packer.flush()
    sql("UPDATE source_texts SET text = ?", values=(packed,))(folder, outside)


def _cut(share: float) -> Tamper:
    def tamper(folder: Path, _outside: Path) -> None:
        file = folder / CATALOGUE
        os.truncate(file, int(file.stat().st_size * share))

    return tamper


FOREVER = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS id FROM n"
NAN = b"\x00\x00\xc0\x7f"

TAMPERED: dict[str, Tamper] = {
    **{
        f"segment named {name!r}": sql("UPDATE segments SET name = ?", values=(name,))
        for name in ("../../outside/victim", ..., "..", "", "lock", "../catalogue.sqlite", "a\nb.f32", "x" * 5000, "\0")
    },
    "segment's name is bytes": sql("UPDATE segments SET name = ?", values=(b"../../outside/victim",)),
    **{
        f"FAISS file named {name!r}": sql(
            "INSERT INTO faiss_indexes (segment_id, name, description, bytes, sha256) "
            "SELECT id, ?, 'HNSW32_SQ8', 6, sha256 FROM segments",
            values=(name,),
        )
        for name in ("../../outside/victim", ..., "../lock", "")
    },
    **{
        f"segment's {column} is {str(value)[:20]}": sql(f"UPDATE segments SET {column} = ?", values=(value,))
        for column, value in (
            *(("rows", value) for value in (-1, 0, 1 << 62, "many")),
            *(("dimension", value) for value in (0, -8, 1 << 40, "wide")),
            *(("bytes", value) for value in (0, -1)),
            *(("ids", value) for value in (b"", b"\xff" * 24, bytes(24), b"odd", 5)),
            *(("norms", value) for value in (b"", NAN * 3, b"\x00\x00\x80\xbf" * 3)),
        )
    },
    "vector file is a link": vectors(_relink),
    "vector file is a pipe": vectors(_pipe),
    "vector file is gone": vectors(lambda file, _: file.unlink()),
    "vector file is short": vectors(lambda file, _: os.truncate(file, 10)),
    "vector file holds NaN": vectors(lambda file, _: file.write_bytes(NAN * (file.stat().st_size // 4))),
    "vectors is a link": link("vectors"),
    "lock is a link": link("lock"),
    "lock is a hard link": _harden,
    "catalogue is a link": link(CATALOGUE),
    "log is a link": link(f"{CATALOGUE}-wal"),
    "journal is a link": link(f"{CATALOGUE}-journal"),
    "leftover is a link": link("vectors/000009-00000000.f32"),
    "leftover is somebody's": lambda folder, _: (folder / "vectors" / "notes.txt").write_text("mine"),
    "view for a table": schema("ALTER TABLE tombstones RENAME TO t", f"CREATE VIEW tombstones AS {FOREVER}"),
    "view beside": schema(f"CREATE VIEW extra AS {FOREVER}"),
    "trigger": schema("CREATE TRIGGER t AFTER DELETE ON documents BEGIN DELETE FROM files; END"),
    "trigger with a shadow's name": schema(
        "CREATE TRIGGER documents_fts_data2 AFTER INSERT ON files BEGIN DELETE FROM documents; END"
    ),
    "virtual table": schema("CREATE VIRTUAL TABLE other USING fts5(content)"),
    "index over a function": schema("CREATE INDEX slow ON files(length(hex(zeroblob(1000000))))"),
    "another table": schema("CREATE TABLE another (a)"),
    "a later format": schema("PRAGMA user_version = 99"),
    "another program's": schema("PRAGMA application_id = 1"),
    "no generation": sql("DELETE FROM manifest WHERE key = 'generation'"),
    **{
        f"generation is {str(value)[:20]}": setting("generation", value)
        for value in ("x", -1, [], "raw:1e999", "raw:NaN")
    },
    "nested manifest": setting("splitter", "raw:" + "[" * 100_000),
    "splitter of another kind": setting("splitter", {"command": "rm"}),
    "root is a number": setting("root", 5),
    "dimension is a text": setting("dimension", "8"),
    "embedder lacks a name": setting("embedder", {"dimension": 8}),
    "embedder is huge": embedder(dimension=10**12),
    "embedder of a hub": embedder(name="stranger/model"),
    "embedder drives a terminal": embedder(name="\x1b[2J\u202emodel"),
    "source text is a bomb": _bomb,
    "source text is no text": sql("UPDATE source_texts SET text = ?", values=(b"nothing",)),
    "source text is cut": sql("UPDATE source_texts SET text = ?", values=(zlib.compress(b"words" * 99)[:9],)),
    "source text is a number": sql("UPDATE source_texts SET text = ?", values=(7,)),
    **{
        f"pages are {value[:20]}": sql("UPDATE files SET page_starts = ?", values=(value,))
        for value in ("[]", "[5]", "[0, -3]", "[0, 1e9]", '{"a": 1}', "[0, 99999999]", "[NaN]", "[" * 99_999)
    },
    **{
        f"passage's {column} is {str(value)[:20]}": sql(f"UPDATE documents SET {column} = ?", values=(value,))
        for column, value in (
            *(("start_at", value) for value in (-5, 10**9, "first")),
            *(("end_at", value) for value in (-1, 10**9)),
            *(("content", value) for value in (b"bytes", "words that nobody wrote")),
            ("page", "iii"),
        )
    },
    "file's time is a text": sql("UPDATE files SET mtime_ns = 'now'"),
    "full-text index is noise": sql("UPDATE documents_fts_data SET block = randomblob(200)"),
    "catalogue is cut to half": _cut(0.5),
    "catalogue is empty": _cut(0),
}
LONGEST = 300.0  # seconds; each of the six things that are done may take 60
_USE = "from benchmarks.hostile.using import use; import sys; print('\\n'.join(map(repr, use(Path(sys.argv[1])))))"


def judge(name: str, work: Path) -> Row:
    """Tamper with an index and use it."""
    folder, outside = make_small_index(work / "index"), work / "outside"
    outside.mkdir()
    (outside / "victim").write_text("mine")
    TAMPERED[name](folder, outside)
    command = [sys.executable, "-c", f"from pathlib import Path; {_USE}", folder]
    ran = run(command, work, longest=LONGEST, outside=outside)
    lines = ran.text.strip().splitlines()
    found = ran.fault or (f"FAILS with code {ran.code}" if ran.code else f"ok, {lines[0] if lines else 'used'}")
    return Row(name, found, ran)


if __name__ == "__main__":
    report("Indexes from strangers", TAMPERED, judge, __doc__ or "")
