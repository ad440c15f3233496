"""The wire reader: both generations of names, the guides' own oddities, and anything else without a crash."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatcher.carrierx.detail_records import read_detail_record
from dispatcher.carrierx.pagination import read_page
from dispatcher.carrierx.schema import NotTheObjectError, read_json, read_object, read_status
from tests.dispatcher.carrierx.stub import NUMBER, OTHER, SENDER, taken

GROUP_CALLBACK: dict[str, Any] = {
    "date_created": "2023-09-04T17:37:36.123Z",
    "date_status_changed": "2023-09-04T17:37:00.000Z",
    "direction": "outbound",
    "from": SENDER,
    "group_recipients": [OTHER, NUMBER],
    "mcc": None,
    "media_urls": ["https://media.example/cat.png"],
    "message": None,
    "message_sid": "e405fa47-48f5-4dc5-bbba-77231587188e",
    "mnc": None,
    "price": "1",
    "status": "delivered",
    "to": NUMBER,
    "type": "mms",
    "user_data": "null",
}

#: A busy machine is not a fault of the reader.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
names = st.sampled_from(
    [*GROUP_CALLBACK, "from_did", "to_did", "from ", " to ", "vendor_error_code", "dr_sid"]
)


def test_the_guides_group_callback_is_read() -> None:
    status = read_status(GROUP_CALLBACK)
    assert (status.status, status.sender, status.to) == ("delivered", SENDER, NUMBER)
    assert status.group == (OTHER, NUMBER)
    assert status.user_data is None
    assert status.text is None
    assert status.price == "1"
    assert status.media == ("https://media.example/cat.png",)
    assert status.date_created == "2023-09-04T17:37:36.123Z"


@pytest.mark.parametrize(("sender", "to"), [("from_did", "to_did"), ("from ", "to "), (" from", "\tto")])
def test_older_and_misspelled_names_are_read(sender: str, to: str) -> None:
    body = {key: value for key, value in taken().items() if key not in ("from", "to")}
    status = read_status({**body, sender: SENDER, to: NUMBER})
    assert (status.sender, status.to) == (SENDER, NUMBER)


def test_the_newer_name_wins_where_both_have_a_value() -> None:
    status = read_status(taken(from_did=OTHER, to_did=OTHER))
    assert (status.sender, status.to) == (SENDER, NUMBER)


def test_the_older_name_is_read_where_the_newer_is_null() -> None:
    status = read_status(taken(**{"from": None, "to": "null", "from_did": OTHER, "to_did": OTHER}))
    assert (status.sender, status.to) == (OTHER, OTHER)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("15162065574", NUMBER),
        ("+15162065574", NUMBER),
        ("5162065574", NUMBER),
        ("+1 (516) 206-5574", NUMBER),
        (15162065574, NUMBER),
        ("22395", "22395"),
        ("null", None),
        ("", None),
        (None, None),
        (True, None),
        (1.5, None),
        ("CARRIER7", None),
        ([], None),
    ],
)
def test_numbers_are_digits_without_a_plus(written: object, number: str | None) -> None:
    assert read_status(taken(to=written)).to == number


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ([NUMBER, f"+{OTHER}"], (NUMBER, OTHER)),
        (f"{NUMBER}, {OTHER}", (NUMBER, OTHER)),
        ([None, 7.5], ()),
        ({}, ()),
    ],
)
def test_group_recipients_are_read_from_a_list_or_a_text(written: object, read: tuple[str, ...]) -> None:
    assert read_status(taken(group_recipients=written)).group == read


@pytest.mark.parametrize(
    ("written", "read"), [(310, "310"), (0, "0"), ("004", "004"), (None, None), ("null", None)]
)
def test_carrier_codes_are_text_whether_they_came_as_numbers_or_strings(
    written: object, read: str | None
) -> None:
    status = read_status(taken(mcc=written, mnc=written))
    assert (status.mcc, status.mnc) == (read, read)


def test_a_price_stays_as_it_was_written() -> None:
    body = read_object(json.dumps(taken(price="PRICE")).replace('"PRICE"', "0.0100").encode())
    assert read_status(body).price == "0.0100"


def test_an_unknown_word_is_kept_in_lower_case() -> None:
    assert read_status(taken(status=" Carrier_Queued ")).status == "carrier_queued"


def test_half_a_surrogate_pair_becomes_storable() -> None:
    status = read_status(read_object(json.dumps(taken(message="\ud83d!", user_data="\udc00")).encode()))
    assert status.text is not None
    assert (status.text + (status.user_data or "")).encode()


@pytest.mark.parametrize("missing", ["message_sid", "status"])
@pytest.mark.parametrize("value", [None, "", "null", [], {}, True])
def test_without_sid_or_status_it_is_not_the_object(missing: str, value: object) -> None:
    with pytest.raises(NotTheObjectError):
        read_status(taken(**{missing: value}))


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"\xff\xfe\x00", b"[" * 200_000, b'{"a":' * 100_000, b"9" * 5000, b"{'a': 1}"]
)
def test_what_is_not_json_says_so(raw: bytes) -> None:
    with pytest.raises(NotTheObjectError):
        read_json(raw)


@pytest.mark.parametrize("raw", [b"[]", b"null", b"3", b'"text"', b"NaN"])
def test_what_is_not_an_object_says_so(raw: bytes) -> None:
    with pytest.raises(NotTheObjectError):
        read_object(raw)


@pytest.mark.slow
@unhurried
@given(st.dictionaries(names, anything))
def test_any_values_are_read_or_refused_but_never_crash(body: dict[str, Any]) -> None:
    readable = {"message_sid": "sid", "status": "sent"}
    status = read_status({**body, **readable})
    assert repr(status)
    assert all(number.isascii() and number.isdigit() for number in status.group)
    read_detail_record(body)
    with pytest.raises(NotTheObjectError):
        read_status({**body, "status": None})


@pytest.mark.slow
@unhurried
@given(st.dictionaries(st.text(), anything))
def test_any_object_is_read_or_refused(body: dict[str, Any]) -> None:
    with suppress(NotTheObjectError):
        assert read_status(body).message_sid


@pytest.mark.slow
@unhurried
@given(st.lists(anything))
def test_any_items_of_a_list_are_read_or_left_out(items: list[Any]) -> None:
    page = read_page({"items": items}, read_status, offset=0, limit=10)
    assert page.received == len(items)


@unhurried
@given(st.binary())
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with suppress(NotTheObjectError):
        read_object(raw)
