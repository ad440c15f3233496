"""A spool goes into the stream once, however often it is drained, by whomever, and wherever a drain was cut short."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.receipts.spool import POSITION_SECONDS, SpooledCallback, drain_call
from dispatcher.ledger.store import keys

NUMBER = "15165550123"
SPOOLED = [
    SpooledCallback(b"%d" % n, 1_000 + n, NUMBER if n == 3 else "", "inbound", 40 * (n + 1)) for n in range(6)
]


def drain(ledger: Ledger, some: list[SpooledCallback], spool_id: str = "a") -> int:
    text, arguments = drain_call(spool_id, some)
    return int(ledger.redis.eval(text, 0, *arguments))


def stored(ledger: Ledger) -> list[bytes]:
    found: Any = ledger.redis.xrange(keys.CALLBACKS)
    return [fields[b"raw"] for _, fields in found]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(1, 6), max_size=6))
def test_however_a_drain_is_cut_short_and_begun_again_each_is_stored_once_in_order(
    ledger: Ledger, cuts: list[int]
) -> None:
    ledger.redis.flushdb()
    for until in cuts:
        drain(ledger, SPOOLED[:until])
    drain(ledger, SPOOLED)
    assert stored(ledger) == [one.raw for one in SPOOLED]
    assert ledger.optouts.is_out(NUMBER)
    assert ledger.optouts.confirmation_owed(NUMBER)


def test_another_spool_has_a_place_of_its_own_which_has_an_end(ledger: Ledger) -> None:
    assert drain(ledger, SPOOLED) == 6
    assert drain(ledger, SPOOLED) == 0
    assert drain(ledger, SPOOLED[:2], "b") == 2
    assert 30 * 86_400 - 10 < ledger.redis.ttl("mms:spool:b") <= POSITION_SECONDS == 2_592_000
