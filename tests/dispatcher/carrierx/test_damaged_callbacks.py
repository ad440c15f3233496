"""Callbacks that are not quite JSON: what can be read of them is, a STOP above all, and nothing takes long."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.carrierx.webhook import (
    UNREAD_SID,
    UnreadableCallbackError,
    is_readable,
    read_callback,
)
from dispatcher.pipeline.consent.inbound import opting_out

NUMBER = "15165550123"
STOP = {
    "message_sid": "66352290-bd20-4ed0-a403-8c00792f15b8",
    "direction": "inbound",
    "status": "received",
    "from": f"+{NUMBER}",
    "to": "15162065575",
    "message": "STOP",
}
GOOD = json.dumps(STOP)


def changed(old: str, new: str) -> bytes:
    assert old in GOOD
    return GOOD.replace(old, new).encode()


def without(*names: str) -> bytes:
    return json.dumps({name: value for name, value in STOP.items() if name not in names}).encode()


def multipart(fields: dict[str, str]) -> bytes:
    parts = (f'--x\r\ncontent-disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items())
    return ("".join(parts) + "--x--\r\n").encode()


@pytest.mark.parametrize(
    "raw",
    [
        GOOD.replace("STOP", "Arrêt").encode("latin-1"),
        GOOD.replace('"15162065575"', '"15162065575", "name": "José €"').encode("cp1252"),
        changed("STOP", "STOP\n"),
        changed("STOP", "\x00STOP"),
        changed("STOP", "\x1bSTOP\x07"),
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.encode("utf-16"),
        GOOD.encode("utf-16-be"),
        GOOD.encode("utf-16-le")[:-1],
        GOOD.encode("utf-32"),
        changed("}", ",}"),
        GOOD.encode() + b"}} and more",
        b"\r\n" + GOOD.encode() + b"\0\0",
        b"[" + GOOD.encode() + b"]",
        GOOD.encode()[:-1],
        GOOD.encode()[:-2],
        changed('"direction": "inbound"', '"direction": "inbound", "price": NaN, "segments": Infinity'),
        changed('"to": "15162065575"', '"to": undefined'),
        changed('"to": "15162065575"', '"to": "\\ud83d"'),
        changed('"to": "15162065575"', '"to": "\\x"'),
        changed('"message": "STOP"', '"message": "STOP", "message": "and a postscript"'),
        changed('"message": "STOP"', '"message": "hello", "message": "STOP"'),
        GOOD.replace('"', "'").encode(),
        urlencode(STOP).encode(),
        urlencode({"payload": GOOD}).encode(),
        multipart(STOP),
        json.dumps({"sms": STOP}).encode(),
        without("message_sid"),
        without("status", "direction", "to"),
        without("message_sid", "status", "direction", "to"),
        (GOOD[:-1] + ', "x": ' + "[" * 5000).encode(),
    ],
)
def test_a_stop_is_a_stop_however_its_body_is_damaged(raw: bytes) -> None:
    assert is_readable(raw)
    out = opting_out(raw)
    assert out is not None
    assert out.number == NUMBER
    status = read_callback(raw)
    assert status is not None
    assert (status.direction, status.sender) == ("inbound", NUMBER)


@pytest.mark.parametrize(
    "changes",
    [
        {"direction": "outbound", "status": "delivered"},
        {"direction": "outbound"},
        {"direction": None, "status": "sent"},
        {"message": "see you at 5"},
        {"message": None},
        {"from": "someone"},
    ],
)
@pytest.mark.parametrize("cut", [0, 1])
def test_what_is_no_stop_of_somebody_else_opts_nobody_out(changes: dict[str, Any], cut: int) -> None:
    body = json.dumps({**STOP, **changes})
    assert opting_out(body[: len(body) - cut].encode()) is None


def test_a_message_without_a_sid_is_known_by_its_body() -> None:
    first, again, other = (
        read_callback(raw) for raw in (without("message_sid"),) * 2 + (without("message_sid", "to"),)
    )
    assert first is not None
    assert first == again
    assert first.message_sid.startswith(UNREAD_SID)
    assert other is not None
    assert other.message_sid != first.message_sid


@pytest.mark.parametrize(
    "raw", [b"", b"STOP", b"\xff\xfe", b"{", b"hello: world", b"[1]", b"\0" * 60_000, b"a=b"]
)
def test_what_tells_nothing_is_unreadable(raw: bytes) -> None:
    assert not is_readable(raw)
    with pytest.raises(UnreadableCallbackError):
        read_callback(raw)


@given(cut=st.integers(0, len(GOOD)), junk=st.binary(max_size=40))
def test_whatever_a_body_is_cut_to_it_is_read_or_said_to_be_unreadable(cut: int, junk: bytes) -> None:
    raw = GOOD[:cut].encode() + junk
    opting_out(raw)
    if is_readable(raw):
        read_callback(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 65_536,
        b'{"message": "' + b"\\" * 65_000,
        b"'" * 65_536,
        b'"' * 65_535,
        b'"message":' * 6_500,
        b"a" * 65_536,
        b"a_" * 32_000 + b":",
        b'"from":[' * 8_000,
        b"a=" * 32_000,
        b'name="a"\n' * 7_000,
        b"\n" * 65_536,
        b'name="a"' + b"\r\n" * 30_000,
        b'name="a"\nx' + b"\nx" * 30_000,
    ],
)
def test_reading_takes_no_longer_for_a_body_made_to_be_slow(raw: bytes) -> None:
    began = time.process_time()
    is_readable(raw)
    opting_out(raw)
    assert time.process_time() - began < 1.0
