"""Media addresses as they stand in a cell or a setting."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from dispatcher.model.media import MEDIA_BYTES_MAX, MediaFacts
from dispatcher.model.media_address import canonical
from dispatcher.roster.rejections import RowError

#: CarrierX: at most 10 items in `media_urls`.
MEDIA_MAX = 10
_URL_CHARACTERS = 2048
#: Between two addresses. A comma may be a part of one, so it parts them only where the next begins.
BETWEEN = re.compile(r"[,;]*[\s|]+[,;]*|[,;]+(?=https?://)|[,;]+$", re.IGNORECASE)
#: Two files of which the second is no whole address.
_TWO_IN_ONE = re.compile(
    r"\.(?:jpe?g|png|gif|webp|mp4|3gp|mp3|vcf)[,;][^/?#]*\.(?:jpe?g|png|gif|webp|mp4|3gp|mp3|vcf)$", re.I
)
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
    """These addresses in their one writing (`canonical`), each once, in their order.

    Raises:
        RowError: `bad_media_url` or `too_many_media`.
    """
    media = tuple(dict.fromkeys(map(_written, urls)))
    if len(media) > MEDIA_MAX:
        raise RowError("too_many_media", media=len(media), limit=MEDIA_MAX)
    return media


def _written(url: str) -> str:
    if not is_web_url(url) or _TWO_IN_ONE.search(url):
        raise RowError("bad_media_url")
    try:
        written = canonical(url)
    except ValueError:
        raise RowError("bad_media_url") from None
    if len(written) > _URL_CHARACTERS:
        raise RowError("bad_media_url")
    return written


def read_media(cell: str) -> tuple[str, ...]:
    """The addresses in a cell, separated by spaces, line ends, `|`, or commas before the next address.

    Raises:
        RowError: `bad_media_url` or `too_many_media`.
    """
    return checked_media(split_media(cell))


def split_media(text: str) -> list[str]:
    """The addresses in a text, as they are written there."""
    return [part for part in BETWEEN.split(text) if part]


def let_through(media: tuple[str, ...], facts: Mapping[str, MediaFacts]) -> tuple[str, ...]:
    """The media of one message, if what is known of them allows it; nothing is known of what was not asked.

    Raises:
        RowError: one cannot be sent, or together they are too large.
    """
    known = [facts[url] for url in media if url in facts]
    for fact in known:
        if fact.invalid_code:
            raise RowError(fact.invalid_code, limit=MEDIA_BYTES_MAX >> 20)
    if sum(fact.size for fact in known) > MEDIA_BYTES_MAX:
        raise RowError("media_too_large", limit=MEDIA_BYTES_MAX >> 20)
    return media
