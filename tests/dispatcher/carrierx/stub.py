"""A tiny HTTP server on raw sockets: each connection runs one script, each request is kept."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dispatcher.carrierx.client import CarrierX
from dispatcher.model.message import Outgoing

SENDER, NUMBER, OTHER = "15162065575", "15162065574", "14386009161"
TOKEN = "test-token"
SID = "097b49df-c54e-4eaf-97d0-89cf7d5a655b"


@dataclass
class Request:
    line: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class StubServer:
    """Answers with `script(request)`: bytes are written; None closes; `reset` makes the close a reset."""

    script: Callable[[Request], bytes | None] = field(default=lambda request: answer(200, taken()))
    reset: bool = False
    close_after_answer: bool = False
    tls: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        host, port = self._listener.getsockname()[:2]
        self.address = f"{host}:{port}"
        self._open: list[socket.socket] = []
        self.closed_one = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection, self.connections), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        try:
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as stream:
                while (request := _read_request(stream, number)) is not None:
                    self.requests.append(request)
                    reply = self.script(request)
                    if reply is None:
                        self._break(connection)
                        return
                    connection.sendall(reply)
                    if self.close_after_answer:
                        return
        except (OSError, ValueError):
            pass
        finally:
            self.closed_one.set()

    def _break(self, connection: socket.socket) -> None:
        if self.reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _read_request(stream: Any, number: int) -> Request | None:
    line = stream.readline().decode("latin-1").strip()
    if not line:
        return None
    headers: dict[str, str] = {}
    while header := stream.readline().decode("latin-1").strip():
        name, _, value = header.partition(":")
        headers[name.lower()] = value.strip()
    return Request(line, headers, stream.read(int(headers.get("content-length", 0))), number)


def taken(**changes: Any) -> dict[str, Any]:
    """The object that CarrierX answers a POST with."""
    return {
        "message_sid": SID,
        "status": "queued",
        "direction": "outbound",
        "from": SENDER,
        "to": NUMBER,
        "group_recipients": [],
        "media_urls": [],
        "message": None,
        "user_data": "c.0.0.1.mac",
        **changes,
    }


def answer(status: int, body: object = b"", **headers: str) -> bytes:
    """An HTTP answer; what is not bytes becomes JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Words", f"Content-Length: {len(raw)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + raw


def outgoing(**changes: Any) -> Outgoing:
    """A message; MMS to one number unless told."""
    fields: dict[str, Any] = {
        "sender": SENDER,
        "to": (NUMBER,),
        "text": "a private text",
        "media": ("https://media.example/cat.png",),
        "user_data": "c.0.0.1.mac",
        **changes,
    }
    return Outgoing(**fields)


def client_of(server: StubServer, **options: Any) -> CarrierX:
    """A client of the stand-in, with short time-outs."""
    return CarrierX(server.url, TOKEN, **{"connect_timeout": 2, "read_timeout": 2, **options})
