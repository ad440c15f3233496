"""Request bodies with a ceiling that holds while they stream, with or without a content-length."""

from __future__ import annotations

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from dispatcher.errors import InputError


class BodyTooLargeError(InputError):
    """The body is larger than its ceiling; `limit` in bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the body is larger than {limit} bytes")
        self.limit = limit


async def read_body(receive: Receive, limit: int) -> bytes:
    """The whole body.

    A body over `limit` is read on (and forgotten) up to sixteen times that size, because a sender that is
    cut off while it writes never sees the answer.

    Raises:
        BodyTooLargeError: it has more than `limit` bytes.
        ClientDisconnect: the sender went away.
    """
    chunks: list[bytes] = []
    size = 0
    more = True
    while more and size <= 16 * limit:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        more = message.get("more_body", False)
    if size > limit:
        raise BodyTooLargeError(limit)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def capped(receive: Receive, limit: int) -> Receive:
    """`receive`, which raises `BodyTooLargeError` as soon as more than `limit` bytes have come through it."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise BodyTooLargeError(limit)
        return message

    return counted
