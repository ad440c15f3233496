"""Media addresses as they stand in a cell or a setting."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from dispatcher.model.media import MEDIA_BYTES_MAX, MediaFacts
from dispatcher.roster.flaws import RowError

#: CarrierX: at most 10 items in `media_urls`.
MEDIA_MAX = 10
_URL_CHARACTERS = 2048
_BETWEEN = re.compile(r"[\s|]+")
_UNSAFE = re.compile(r"[\s{}<>\"\\^`\x00-\x1f\x7f]")


def is_web_url(text: str) -> bool:
    """Whether this is an absolute http or https URL with a host, and without a user name or password."""
    if len(text) > _URL_CHARACTERS or _UNSAFE.search(text):
        return False
    try:
        parts = urlsplit(text)
        named = parts.username is not None or parts.password is not None
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and not named
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


def let_through(media: tuple[str, ...], facts: Mapping[str, MediaFacts]) -> tuple[str, ...]:
    """The media of one message, if what is known of them allows it; nothing is known of what was not asked.

    Raises:
        RowError: one cannot be sent, or together they are too large.
    """
    known = [facts[url] for url in media if url in facts]
    for fact in known:
        if fact.flaw:
            raise RowError(fact.flaw, limit=MEDIA_BYTES_MAX >> 20)
    if sum(fact.size for fact in known) > MEDIA_BYTES_MAX:
        raise RowError("media_too_large", limit=MEDIA_BYTES_MAX >> 20)
    return media
