"""What went between a copy of the ledger and its return counts for day, money and frequency caps, once."""

from __future__ import annotations

from typing import Any

import pytest

from dispatcher.ledger.limits.limits import DayCap
from dispatcher.ledger.receipts.receipts import Receipt
from dispatcher.model.scope import ACCOUNT, LimitScope
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.limits.defaults import put_rates_in_force
from dispatcher.pipeline.recovery import recover
from dispatcher.simulator.client import SimulatorHandle
from tests.dispatcher.pipeline.recovery.test_recover import Site, look_twice, site
from tests.factories import CAMPAIGN, add_campaign, make_batch, number_of, recount, states

pytestmark = pytest.mark.slow

__all__ = ["site"]

HOUR_MS = 3_600_000
UNKNOWN = "later-abc234"


@pytest.fixture
def put_back(site: Site) -> Site:
    """A batch sent before the copy, two since: a message to one, and a group of three; and one of a campaign that was
    made since. Then the copy was put back."""
    site.configure(price_mms=0.01, price_sms=0.01, frequency_cap="3/7d")
    put_rates_in_force(site.ledger, site.runtime.settings)
    now_ms = site.ledger.agenda.now_ms()
    today = DayCap(100, now_ms - 12 * HOUR_MS, now_ms + 12 * HOUR_MS, now_ms + 36 * HOUR_MS, "UTC")
    for scope in (ACCOUNT, LimitScope.campaign(CAMPAIGN)):
        site.ledger.limits.set_cap(scope, today)
    batches = [make_batch(1), make_batch(1, first_row=2, text="x" * 300), make_batch(3, first_row=3)]
    add_campaign(site.ledger, *batches, make_batch(1, first_row=6), max_cost="1")
    site.tick()
    site.send(0)
    site.restart(copy=True)
    site.tick(3)
    site.send(1)
    site.send(2)
    add_campaign(site.ledger, make_batch(1, first_row=50), id=UNKNOWN)
    site.tick()
    site.send(0, UNKNOWN)
    assert counted(site) == (1 + 2 + 3 + 1, 1 + 2 + 3, 3, 1 + 2)
    site.restart(put_back=True)
    assert counted(site) == (1, 1, 0, 1)
    site.tick()
    return site


def counted(site: Site) -> tuple[int, int, int, int]:
    """What counts for the account's day, the campaign's day, and against its ceiling: legs and segments."""
    days = [_day(site, "account"), _day(site, f"campaign:{CAMPAIGN}")]
    money: Any = site.ledger.redis.hmget(f"mms:c:{CAMPAIGN}", "legs", "segments")
    return days[0], days[1], int(money[0] or 0), int(money[1] or 0)


def _day(site: Site, scope: str) -> int:
    found: Any = site.ledger.redis.keys(f"mms:day:{scope}:*")
    return sum(int(site.ledger.redis.get(key) or 0) for key in found)


def had(site: Site) -> list[int]:
    """How many messages count for each number's frequency cap."""
    return [int(site.ledger.redis.zcard(f"mms:cap:{number_of(row)}")) for row in (1, 2, 3, 4, 5, 6, 50)]


def test_what_the_gap_shows_counts_as_if_it_had_been_claimed_here(put_back: Site) -> None:
    put_back.recover()
    assert counted(put_back) == (6, 6, 3, 3)
    assert had(put_back) == [1, 1, 1, 1, 1, 0, 1]
    recount(put_back.ledger)


@pytest.mark.parametrize("step", ["apply_history", "skip_due", "_in_a_line"])
def test_a_recovery_that_is_killed_and_run_again_counts_once(
    put_back: Site, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(recover, step, killed)
        with pytest.raises(KeyboardInterrupt):
            put_back.recover()
    for _ in range(2):
        put_back.recover()
        put_back.ledger.recovery.mark("told")
    assert counted(put_back) == (6, 6, 3, 3)
    assert had(put_back) == [1, 1, 1, 1, 1, 0, 1]


def test_a_callback_that_is_faster_than_the_recovery_counts_and_the_recovery_does_not_again(
    put_back: Site,
) -> None:
    told = Receipt(0, 0, 1, RecipientState.SENT, sid="s", unit="segments", units=2, sender="15162065575")
    for _ in range(2):
        put_back.ledger.receipts.apply(CAMPAIGN, 1, [told], [], grace_ms=0)
    assert counted(put_back) == (3, 3, 0, 3)
    put_back.recover()
    assert counted(put_back) == (6, 6, 3, 3)


def test_what_is_found_one_look_later_counts_too(put_back: Site, simulator: SimulatorHandle) -> None:
    simulator.set_faults(list_lag_ms=10**7)
    put_back.recover()
    assert counted(put_back) == (1, 1, 0, 1)
    simulator.set_faults(list_lag_ms=0)
    look_twice(put_back)
    assert counted(put_back) == (6, 6, 3, 3)


def test_who_had_enough_in_the_gap_gets_no_more(put_back: Site) -> None:
    put_back.recover()
    put_back.configure(frequency_cap="1/7d")
    add_campaign(put_back.ledger, make_batch(1, 1, first_row=5), id="after-abc234")
    put_back.tick()
    put_back.send(0, "after-abc234")
    assert states(put_back.ledger, "after-abc234") == ["skipped", "queued"]


def test_a_message_of_an_earlier_day_is_not_charged_to_todays(put_back: Site) -> None:
    now_ms = put_back.ledger.agenda.now_ms()
    begun = DayCap(100, now_ms + HOUR_MS, now_ms + 25 * HOUR_MS, now_ms + 49 * HOUR_MS, "UTC")
    put_back.ledger.limits.set_cap(ACCOUNT, begun)
    before = _day(put_back, "account")
    put_back.recover()
    assert _day(put_back, f"campaign:{CAMPAIGN}") == 6
    assert _day(put_back, "account") == before
