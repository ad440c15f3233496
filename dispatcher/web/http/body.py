"""Request bodies with a ceiling that holds while they stream, with or without a content-length."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from fastapi import Request
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect
from starlette.responses import Response
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


class CappedRoute(APIRoute):
    """A route whose JSON the framework reads, which it does before it looks at who asks: 1 MB of it at most."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with a ceiling before it."""
        handle = super().get_route_handler()

        async def bounded(request: Request) -> Response:
            if int(request.headers.get("content-length", "0")) > _MOST_BYTES:
                raise BodyTooLargeError(_MOST_BYTES)
            return await handle(Request(request.scope, capped(request.receive, _MOST_BYTES)))

        return bounded


Model = TypeVar("Model", bound=BaseModel)
_MOST_BYTES = 1024 * 1024


async def read_json(request: Request, model: type[Model]) -> Model:
    """The body as this model.

    Raises:
        BodyTooLargeError: it is larger than 1 MB.
        InputError: it is no such object. The text names the field, never its value.
    """
    body = await read_body(request.receive, _MOST_BYTES)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"])) or "the body"
        raise InputError(f"{name}: {first['msg']}", hint="send JSON as the API's description shows") from None


def json_body(model: type[BaseModel]) -> dict[str, Any]:
    """The declaration of such a body."""
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": model.model_json_schema()}},
        }
    }
