"""Callback receivers in the ledger: who is there, who is gone, who was lost, and for how long that is told."""

from __future__ import annotations

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.receipts.receivers import FORGOTTEN_MS, LIFE_SECONDS, lost_receivers, tell_call
from dispatcher.ledger.store import keys


def tell(ledger: Ledger, name: str, said: str) -> None:
    text, arguments = tell_call(name, said)
    ledger.redis.eval(text, 0, *arguments)


def silence(ledger: Ledger, name: str, for_ms: int = 0) -> None:
    """It is not heard of for longer than its word counts."""
    ledger.redis.delete(keys.RECEIVER + name)
    ledger.redis.zincrby(keys.RECEIVERS_HEARD, -for_ms, name)


def names(ledger: Ledger) -> list[str]:
    return [lost.name for lost in lost_receivers(ledger.redis)]


def test_a_receiver_that_speaks_is_there_and_one_that_ended_in_order_is_nowhere(ledger: Ledger) -> None:
    tell(ledger, "a", "draining")
    assert ledger.redis.get(keys.RECEIVER + "a") == b"draining"
    assert 0 < ledger.redis.ttl(keys.RECEIVER + "a") <= LIFE_SECONDS
    assert (names(ledger), ledger.agenda.receivers_draining()) == ([], ["a"])
    tell(ledger, "a", "")
    assert (names(ledger), ledger.agenda.receivers_draining()) == ([], [])
    assert ledger.redis.keys("mms:door*") == []


def test_one_that_falls_silent_is_lost_until_it_speaks_again_or_is_said_to_be_gone(ledger: Ledger) -> None:
    for name in "abc":
        tell(ledger, name, "clear:1")
    silence(ledger, "a", 60_000)
    silence(ledger, "b")
    assert names(ledger) == ["b", "a"]
    tell(ledger, "b", "clear:1")
    assert names(ledger) == ["a"]
    tell(ledger, "a", "")
    assert names(ledger) == []


def test_who_is_lost_delays_no_claim_and_is_forgotten_after_a_week(ledger: Ledger) -> None:
    tell(ledger, "a", "draining")
    silence(ledger, "a", FORGOTTEN_MS - 60_000)
    tell(ledger, "b", "clear:1")
    assert names(ledger) == ["a"]
    assert "a" not in ledger.agenda.receivers_draining()
    silence(ledger, "a", 61_000)
    tell(ledger, "b", "clear:1")
    assert names(ledger) == []
    assert ledger.redis.smembers(keys.RECEIVERS) == {b"b"}


def test_a_receiver_of_an_earlier_version_is_forgotten_too(ledger: Ledger) -> None:
    ledger.redis.sadd(keys.RECEIVERS, "old:8080")
    assert names(ledger) == []
    tell(ledger, "b", "clear:1")
    [lost] = lost_receivers(ledger.redis)
    assert lost.name == "old:8080"
    assert abs(lost.heard_ms - ledger.agenda.now_ms()) < 10_000
