"""Callbacks: JSON objects are read, other objects are passed over, everything else is an error of the caller."""

from __future__ import annotations

import json

import pytest

from dispatcher.carrierx.webhook import UnreadableCallbackError, read_callback
from tests.dispatcher.carrierx.stub import NUMBER, SENDER, SID, taken


def test_a_status_callback_is_read() -> None:
    status = read_callback(json.dumps(taken(status="sent")).encode())
    assert status is not None
    assert (status.message_sid, status.status, status.direction) == (SID, "sent", "outbound")


def test_an_inbound_message_is_read() -> None:
    body = taken(status="received", direction="Inbound", message=" STOP ", to=SENDER) | {"from": NUMBER}
    status = read_callback(json.dumps(body).encode())
    assert status is not None
    assert (status.direction, status.sender, status.text) == ("inbound", NUMBER, " STOP ")


def test_a_byte_order_mark_does_no_harm() -> None:
    assert read_callback(b"\xef\xbb\xbf" + json.dumps(taken()).encode()) is not None


def test_an_object_that_is_not_a_message_is_none() -> None:
    assert read_callback(b'{"event": "ping"}') is None


@pytest.mark.parametrize("raw", [b"", b"ping", b"[]", b"null", b"\xff", b"[" * 200_000])
def test_what_is_not_a_json_object_is_an_error_without_its_content(raw: bytes) -> None:
    with pytest.raises(UnreadableCallbackError) as caught:
        read_callback(raw)
    assert "ping" not in str(caught.value)
