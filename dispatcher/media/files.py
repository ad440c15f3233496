"""Local files as media: looked at by their content, known by its hash."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from dispatcher.errors import InputError
from dispatcher.media._content_types import type_of
from dispatcher.model.media import MEDIA_BYTES_MAX, MediaFacts


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A picture, video, sound or card. `hash` is the SHA-256 of `content`, in hex."""

    hash: str
    kind: str
    content: bytes = field(repr=False)

    @property
    def facts(self) -> MediaFacts:
        """What an address with this file would answer."""
        return MediaFacts(len(self.content), self.kind)


def make_media_file(content: bytes, name: str) -> MediaFile:
    """A medium from its bytes; `name` is for the sentence when they are none.

    Raises:
        InputError: it is empty, too large, or no picture, video, sound or card.
    """
    if len(content) > MEDIA_BYTES_MAX:
        raise InputError(
            f"{name} is larger than {MEDIA_BYTES_MAX >> 20} MB, which is all that one message carries",
            hint="make it smaller; 600 KB pass every carrier",
        )
    kind = type_of(content)
    if kind is None:
        raise InputError(
            f"{name} is {'empty' if not content else 'no picture, video, sound or contact card'}",
            hint="use JPEG, PNG, GIF, MP4, 3GP, MP3, AMR or a vCard",
        )
    return MediaFile(hashlib.sha256(content).hexdigest(), kind, content)


def read_media_file(path: Path) -> MediaFile:
    """A medium from a file.

    Raises:
        InputError: it cannot be opened, or is none.
    """
    if path.is_fifo() or path.is_char_device():
        raise InputError(f"{path} is a pipe or a device", hint="name a file")
    try:
        with path.open("rb") as file:
            content = file.read(MEDIA_BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or "it has no name that a file can have"
        raise InputError(
            f"{path} cannot be opened: {said}",
            hint="name a file, or an address that begins with https://",
        ) from None
    return make_media_file(content, path.name)


def media_base(public_url: str | None, web_port: int, *, simulate: bool) -> str | None:
    """Where the world reaches us; a simulated world is on this machine. None: nowhere."""
    return public_url or (f"http://127.0.0.1:{web_port}" if simulate else None)


def media_address(base: str | None, content_hash: str) -> str:
    """Where the world, which reaches us at `base`, finds a stored medium.

    Raises:
        InputError: the world cannot reach us.
    """
    if base is None:
        raise InputError(
            "a local media file needs MMS_PUBLIC_URL: CarrierX fetches it from there",
            hint="set MMS_PUBLIC_URL, or put the file on a web server and give its address",
        )
    return f"{base}/media/{content_hash}"
