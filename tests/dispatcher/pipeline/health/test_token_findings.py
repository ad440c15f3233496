"""Workers that show CarrierX different tokens are named, and no token is told."""

from __future__ import annotations

from dispatcher.ledger.ledger import Ledger
from dispatcher.pipeline.health.token_findings import look_at_tokens, token_sign


def lives(ledger: Ledger, name: str, token: str | None) -> None:
    """A worker says that it lives, and shows that token."""
    facts = {"queues": ["send"], "token": token_sign(ledger, token)}
    ledger.agenda.sign_of_life(name, facts, ledger.agenda.now_ms())


def test_nothing_is_said_of_workers_with_one_token_and_of_those_that_show_none(ledger: Ledger) -> None:
    lives(ledger, "send@a", "a token")
    lives(ledger, "send@b", "a token")
    lives(ledger, "control@a", None)
    ledger.agenda.sign_of_life("send@old", {"queues": ["send"]}, ledger.agenda.now_ms())
    assert list(look_at_tokens(ledger)) == []


def test_workers_with_different_tokens_are_named(ledger: Ledger) -> None:
    lives(ledger, "send@a", "a token")
    lives(ledger, "send@b", "another")
    lives(ledger, "look@a", "a token")
    [finding] = look_at_tokens(ledger)
    assert finding.verdict == "note"
    assert finding.seen == "workers show CarrierX 2 different tokens: look@a, send@a; send@b"


def test_a_sign_tells_neither_the_token_nor_that_of_another_ledger(ledger: Ledger) -> None:
    sign = token_sign(ledger, "a token")
    assert (len(sign), token_sign(ledger, "a token")) == (8, sign)
    ledger.redis.flushdb()
    assert token_sign(ledger, "a token") != sign
