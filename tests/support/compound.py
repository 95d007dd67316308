"""Compound files (MS-CFB), in which Outlook keeps a mail; of small streams alone."""

import struct

_SECTOR, _SMALL, _NONE, _END = 512, 64, 0xFFFFFFFF, 0xFFFFFFFE
Folder = dict[str, "bytes | Folder"]


def compound(content: Folder) -> bytes:
    """Return a compound file of streams and folders."""
    entries: list[list[object]] = [["Root Entry", 5, _NONE, _NONE, 0, 0]]  # name, kind, next, child, start, size
    small, table = b"", []

    def add(folder: Folder, owner: int) -> None:
        nonlocal small
        before = None
        for name in sorted(folder, key=lambda name: (len(name), name.upper())):
            at, inner = len(entries), folder[name]
            entries[owner if before is None else before][3 if before is None else 2] = at
            before = at
            if isinstance(inner, dict):
                entries.append([name, 1, _NONE, _NONE, 0, 0])
                add(inner, at)
                continue
            entries.append([name, 2, _NONE, _NONE, len(table), len(inner)])
            count = -(-len(inner) // _SMALL)
            table.extend([*range(len(table) + 1, len(table) + count), _END])
            small += inner.ljust(count * _SMALL, b"\0")

    add(content, 0)
    directories, smalls = -(-len(entries) // 4), -(-len(small) // _SECTOR)
    entries[0][4:] = [2 + directories, len(small)]
    chains = [
        0xFFFFFFFD,
        *range(2, directories + 1),
        _END,
        _END,
        *range(directories + 3, directories + smalls + 2),
        _END,
    ]
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16)
    header += struct.pack("<5H6x8I", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, directories + 1, 1, _END)
    header += struct.pack("<2I", 0, 0) + b"\xff" * 432
    listed = b"".join(_entry(*entry) for entry in entries).ljust(directories * _SECTOR, b"\0")
    return header + _numbers(chains) + listed + _numbers(table) + small.ljust(smalls * _SECTOR, b"\0")


def _entry(name: str, kind: int, following: int, child: int, start: int, size: int) -> bytes:
    wide = (name + "\0").encode("utf-16-le")
    return struct.pack("<64sH2B3I16x4x16xIQ", wide, len(wide), kind, 1, _NONE, following, child, start, size)


def _numbers(values: list[int]) -> bytes:
    return struct.pack(f"<{len(values)}I", *values).ljust(_SECTOR, b"\xff")
