"""A stand-in for CarrierX that shares no code with the dispatcher: standard library only, the guide's shapes.

It takes every message, remembers it, and calls back `sent` and `delivered` from a thread of its own. It may drop the
line in place of an answer, after it took the message; it lists messages by `user_data` as the guide says.
"""

from __future__ import annotations

import http.client
import json
import queue
import random
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.stack import Terminal

TOKEN = "stand-in-token"


def number(index: int) -> str:
    """A number that is valid and not fictional."""
    return f"1516206{index:04d}"


class StandIn:
    """An HTTP server on a free port. `callback_url` may be set until the first message comes, `token` at any time.

    `drop_share` of the messages that it takes get no answer: the line is cut. Every other one of these is not spoken
    of in callbacks either, so that only the list of messages has it.
    """

    def __init__(self, *, drop_share: float = 0.0) -> None:
        self.callback_url = ""
        self.token = TOKEN
        self.taken: list[dict[str, Any]] = []
        self.dropped: list[dict[str, Any]] = []
        self._drop_share = drop_share
        self._dice = random.Random(20260118)
        self._by_user_data: dict[str, list[dict[str, Any]]] = {}
        self._lock = threading.Lock()
        self.refused_calls = 0
        self._callbacks: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._threads = [
            threading.Thread(target=self._server.serve_forever, daemon=True),
            threading.Thread(target=self._call_back, daemon=True),
        ]

    @property
    def url(self) -> str:
        """The base URL, as `MMS_CARRIERX_URL` wants it."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/core/v2"

    def __enter__(self) -> StandIn:
        """Begin to answer."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Answer no more."""
        self._callbacks.put(None)
        self._server.shutdown()
        self._server.server_close()

    def numbers(self) -> Counter[str]:
        """How often each number was taken, group members each."""
        return Counter(
            number for body in self.taken for number in (body.get("group_recipients") or [body["to"]])
        )

    def sids(self) -> dict[str, str]:
        """The sid that it gave the message to each number; of several, the last."""
        listed = [message for messages in self._by_user_data.values() for message in messages]
        return {message["to"]: message["message_sid"] for message in listed}

    def take(self, body: dict[str, Any]) -> dict[str, Any] | None:
        """Take one message: the SMS object that the POST is answered with; None: it gets no answer."""
        group = body.get("group_recipients") or []
        message = {
            "message_sid": str(uuid.uuid4()),
            "status": "queued",
            "direction": "outbound",
            "from": body["from"],
            "to": body.get("to") or group[0],
            "group_recipients": group,
            "message": body.get("message"),
            "media_urls": body.get("media_urls") or [],
            "message_segments": 1,
            "type": "mms" if group or body.get("media_urls") else "sms",
            "user_data": body.get("user_data"),
            "price": None,
            "mcc": None,
            "mnc": None,
            "partner_sid": "e00430c3-a7d0-4666-ab5c-f7202448382f",
            "date_created": "2026-01-18T21:01:13.415Z",
            "date_changed": "2026-01-18T21:01:13.415Z",
            "date_status_changed": None,
        }
        with self._lock:
            self.taken.append(body)
            self._by_user_data.setdefault(str(body.get("user_data")), []).append(message)
            drops = self._dice.random() < self._drop_share
            if drops:
                self.dropped.append(message)
            if drops and len(self.dropped) % 2:
                message["status"] = "sent"
                return None
        for number in group or [message["to"]]:
            for word in ("sent", "delivered"):
                self._callbacks.put({**message, "to": number, "status": word, "price": "0.01"})
        return None if drops else message

    def listed(self, query: str) -> dict[str, Any]:
        """The page of messages for a filter `user_data eq …`."""
        [wanted] = parse_qs(query)["filter"]
        name, _, value = wanted.split(" ", 2)
        items = self._by_user_data.get(value, []) if name == "user_data" else []
        return {
            "count": len(items),
            "has_more": False,
            "items": items,
            "limit": 100,
            "offset": 0,
            "total": None,
        }

    def _call_back(self) -> None:
        connection: http.client.HTTPConnection | None = None
        while (callback := self._callbacks.get()) is not None:
            parts = urlsplit(self.callback_url)
            for _ in range(100):
                try:
                    connection = connection or http.client.HTTPConnection(parts.netloc, timeout=10)
                    headers = {"Content-Type": "application/json"}
                    connection.request("POST", parts.path, json.dumps(callback), headers)
                    status = connection.getresponse()
                    status.read()
                    if status.status == 200:
                        break
                except (OSError, http.client.HTTPException):
                    connection = None
                    threading.Event().wait(0.1)
            else:
                self.refused_calls += 1


@contextmanager
def terminal_of(folder: Path, stand_in: StandIn, *, rate: str, **variables: str) -> Iterator[Terminal]:
    """A person's terminal with the stand-in's address, token and one rate for account and senders."""
    terminal = Terminal(
        folder,
        MMS_CARRIERX_URL=stand_in.url,
        MMS_CARRIERX_TOKEN=stand_in.token,
        MMS_ACCOUNT_RATE=rate,
        MMS_SENDER_RATE=rate,
        **variables,
    )
    stand_in.callback_url = terminal.callback_url
    try:
        yield terminal
    finally:
        terminal.end()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that was killed is nothing to print."""


def _handler(stand_in: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.headers.get("Authorization") != f"Bearer {stand_in.token}":
                self._answer(401, {"message": "unauthorized", "errors": []})
            elif not self.path.endswith("/core/v2/sms/messages") or "from" not in body:
                self._answer(400, {"message": "bad request", "errors": []})
            else:
                self._answer(200, stand_in.take(body))

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            if address.path.endswith("/core/v2/sms/messages") and "filter=" in address.query:
                self._answer(200, stand_in.listed(address.query))
            else:
                self._answer(404, {"message": "not found", "errors": []})

        def _answer(self, status: int, body: dict[str, Any] | None) -> None:
            if body is None:
                self.close_connection = True
                return
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
