"""Lua and Python read the same rows and leases; the rows of a batch stay small."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatcher.errors import NotFound
from dispatcher.ledger.batches.rows import EPOCH_MS, RowRef, pack_sid, unpack_lease, unpack_row
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.receipts.receipts import Receipt
from dispatcher.model.state import RecipientState
from tests.factories import (
    CAMPAIGN,
    LOOK_MS,
    POLL_MS,
    START_MS,
    add_campaign,
    claim,
    make_batch,
    make_claim,
    make_record,
    record,
    take,
    token_of,
)
from tests.valkey import set_clock


@settings(max_examples=30, deadline=None)
@given(sid=st.text(max_size=60).filter(bool))
def test_two_forms_of_a_sid_are_two_sids(sid: str) -> None:
    packed = pack_sid(sid)
    assert (len(packed.packed), len(packed.hashed)) == (16, 10)
    assert pack_sid(sid) == packed
    assert pack_sid(sid + "x").hashed != packed.hashed


def test_python_reads_what_lua_wrote(timed_ledger: Ledger) -> None:
    set_clock(timed_ledger.redis, START_MS)
    add_campaign(timed_ledger, make_batch(1))
    taken = take(timed_ledger)
    asked = make_claim(taken)
    claim(timed_ledger, taken.hold, asked, now_ms=START_MS)
    set_clock(timed_ledger.redis, START_MS + 7)
    sid = "fffefdfc-0001-4203-8405-060708090a0b"
    record(timed_ledger, taken.hold, make_record(asked, sid=sid))
    set_clock(timed_ledger.redis, START_MS + 9)
    final = Receipt(0, 0, 1, RecipientState.FAILED, "own", sid, mcc="310", mnc="04", price="0.015")
    timed_ledger.receipts.apply(CAMPAIGN, 0, [final], [], grace_ms=0)
    value = timed_ledger.redis.hget(f"mms:c:{CAMPAIGN}:r:0", "0")
    assert isinstance(value, bytes)
    row = unpack_row(value)
    assert row == (
        RecipientState.FAILED,
        9,
        1,
        0,
        START_MS,
        START_MS + 7,
        START_MS + 9,
        bytes.fromhex(sid.replace("-", "")),
        310,
        4,
        "0.015",
    )
    assert struct.unpack_from("<5s", value, 5)[0] == (START_MS - EPOCH_MS).to_bytes(5, "little")


def test_python_reads_the_lease_that_lua_wrote(timed_ledger: Ledger) -> None:
    set_clock(timed_ledger.redis, START_MS)
    add_campaign(timed_ledger, make_batch(1))
    take(timed_ledger)
    value = timed_ledger.redis.hget(f"mms:c:{CAMPAIGN}:r:0", "m")
    assert isinstance(value, bytes)
    lease = unpack_lease(value)
    assert (lease.fence, lease.lease_ms, lease.token) == (1, START_MS + 30_000, token_of("a"))


@pytest.mark.parametrize("year_ms", [EPOCH_MS + 1, START_MS, EPOCH_MS + 2**40 - 1])
def test_times_keep_their_milliseconds_for_decades(timed_ledger: Ledger, year_ms: int) -> None:
    set_clock(timed_ledger.redis, year_ms)
    add_campaign(timed_ledger, make_batch(1))
    taken = take(timed_ledger)
    claim(timed_ledger, taken.hold, make_claim(taken), now_ms=year_ms)
    assert timed_ledger.batches.read(CAMPAIGN, [0])[0][1][0].claimed_ms == year_ms


def test_the_rows_of_a_full_batch_stay_in_the_compact_encoding(timed_ledger: Ledger) -> None:
    set_clock(timed_ledger.redis, START_MS)
    add_campaign(timed_ledger, make_batch(*[1] * 100))
    taken = take(timed_ledger)
    for message in range(100):
        asked = make_claim(taken, message)
        claim(timed_ledger, taken.hold, asked, now_ms=START_MS)
        sid = f"{message:08x}-0000-4000-8000-000000000000"
        record(timed_ledger, taken.hold, make_record(asked, sid=sid))
    receipts = [
        Receipt(row, row, 1, RecipientState.DELIVERED, mcc="310", mnc="260", price="1" * 40)
        for row in range(100)
    ]
    timed_ledger.receipts.apply(CAMPAIGN, 0, receipts, [], grace_ms=0)
    timed_ledger.batches.give_back(taken.hold, wait_ms=0, poll_ms=POLL_MS, look_ms=LOOK_MS)
    key = f"mms:c:{CAMPAIGN}:r:0"
    assert timed_ledger.redis.object("encoding", key) == b"listpack"
    values = timed_ledger.redis.hvals(key)
    assert max(len(value) for value in values) <= 64
    assert (timed_ledger.redis.memory_usage(key) or 0) < 100 * 90


@given(st.integers(0, 9_999_999), st.integers(0, 999))
def test_where_a_row_stands_is_read_back_from_its_text(batch: int, row: int) -> None:
    assert RowRef.parse(RowRef(batch, row).text) == (batch, row)


@pytest.mark.parametrize(
    "text", ["", "0", "0.", ".0", "0.1.2", "-1.0", "1e3.0", "0.1000", "12345678.0", " 0.0"]
)
def test_what_names_no_row_is_not_found(text: str) -> None:
    with pytest.raises(NotFound):
        RowRef.parse(text)
