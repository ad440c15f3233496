"""Callbacks: JSON objects are read, other objects are passed over, everything else is an error of the caller."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.carrierx.webhook import UnreadableCallbackError, condensed, read_callback
from dispatcher.pipeline.consent.inbound import opting_out
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


_READ = [
    "message_sid",
    "status",
    "direction",
    "from",
    "from_did",
    "to",
    "to_did",
    "user_data",
    "price",
    "mcc",
    "mnc",
]
_UNREAD = ["message", "media_urls", "date_created", "group_recipients", "x"]
_NAMES = st.sampled_from(_READ + _UNREAD).flatmap(
    lambda name: st.sampled_from([name, f"{name} ", f" {name}"])
)
_VALUES = st.one_of(
    st.sampled_from(
        ["outbound", "inbound", "sent", "received", "null", "", " ", "12125550100", "0.0085", "STOP"]
    ),
    st.text(max_size=12),
    st.none() | st.booleans() | st.integers() | st.floats() | st.lists(st.text(max_size=3), max_size=2),
)


@given(fields=st.dictionaries(_NAMES, _VALUES), outbound=st.booleans())
def test_what_is_kept_of_a_body_says_the_same_as_all_of_it(fields: dict[str, Any], outbound: bool) -> None:
    raw = json.dumps(taken(**fields) | ({"direction": "outbound"} if outbound else {})).encode()
    kept = condensed(raw)
    assert kept is not None
    assert opting_out(kept) == opting_out(raw)
    read, whole = read_callback(kept), read_callback(raw)
    if kept == raw or read is None or whole is None:
        assert read == whole
    else:
        unread: dict[str, Any] = dict.fromkeys(["text", "date_created", "date_status_changed"])
        unread |= {"group": (), "media": ()}
        assert read == replace(whole, **unread)


@pytest.mark.parametrize(
    "raw",
    [
        json.dumps(taken(direction="inbound", status="received", message="STOP")).encode(),
        json.dumps(taken(direction="inbound", status="sent")).encode(),
        json.dumps(taken(direction="Outbound")).encode(),
        json.dumps(taken(direction="outbound", message_sid=None)).encode(),
        json.dumps(taken(direction="outbound")).encode()[:-1],
        b'{"event": "ping"}',
    ],
)
def test_what_is_no_plain_status_of_ours_is_kept_to_the_letter(raw: bytes) -> None:
    assert condensed(raw) == raw


def test_of_a_status_of_ours_neither_text_nor_media_are_kept_and_of_nothing_nothing() -> None:
    raw = json.dumps(
        taken(direction="outbound", status="sent", message="Hi Ann", media_urls=["https://a/b.jpg"])
    )
    kept = condensed(raw.encode())
    assert kept is not None
    assert b"Ann" not in kept
    assert b"b.jpg" not in kept
    assert condensed(b"STOP") is None
