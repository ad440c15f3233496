"""The callback receiver: `POST /callbacks/carrierx/{key}`.

Check, store durably, answer 200 with an empty body; everything else happens later. CarrierX does not sign
callbacks, so the last part of the path is a shared key. The receiver stands before the rest of the application
because it must be fast.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from dispatcher.carrierx.webhook import condensed
from dispatcher.errors import StoreUnavailable
from dispatcher.web.http.body import BodyTooLargeError, read_body
from dispatcher.web.site.callback_keys import KEY_MAX, CallbackKeys, Judgement

PATH = "/callbacks/carrierx/"
BODY_MAX = 64 * 1024

#: Body, ms of its receipt, and the key if it is still to be proved.
Store = Callable[[bytes, int, bytes], Awaitable[None]]
Answer = Callable[[bytes], Awaitable[bytes | None]]

_TEXTS = {
    200: b"",
    400: b"Nothing of a callback can be read in the body.\n",
    404: b"Not found.\n",
    405: b"Callbacks are POSTed.\n",
    413: b"A callback has at most 64 KB.\n",
    503: b"The callback could not be stored; send it again.\n",
}


class CallbackReceiver:
    """An ASGI application that answers everything under `PATH` and passes on the rest to `app`.

    `store` keeps a body durably with its time of receipt (ms since 1970) or raises StoreUnavailable; `stored` is told
    after each. `bury` keeps in the same way what cannot be read. `answer` knows what to say to a query string without
    the key: `mms doctor` asks whether this is our receiver. `look_again` reads the keys before an unknown one is
    refused.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        keys: CallbackKeys,
        store: Store,
        stored: Callable[[], None],
        bury: Store | None = None,
        answer: Answer | None = None,
        look_again: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._app = app
        self._answers = answer
        self._keys = keys
        self._store = store
        self._stored = stored
        self._bury = bury
        self._look_again = look_again

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a callback, or pass the call on."""
        if scope["type"] != "http" or not scope["path"].startswith(PATH):
            await self._app(scope, receive, send)
            return
        if scope["path"] == PATH and scope["method"] == "GET" and self._answers is not None:
            text = await self._answers(scope["query_string"])
            await (_say(200, text, [], send) if text else _answer(404, send))
            return
        try:
            status = await self._status(scope, receive)
        except ClientDisconnect:
            return
        await _answer(status, send)

    async def _status(self, scope: Scope, receive: Receive) -> int:
        key = scope["path"][len(PATH) :].encode(errors="replace")
        judged = await self._judged(key, scope["method"])
        if judged is Judgement.FOREIGN:
            return 404
        if scope["method"] != "POST":
            return 405
        try:
            raw = await read_body(receive, BODY_MAX)
        except BodyTooLargeError:
            return 413
        unproved = key if judged is Judgement.UNPROVED else b""
        kept = condensed(raw)
        if kept is not None:
            return await self._keep(kept, unproved)
        return await self._keep_unread(raw, unproved) if raw.strip() and self._bury else 400

    async def _judged(self, key: bytes, method: str) -> Judgement:
        """Whose this key is; one that is not known may be newer than our last look."""
        judged = self._keys.judge(key)
        if judged is Judgement.FOREIGN and self._look_again and method == "POST" and 0 < len(key) <= KEY_MAX:
            await self._look_again()
            judged = self._keys.judge(key)
        return judged

    async def _keep_unread(self, raw: bytes, unproved: bytes) -> int:
        """What nobody can read is kept for a person, and its sender told."""
        assert self._bury is not None
        try:
            await self._bury(raw, time.time_ns() // 1_000_000, unproved)
        except StoreUnavailable:
            return 503
        return 400

    async def _keep(self, raw: bytes, unproved: bytes) -> int:
        try:
            await self._store(raw, time.time_ns() // 1_000_000, unproved)
        except StoreUnavailable:
            return 503
        self._stored()
        return 200


async def _answer(status: int, send: Send) -> None:
    headers = []
    if status == 405:
        headers.append((b"allow", b"POST"))
    if status == 413:  # what is left of the body is not worth reading
        headers.append((b"connection", b"close"))
    if status == 503:
        headers.append((b"retry-after", b"5"))
    await _say(status, _TEXTS[status], headers, send)


async def _say(status: int, text: bytes, headers: list[tuple[bytes, bytes]], send: Send) -> None:
    headers = [(b"content-length", str(len(text)).encode()), *headers]
    if text:
        headers.append((b"content-type", b"text/plain; charset=utf-8"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})
