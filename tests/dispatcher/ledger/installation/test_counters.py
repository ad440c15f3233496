"""What processes count, in one hash."""

from __future__ import annotations

from dispatcher.ledger.ledger import Ledger
from dispatcher.model.claim_wait import ClaimWait
from dispatcher.pipeline.runtime.counters import ENDLESS, ProcessCounters


def test_what_was_counted_is_added_up(ledger: Ledger) -> None:
    counters = ProcessCounters()
    counters.count("callbacks", "applied", 2)
    ledger.counters.add(counters.take())
    counters.count("callbacks", "applied")
    counters.count("callbacks", "early")
    ledger.counters.add(counters.take())
    assert ledger.counters.read() == {"callbacks": {"applied": 3, "early": 1}}


def test_what_was_taken_is_not_taken_again_unless_it_was_put_back() -> None:
    counters = ProcessCounters()
    counters.sent("accepted", 0.02)
    taken = counters.take()
    assert counters.take() == {}
    counters.put_back(taken)
    assert counters.take() == taken


def test_a_duration_falls_into_the_first_bucket_that_holds_it() -> None:
    counters = ProcessCounters()
    for seconds in (0.01, 0.011, 3600.0):
        counters.sent("accepted", seconds)
    taken = counters.take()
    assert {field: taken[field] for field in taken if field.startswith("send ")} == {
        "send 0.01": 1,
        "send 0.025": 1,
        f"send {ENDLESS}": 1,
        "send ms": 10 + 11 + 3_600_000,
    }


def test_of_a_limit_only_its_kind_is_kept() -> None:
    counters = ProcessCounters()
    for scope in ("account", "sender:12125550100", "day:sender:12125550100", "campaign:spring-abc234"):
        counters.waited(ClaimWait(scope), 0.2)
    waits = {field for field in counters.take() if field.startswith("waits ")}
    assert waits == {"waits account", "waits sender", "waits day", "waits campaign"}


def test_an_empty_tally_writes_nothing(ledger: Ledger) -> None:
    ledger.counters.add({})
    assert ledger.counters.read() == {}
