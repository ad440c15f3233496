"""The inbox: stored in order, taken once, taken over from the dead."""

from __future__ import annotations

from typing import Any

import pytest

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.receipts.callback_stream import CallbackStream
from dispatcher.ledger.store.scripts import Scripts


def stored(ledger: Ledger, count: int) -> None:
    """So many callbacks."""
    for number in range(count):
        ledger.callback_stream.store(b"raw %d" % number, number)


def test_callbacks_come_out_in_their_order_with_their_time(ledger: Ledger) -> None:
    stored(ledger, 3)
    assert [(entry.raw, entry.at_ms) for entry in ledger.callback_stream.take("a", 2)] == [
        (b"raw 0", 0),
        (b"raw 1", 1),
    ]
    assert [entry.raw for entry in ledger.callback_stream.take("b", 9)] == [b"raw 2"]
    assert ledger.callback_stream.take("a", 9) == []


def test_those_stored_before_there_was_a_group_are_not_lost(ledger: Ledger) -> None:
    ledger.redis.xadd("mms:callbacks", {"raw": b"early", "at": 1})
    assert [entry.raw for entry in ledger.callback_stream.take("a", 9)] == [b"early"]


def test_entries_in_the_hands_of_the_living_are_left_to_them(ledger: Ledger) -> None:
    stored(ledger, 1)
    ledger.callback_stream.take("a", 9)
    assert ledger.callback_stream.take("b", 9) == []


def test_entries_of_the_dead_are_taken_over(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(ledger, 2)
    ledger.callback_stream.take("dead", 9)
    monkeypatch.setattr("dispatcher.ledger.receipts.callback_stream.TAKE_OVER_MS", 0)
    assert [entry.raw for entry in ledger.callback_stream.take("b", 9)] == [b"raw 0", b"raw 1"]


def test_an_entry_that_was_deleted_meanwhile_does_no_harm(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(ledger, 2)
    (first, _) = ledger.callback_stream.take("dead", 9)
    ledger.redis.xdel("mms:callbacks", first.id)
    monkeypatch.setattr("dispatcher.ledger.receipts.callback_stream.TAKE_OVER_MS", 0)
    assert [entry.raw for entry in ledger.callback_stream.take("b", 9)] == [b"raw 1"]


def test_acknowledged_is_gone(ledger: Ledger) -> None:
    stored(ledger, 2)
    ledger.callback_stream.acknowledge([entry.id for entry in ledger.callback_stream.take("a", 9)])
    ledger.callback_stream.acknowledge([])
    assert ledger.callback_stream.waiting() == 0


def test_what_a_reader_did_not_finish_is_found_though_its_name_is_forgotten(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(ledger, 1)
    ledger.callback_stream.take("dead", 1)
    assert ledger.callback_stream.forget_consumers(0) == 1
    assert ledger.redis.xinfo_consumers("mms:callbacks", "ingest") == []
    monkeypatch.setattr("dispatcher.ledger.receipts.callback_stream.TAKE_OVER_MS", 0)
    other = CallbackStream(Scripts(ledger.redis))
    assert [entry.raw for entry in other.take("b", 9)] == [b"raw 0"]


def test_what_an_older_version_noted_as_in_the_hands_of_the_dead_is_found(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(ledger, 1)
    ledger.redis.xgroup_create("mms:callbacks", "ingest", id="0")
    ledger.redis.xreadgroup("ingest", "old", {"mms:callbacks": ">"})
    monkeypatch.setattr("dispatcher.ledger.receipts.callback_stream.TAKE_OVER_MS", 0)
    (entry,) = ledger.callback_stream.take("new", 9)
    ledger.callback_stream.acknowledge([entry.id])
    assert ledger.callback_stream.forget_consumers(0) == 2
    assert ledger.redis.xpending("mms:callbacks", "ingest")["pending"] == 0


def test_what_waits_or_was_read_just_now_is_not_taken_for_left_behind(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dispatcher.ledger.receipts.callback_stream.TAKE_OVER_MS", 0)
    assert ledger.callback_stream.take("a", 9) == []
    stored(ledger, 3)
    for number in range(3):
        (entry,) = ledger.callback_stream.take("a", 1)
        assert entry.raw == b"raw %d" % number
        ledger.callback_stream.acknowledge([entry.id])
    assert ledger.callback_stream.take("a", 9) == []


def test_silent_readers_are_forgotten_and_others_are_not(ledger: Ledger) -> None:
    assert ledger.callback_stream.forget_consumers(0) == 0
    stored(ledger, 1)
    ledger.callback_stream.take("a", 1)
    assert ledger.callback_stream.forget_consumers(3_600_000) == 0
    assert ledger.callback_stream.forget_consumers(0) == 1


def test_of_what_cannot_be_read_the_newest_thousand_are_kept(ledger: Ledger) -> None:
    pipeline = ledger.redis.pipeline()
    for number in range(1_000):
        pipeline.xadd("mms:dead-letters", {"raw": b"old %d" % number, "at": 1})
    pipeline.execute()
    ledger.dead_letters.bury(b"the newest", 1)
    kept: Any = ledger.redis.xrange("mms:dead-letters")
    assert (len(kept), kept[0][1][b"raw"], kept[-1][1][b"raw"]) == (1_000, b"old 1", b"the newest")
