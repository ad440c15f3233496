"""What a media address answers: HEAD first, then a GET of one byte, else a GET that counts."""

from __future__ import annotations

import http.client
import re
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import SplitResult, urljoin, urlsplit

from dispatcher.host.egress import DIRECT, Egress
from dispatcher.media._content_types import bare_type, is_allowed
from dispatcher.media._deadline import Deadline
from dispatcher.media._fetch import PORTS, Route, fetched
from dispatcher.media.resolver import AllowList, PrivateAddressError, resolve
from dispatcher.model.media import MEDIA_BYTES_MAX, MediaFacts

SECONDS_MAX = 10.0
REDIRECTS_MAX = 5
#: Behind a proxy a name is looked up here for so long at most.
_LOOK_SECONDS = 2.0
_BLOCK = 64 * 1024
_TOTAL = re.compile(r"bytes \d+-\d+/(\d+)")
#: Of the time for an address, HEAD gets this part: a server that never answers it may answer GET.
_HEAD_SHARE = 0.3
#: How servers refuse to give a part.
_NO_RANGES = frozenset((400, 405, 416, 501))
_REDIRECTS = frozenset((301, 302, 303, 307, 308))

_UNREACHABLE = MediaFacts(invalid_code="media_unreachable")
_PRIVATE = MediaFacts(invalid_code="media_private")


class _Redirect(NamedTuple):
    """A redirect."""

    location: str


_ProbeAnswer = MediaFacts | _Redirect | None


def ask(url: str, allow: AllowList, *, seconds: float = SECONDS_MAX, egress: Egress = DIRECT) -> MediaFacts:
    """Ask an address for its type and size, in `seconds` at most. Whatever goes wrong is part of the answer.

    The type is what the server says, since that is what carriers go by.
    """
    try:
        return _followed(url, allow, Deadline(seconds), egress)
    except PrivateAddressError:
        return _PRIVATE
    except (OSError, http.client.HTTPException, ValueError):
        return _UNREACHABLE


def _followed(url: str, allow: AllowList, deadline: Deadline, egress: Egress) -> MediaFacts:
    for _ in range(REDIRECTS_MAX + 1):
        parts = urlsplit(url)
        if url.endswith("?"):  # an empty query is a part of the address too
            parts = parts._replace(path=f"{parts.path or '/'}?")
        if parts.scheme not in PORTS or not parts.hostname or parts.username is not None:
            return _UNREACHABLE
        route = _route(parts.hostname, parts.port or PORTS[parts.scheme], allow, deadline, egress)
        answer = _head(parts, route, deadline)
        answer = answer or _get(parts, route, deadline, first_byte=True)
        answer = answer or _get(parts, route, deadline, first_byte=False)
        if not isinstance(answer, _Redirect):
            return answer or _UNREACHABLE
        url = urljoin(url, answer.location)
    return _UNREACHABLE


def _route(host: str, port: int, allow: AllowList, deadline: Deadline, egress: Egress) -> Route:
    """Straight to what was judged; or to the proxy, which finds the host by itself. What can be looked up here is
    judged then too, in a part of the time: an inner network often knows no outer names."""
    proxy = egress.proxy_for(host)
    if proxy is None:
        return Route(resolve(host, port, allow, deadline), egress=egress)
    with suppress(OSError):
        resolve(host, port, allow, Deadline(min(_LOOK_SECONDS, deadline.left())))
    return Route(resolve(proxy.host, proxy.port, AllowList(proxy.host), deadline), proxy, egress)


def _head(url: SplitResult, route: Route, deadline: Deadline) -> _ProbeAnswer:
    """None when HEAD does not tell that all is well: many servers do not know it, answer it by rote or not at all, and
    an address that was signed for GET refuses it."""
    try:
        with fetched("HEAD", url, route, deadline.part(_HEAD_SHARE)) as response:
            if response.status in _REDIRECTS:
                return _redirect(response)
            kind, size = bare_type(response.headers["content-type"]), _declared(response)
            answers = response.status == 200 and is_allowed(kind) and size
            return _facts(kind, size) if answers else None
    except (OSError, http.client.HTTPException):
        deadline.left()
        return None


def _get(url: SplitResult, route: Route, deadline: Deadline, *, first_byte: bool) -> _ProbeAnswer:
    """None when the first byte alone does not tell how many there are."""
    with fetched("GET", url, route, deadline, first_byte=first_byte) as response:
        if response.status in _REDIRECTS:
            return _redirect(response)
        if response.status == 206 and first_byte:
            total = _TOTAL.fullmatch(response.headers["content-range"] or "")
            return _facts(bare_type(response.headers["content-type"]), int(total[1])) if total else None
        if response.status != 200:
            return None if first_byte and response.status in _NO_RANGES else _UNREACHABLE
        kind = bare_type(response.headers["content-type"])
        return _facts(kind, _declared(response) or _counted(response, deadline))


def _redirect(response: http.client.HTTPResponse) -> _ProbeAnswer:
    location = response.headers["location"]
    return _Redirect(location) if location else _UNREACHABLE


def _declared(response: http.client.HTTPResponse) -> int:
    length = response.headers["content-length"] or ""
    return int(length) if length.isascii() and length.isdigit() and len(length) < 16 else 0


def _counted(response: http.client.HTTPResponse, deadline: Deadline) -> int:
    """The bytes of a body of unknown length, as far as they may matter."""
    size = 0
    while size <= MEDIA_BYTES_MAX and (block := response.read(_BLOCK)):
        size += len(block)
        deadline.left()
    deadline.left()
    return size


def _facts(kind: str, size: int) -> MediaFacts:
    if not is_allowed(kind):
        return MediaFacts(size, kind, "media_type")
    if not size:
        return _UNREACHABLE
    return MediaFacts(size, kind, "media_too_large" if size > MEDIA_BYTES_MAX else None)
