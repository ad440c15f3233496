"""An HTTP answer, read from the bytes that came so far: the usual one at a glance, any other by `http.client`."""

from __future__ import annotations

import http.client
import re
from io import BytesIO
from typing import NamedTuple

import urllib3

from dispatcher.carrierx._error_mapping import HttpAnswer

#: More than any head is; what comes without an end of its head is no HTTP.
HEAD_MAX = 64 * 1024
#: More than a page of 1,000 objects ever is; a longer body is not ours to read.
BODY_MAX = 32 * 1024 * 1024

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,9})[ \t]*(?=\r\n)", re.IGNORECASE)
#: What makes an answer more than a head, a length and so many bytes.
_SPECIAL = re.compile(
    rb"\r\n(?:transfer-encoding|content-encoding|connection:(?![ \t]*keep-alive[ \t]*\r\n))", re.IGNORECASE
)
_END = b"\r\n\r\n"


class WholeAnswer(NamedTuple):
    """An answer that is there whole, and whether its connection can be used again."""

    answer: HttpAnswer
    reusable: bool


def read_answer(got: bytes | bytearray, *, ended: bool = False) -> WholeAnswer | None:
    """The answer to a POST; None while it is not whole. `ended`: the other side closed, nothing more comes.

    Raises:
        http.client.HTTPException, ValueError, urllib3.exceptions.HTTPError: this will never be an answer.
    """
    if len(got) > HEAD_MAX + BODY_MAX:
        raise ValueError("the answer is too long")
    end = got.find(_END)
    if end < 0:
        _look_at_headless(got, ended)
        return None
    if got.startswith(b"HTTP/1.1 200 ") and not _SPECIAL.search(got, 0, end + 2):
        lengths = _LENGTH.findall(got, 0, end + 2)
        size = end + len(_END) + int(lengths[0]) if len(lengths) == 1 else -1
        if 0 <= size <= len(got):
            body = bytes(got[end + len(_END) : size])
            return WholeAnswer(HttpAnswer(200, {}, body), reusable=size == len(got) and not ended)
        if size > 0 and not ended:
            return None
    return _read_any(bytes(got), end + len(_END), ended)


def _look_at_headless(got: bytes | bytearray, ended: bool) -> None:
    if len(got) > HEAD_MAX or not got.startswith(b"HTTP/"[: len(got)]):
        raise http.client.BadStatusLine("")
    if ended:
        raise http.client.RemoteDisconnected("")


class _Received(BytesIO):
    """What `http.client` takes for a socket and its file: the bytes received, also after it closed them."""

    def makefile(self, *_: object, **__: object) -> _Received:
        return self

    def close(self) -> None:
        return


def _read_any(got: bytes, head: int, ended: bool) -> WholeAnswer | None:
    if got.startswith((b"HTTP/1.1 100", b"HTTP/1.0 100")):
        return read_answer(got[head:], ended=ended)
    received = _Received(got)
    response = http.client.HTTPResponse(received, method="POST")  # type: ignore[arg-type]
    response.begin()
    if len(set(response.headers.get_all("content-length") or ())) > 1:
        raise http.client.HTTPException("more than one length")
    if not ended and not _may_be_whole(got, head, response):
        return None
    try:
        body = response.read()
    except http.client.IncompleteRead:
        if ended:
            raise
        return None
    headers = {name.lower(): value for name, value in response.getheaders()}
    answer = HttpAnswer(response.status, headers, _decoded(body, headers))
    is_last = ended or response.will_close or received.tell() < len(got)
    return WholeAnswer(answer, reusable=response.status >= 200 and not is_last)


def _may_be_whole(got: bytes, head: int, response: http.client.HTTPResponse) -> bool:
    if response.chunked:
        return got.endswith(_END)
    return response.length is not None and len(got) - head >= response.length


def _decoded(body: bytes, headers: dict[str, str]) -> bytes:
    if "content-encoding" not in headers:
        return body
    packed = {"content-encoding": headers["content-encoding"]}
    return urllib3.HTTPResponse(body=BytesIO(body), headers=packed, preload_content=True).data
