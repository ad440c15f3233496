"""Bodies that nobody should wait for: whoever has no login is answered before what they send is read."""

from __future__ import annotations

import socket

import httpx


def answer_to(address: str, method: str, path: str, kind: str, length: str, body: bytes = b"") -> int:
    """The status of a call of which no more is sent than this."""
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as line:
        head = f"{method} {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: {kind}\r\n{length}\r\n\r\n"
        line.sendall(head.encode() + body)
        return int(line.recv(64).split()[1])


def test_no_call_waits_for_a_large_body_before_it_knows_who_asks(address: str) -> None:
    paths = httpx.get(f"{address}/api/v1/openapi.json", trust_env=False).json()["paths"]
    calls = [
        (method.upper(), path.replace("{", "").replace("}", ""), kind)
        for path, methods in paths.items()
        for method, operation in methods.items()
        for kind in operation.get("requestBody", {}).get("content", {})
    ]
    assert len(calls) >= 8
    for method, path, kind in calls:
        full = f"{kind}; boundary=x" if kind.startswith("multipart") else kind
        status = answer_to(address, method, path, full, f"Content-Length: {10 << 30}")
        assert status in (401, 413), (method, path)


def test_a_body_that_does_not_say_how_long_it_is_is_not_read_to_its_end(address: str) -> None:
    megabytes = b"%x\r\n%s\r\n" % (2 << 20, b"1" * (2 << 20))
    for path in ("retry", "recipients/0.1/resolve"):
        address_of = f"/api/v1/campaigns/spring-abc234/{path}"
        status = answer_to(
            address, "POST", address_of, "application/json", "Transfer-Encoding: chunked", megabytes
        )
        assert status in (400, 401, 413)
