"""Types of media: which ones can be sent, and how a file's first bytes tell its type."""

from __future__ import annotations

import re

#: A picture that runs scripts, and lists that only point elsewhere: no carrier takes them.
_REFUSED = frozenset(("image/svg+xml", "audio/x-mpegurl", "audio/mpegurl", "audio/x-scpls"))
_CARDS = frozenset(("text/vcard", "text/x-vcard"))

#: First bytes → type. Containers that hold several types are told apart below.
_BEGINNINGS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"#!AMR-WB\n", "audio/amr-wb"),
    (b"#!AMR\n", "audio/amr"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"\x1a\x45\xdf\xa3", "video/webm"),
    (b"\x00\x00\x01\xba", "video/mpeg"),
    (b"\x00\x00\x01\xb3", "video/mpeg"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
#: Brands of the ISO container, by their beginnings.
_BRANDS = (
    (b"3gp", "video/3gpp"),
    (b"3g2", "video/3gpp2"),
    (b"M4A", "audio/mp4"),
    (b"qt  ", "video/quicktime"),
    (b"hei", "image/heic"),
    (b"hev", "image/heic"),
    (b"mif1", "image/heif"),
    (b"avif", "image/avif"),
)
_CARD = re.compile(rb"(?:\xef\xbb\xbf)?BEGIN:VCARD\r?\n", re.IGNORECASE)


def is_allowed(kind: str) -> bool:
    """Whether media of this type (lower case, without parameters) can be sent: pictures, videos, sounds, cards."""
    if kind in _CARDS:
        return True
    return kind.startswith(("image/", "video/", "audio/")) and kind not in _REFUSED


def bare_type(header: str | None) -> str:
    """The type in a Content-Type header, without its parameters; empty without one."""
    return (header or "").partition(";")[0].strip().lower()


def type_of(content: bytes) -> str | None:
    """The type of a file by its content, None if it is none that can be sent."""
    for beginning, kind in _BEGINNINGS:
        if content.startswith(beginning):
            return kind
    if content[:4] == b"RIFF":
        return _RIFF.get(content[8:12])
    if content[4:8] == b"ftyp":
        return next((kind for brand, kind in _BRANDS if content[8:12].startswith(brand)), "video/mp4")
    if content[:2] == b"BM" and len(content) > 26 and content[6:10] == bytes(4):
        return "image/bmp"
    if _CARD.match(content):
        return "text/vcard"
    return _frames(content)


def _frames(content: bytes) -> str | None:
    """Sound that begins with a frame: AAC (layer bits 00) or MP3 (layer III)."""
    if len(content) < 4 or content[0] != 0xFF or content[1] & 0xE0 != 0xE0:
        return None
    if content[1] & 0xF6 == 0xF0:
        return "audio/aac"
    sound = content[1] & 0x06 == 0x02 and content[1] & 0x18 != 0x08 and content[2] & 0xF0 != 0xF0
    return "audio/mpeg" if sound and content[2] & 0x0C != 0x0C else None
