"""Media addresses as they stand in a cell or a setting."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from dispatcher.roster.flaws import RowError

#: CarrierX: at most 10 items in `media_urls`.
MEDIA_MAX = 10
_URL_CHARACTERS = 2048
_BETWEEN = re.compile(r"[\s|]+")
_UNSAFE = re.compile(r"[\s{}<>\"\\^`\x00-\x1f\x7f]")


def is_web_url(text: str) -> bool:
    """Whether this is an absolute http or https URL with a host."""
    if len(text) > _URL_CHARACTERS or _UNSAFE.search(text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def checked_media(urls: Iterable[str]) -> tuple[str, ...]:
    """These addresses, each once, in their order.

    Raises:
        RowError: `bad_media_url` or `too_many_media`.
    """
    media = tuple(dict.fromkeys(urls))
    if not all(map(is_web_url, media)):
        raise RowError("bad_media_url")
    if len(media) > MEDIA_MAX:
        raise RowError("too_many_media", media=len(media), limit=MEDIA_MAX)
    return media


def read_media(cell: str) -> tuple[str, ...]:
    """The addresses in a cell, separated by spaces, line ends or `|`.

    Raises:
        RowError: `bad_media_url` or `too_many_media`.
    """
    return checked_media(filter(None, _BETWEEN.split(cell)))
