"""CarrierX's place: answers every POST with the SMS object, as cheaply as Python can, from a process of its own.

    python -m benchmarks.sink [--latency SECONDS]

Prints its port. `GET /count` answers how many POSTs were taken, when the first and the last of them came (on the
machine's monotonic clock), how many were in flight at most, and how many callbacks were answered 200; `GET /reset`
forgets them. `GET /call-back?URL` has every message called back there from now on.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import time
from http.client import HTTPConnection
from types import TracebackType

from benchmarks.call_back import CallBack

_USER_DATA = re.compile(rb'"user_data": ?"([^"]*)"')
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_OBJECT = (
    b'{"message_sid":"%08x-%b","status":"queued","direction":"outbound","from":null,"to":null,'
    b'"group_recipients":[],"media_urls":[],"message_segments":1,"type":"mms","price":null,"mcc":null,"mnc":null,'
    b'"date_created":"2026-01-18T21:01:13.415Z","date_status_changed":null,"user_data":"%b"}'
)
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


class _Counts:
    """What came, over all connections."""

    def __init__(self) -> None:
        self.posts, self.first, self.last, self.in_flight, self.most = 0, 0.0, 0.0, 0, 0
        self.called_back = 0


class _Account:
    """What all connections share."""

    def __init__(self, latency: float) -> None:
        self.counts, self.latency = _Counts(), latency
        self.run = (
            f"{os.getpid() & 0xFFFF:04x}-4000-8000-{int(time.time() * 1000) & 0xFFFFFFFFFFFF:012x}".encode()
        )
        self.call_back: CallBack | None = None

    def called_back(self) -> None:
        """One more callback was taken."""
        self.counts.called_back += 1


class _Connection(asyncio.Protocol):
    def __init__(self, account: _Account) -> None:
        self._account, self._counts = account, account.counts
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is there whole."""
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self._read, 0, end)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self._read) < whole:
                return
            request, self._read = self._read[:whole], self._read[whole:]
            if request.startswith(b"POST"):
                self._take(request, end)
            else:
                self._tell(request)

    def _take(self, request: bytes, end: int) -> None:
        counts, now = self._counts, time.monotonic()
        counts.posts += 1
        counts.first, counts.last = counts.first or now, now
        found = _USER_DATA.search(request, end)
        account, user_data = self._account, found[1] if found else b""
        body = _OBJECT % (counts.posts, account.run, user_data)
        answer = _HEAD % len(body) + body
        if account.call_back is not None:
            account.call_back.begin(b"%08x-%b" % (counts.posts, account.run), user_data, request[end:])
        if not account.latency:
            self._transport.write(answer)
            return
        counts.in_flight += 1
        counts.most = max(counts.most, counts.in_flight)
        asyncio.get_running_loop().call_later(account.latency, self._answer, answer)

    def _answer(self, answer: bytes) -> None:
        self._counts.in_flight -= 1
        if not self._transport.is_closing():
            self._transport.write(answer)

    def _tell(self, request: bytes) -> None:
        counts = self._counts
        if request.startswith(b"GET /reset"):
            counts.posts, counts.first, counts.last, counts.most, counts.called_back = 0, 0.0, 0.0, 0, 0
        elif request.startswith(b"GET /call-back?"):
            url = request.split(b" ", 2)[1].partition(b"?")[2].decode()
            self._account.call_back = CallBack(url, self._account.called_back)
        body = json.dumps(vars(counts)).encode()
        if not request.startswith((b"GET /reset", b"GET /count")):
            body = b"{}"
        self._transport.write(_HEAD % len(body) + body)


async def _serve(latency: float) -> None:
    account = _Account(latency)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(account), "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


class Sink:
    """A sink process; use it in a `with`."""

    def __init__(self, latency: float = 0.0) -> None:
        command = [sys.executable, "-m", "benchmarks.sink", f"--latency={latency}"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    @property
    def url(self) -> str:
        """The base URL, as `MMS_CARRIERX_URL` wants it."""
        return f"http://127.0.0.1:{self.port}/core/v2"

    def counts(self, path: str = "/count") -> dict[str, float]:
        """What it took so far."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path)
        found: dict[str, float] = json.loads(connection.getresponse().read())
        connection.close()
        return found

    def reset(self) -> None:
        """Count from nothing."""
        self.counts("/reset")

    def call_back(self, url: str) -> None:
        """From now on, three callbacks a message."""
        self.counts(f"/call-back?{url}")

    def __enter__(self) -> Sink:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(10)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description="An HTTP sink in CarrierX's place")
    options.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    asyncio.run(_serve(options.parse_args().latency))
