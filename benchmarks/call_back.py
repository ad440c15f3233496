"""What the sink calls back: `queued`, `sent` and `delivered` of every message, each after the answer to the last."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from dispatcher.simulator.callback_sender import CallbackSender

_TO = re.compile(rb'"to": ?"([^"]*)"')
_WORDS = (b"queued", b"sent", b"delivered")
_CONNECTIONS = 32
_BODY = (
    b'{"message_sid":"%b","status":"%b","direction":"outbound","from":"15162065575","to":"%b","group_recipients":[],'
    b'"message":"Northwind: hi Ann7, your order waits at Store 7. Reply STOP to opt out.",'
    b'"media_urls":["https://media.example/spring.jpg"],"message_segments":1,"type":"mms","user_data":"%b",'
    b'"price":"0.0085","mcc":"310","mnc":"260","partner_sid":"e00430c3-a7d0-4666-ab5c-f7202448382f",'
    b'"date_created":"2026-01-18T21:01:13.415Z","date_changed":"2026-01-18T21:01:13.415Z",'
    b'"date_status_changed":"2026-01-18T21:01:14.000Z"}'
)


class CallBack:
    """Calls one address; `taken` is called for each callback that was answered 200."""

    def __init__(self, url: str, taken: Callable[[], None]) -> None:
        self._url, self._taken = url, taken
        self._sender = CallbackSender(_CONNECTIONS)

    def begin(self, sid: bytes, user_data: bytes, request_body: bytes) -> None:
        """The first callback of this message, and from its answer on the others."""
        to = _TO.search(request_body)
        self._send((sid, to[1] if to else b"", user_data), 0, 200)

    def _send(self, message: tuple[bytes, bytes, bytes], place: int, status: int | None) -> None:
        if status != 200:
            return
        if place:
            self._taken()
        if place < len(_WORDS):
            sid, to, user_data = message
            body = _BODY % (sid, _WORDS[place], to, user_data)
            self._sender.send(self._url, body, partial(self._send, message, place + 1))
