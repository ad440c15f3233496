"""Local media are known by their content, not by their names."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from dispatcher.errors import InputError
from dispatcher.media._content_types import is_allowed, type_of
from dispatcher.media.files import make_media_file, media_address, read_media_file
from dispatcher.model.media import MEDIA_BYTES_MAX


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        (b"\0\0\0\x18ftypmp42", "video/mp4"),
        (b"\0\0\0\x18ftyp3gp5", "video/3gpp"),
        (b"\0\0\0\x18ftypqt  ", "video/quicktime"),
        (b"\0\0\0\x18ftypM4A ", "audio/mp4"),
        (b"\0\0\0\x18ftypheic", "image/heic"),
        (b"ID3\x03", "audio/mpeg"),
        (b"\xff\xfb\x90\x64", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "audio/aac"),
        (b"#!AMR\n", "audio/amr"),
        (b"OggS", "audio/ogg"),
        (b"BEGIN:VCARD\r\nVERSION:3.0\r\n", "text/vcard"),
    ],
)
def test_the_first_bytes_tell_the_type(content: bytes, kind: str) -> None:
    assert type_of(content) == kind
    assert is_allowed(kind)


@pytest.mark.parametrize(
    "content", [b"", b"MZ", b"%PDF-1.7", b"<svg>", b"RIFF\0\0\0\0XXXX", b"\xff\xff\xff\xff"]
)
def test_what_is_no_medium_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match=r"x\.jpg"):
        make_media_file(content, "x.jpg")


def test_a_file_is_known_by_its_hash(tmp_path: Path) -> None:
    path = tmp_path / "anything.txt"
    path.write_bytes(b"GIF89a...")
    file = read_media_file(path)
    assert (file.hash, file.kind) == (hashlib.sha256(b"GIF89a...").hexdigest(), "image/gif")
    assert media_address("https://mms.test", file.hash) == f"https://mms.test/media/{file.hash}"


def test_a_file_that_is_too_large_missing_or_without_a_public_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="3 MB"):
        make_media_file(b"GIF89a" + bytes(MEDIA_BYTES_MAX), "big.gif")
    with pytest.raises(InputError, match="cannot be opened"):
        read_media_file(tmp_path / "nothing.gif")
    with pytest.raises(InputError, match="MMS_PUBLIC_URL"):
        media_address(None, "0" * 64)
