"""`/media/{hash}`: local media as CarrierX fetches them. Open to everybody who knows the SHA-256 of the content."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from dispatcher.ledger.campaigns.media import Medium
from dispatcher.web.site.site import site_of

router = APIRouter(include_in_schema=False)

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
#: The content is what the address says, for ever.
_KEPT = "public, max-age=31536000, immutable"


@router.api_route("/media/{content_hash}", methods=["GET", "HEAD"])
def serve(request: Request, content_hash: str) -> Response:
    """One medium, or the part of it that a Range asks for."""
    media = site_of(request).ledger.media
    medium = media.find(content_hash)
    if medium is None:
        raise HTTPException(404)
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": _KEPT,
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "ETag": f'"{content_hash}"',
    }
    if _has_it(request, content_hash):
        return Response(status_code=304, headers=headers)
    start, stop = _part(request.headers.get("range", ""), medium)
    partial = stop - start < medium.size
    if partial:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{medium.size}"
    headers["Content-Length"] = str(stop - start)
    content: Iterator[bytes] = iter(()) if request.method == "HEAD" else media.read(content_hash, start, stop)
    return StreamingResponse(content, 206 if partial else 200, headers, media_type=medium.kind)


def _has_it(request: Request, content_hash: str) -> bool:
    known = request.headers.get("if-none-match", "")
    return known.strip() == "*" or f'"{content_hash}"' in known


def _part(asked: str, medium: Medium) -> tuple[int, int]:
    """First byte, and the one after the last. Ranges that are not understood, or several, mean everything.

    Raises:
        HTTPException: 416, there is no such part.
    """
    found = _RANGE.fullmatch(asked.strip())
    if found is None or found[0] == "bytes=-":
        return 0, medium.size
    first, last = found.groups()
    start = int(first) if first else max(0, medium.size - int(last))
    stop = min(int(last) + 1, medium.size) if first and last else medium.size
    if first and last and int(last) < int(first):
        return 0, medium.size
    if start >= stop:
        raise HTTPException(416, headers={"Content-Range": f"bytes */{medium.size}"})
    return start, stop
