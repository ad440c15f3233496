"""CarrierX's calls, from a process of its own: POSTs bodies and measures each answer.

    python -m benchmarks.caller PORT PATH FILE CONNECTIONS RATE

FILE has one body a line. RATE calls a second, or 0: each connection calls again as soon as it was answered. Prints
JSON: calls answered 200, seconds, and the answer's p50 and p99 in ms. With a rate, an answer's time counts from when
its call was due, so that a slow server cannot hide behind calls not made.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from collections import deque
from pathlib import Path

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class _Calls:
    """What is still to be called, and how long the answers took."""

    def __init__(self, bodies: list[bytes], rate: float) -> None:
        self.rest = deque(enumerate(bodies))
        self.left, self.rate = len(bodies), rate
        self.taken: list[float] = []
        self.good = 0
        self.start = time.perf_counter()
        self.done = asyncio.get_running_loop().create_future()

    def answered(self, due: float, good: bool) -> None:
        """One more answer."""
        self.taken.append(time.perf_counter() - due)
        self.good += good
        self.left -= 1
        if not self.left:
            self.done.set_result(None)


class _Line(asyncio.Protocol):
    def __init__(self, calls: _Calls, head: bytes) -> None:
        self._calls, self._head = calls, head
        self._read = b""
        self._due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The first call."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._call()

    def _call(self) -> None:
        calls = self._calls
        if not calls.rest:
            return
        number, body = calls.rest.popleft()
        now = time.perf_counter()
        self._due = calls.start + number / calls.rate if calls.rate else now
        if self._due > now:
            asyncio.get_running_loop().call_later(self._due - now, self._write, body)
        else:
            self._write(body)

    def _write(self, body: bytes) -> None:
        self._transport.write(self._head % len(body) + body)

    def data_received(self, data: bytes) -> None:
        """An answer, whole, with its body: servers send it in one piece or in two."""
        self._read += data
        head, found, body = self._read.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not found or len(body) < (int(length[1]) if length else 0):
            return
        self._read = b""
        self._calls.answered(self._due, head[8:12] == b" 200")
        if b"connection: close" not in head.lower():
            self._call()

    def connection_lost(self, error: Exception | None) -> None:
        """A server that closes after its answer is called on a new connection."""
        if self._calls.rest:
            loop = asyncio.get_running_loop()
            host, port = "127.0.0.1", self._transport.get_extra_info("peername")[1]
            self._again = loop.create_task(
                loop.create_connection(lambda: _Line(self._calls, self._head), host, port)
            )


async def _all(port: int, path: str, bodies: list[bytes], connections: int, rate: float) -> dict[str, float]:
    calls = _Calls(bodies, rate)
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    loop = asyncio.get_running_loop()
    for _ in range(min(connections, len(bodies))):
        await loop.create_connection(lambda: _Line(calls, head.encode()), "127.0.0.1", port)
    await calls.done
    seconds = time.perf_counter() - calls.start
    taken = sorted(calls.taken)
    p99 = taken[min(len(taken) - 1, int(len(taken) * 0.99))] * 1000
    return {"good": calls.good, "seconds": seconds, "p50 ms": taken[len(taken) // 2] * 1000, "p99 ms": p99}


def call(port: int, path: str, file: Path, *, connections: int, rate: float = 0.0) -> dict[str, float]:
    """Call from a process of its own."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.caller",
        str(port),
        path,
        str(file),
        str(connections),
        str(rate),
    ]
    done = subprocess.run(command, capture_output=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    lines = Path(sys.argv[3]).read_bytes().splitlines()
    answer = asyncio.run(_all(int(sys.argv[1]), sys.argv[2], lines, int(sys.argv[4]), float(sys.argv[5])))
    print(json.dumps(answer))
