"""Zip archives as people and systems make them."""

from __future__ import annotations

import io
import zipfile

CSV = b"to,first_name\n12125550101,Ann\n"


def zipped(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of these files; a name that ends in a slash is a folder."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=method)
    return out.getvalue()


def flagged(archive: bytes, *, method: int = 8, encrypted: bool = False) -> bytes:
    """The same archive, whose files say of themselves to be packed by this method or with a password."""
    changed = bytearray(archive)
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = changed.find(magic)
        while place >= 0:
            changed[place + at] |= encrypted
            changed[place + at + 2 : place + at + 4] = method.to_bytes(2, "little")
            place = changed.find(magic, place + 4)
    return bytes(changed)
