"""When a campaign will be done: from the limits in force, the one that binds named, moving with reality."""

from __future__ import annotations

import datetime as dt

from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import Campaign
from dispatcher.model.scope import ACCOUNT, EACH_SENDER, LimitScope
from dispatcher.model.state import CampaignState
from dispatcher.pipeline.estimates.estimate import estimated
from dispatcher.pipeline.limits.changes import set_limit, use_sender
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending.send import send_batch
from tests.factories import CAMPAIGN, SENDER, add_campaign, make_batch, take


def look(ledger: Ledger) -> tuple[Campaign, float]:
    """The campaign with its estimate, and the seconds until then."""
    campaign = estimated(ledger, ledger.campaign(CAMPAIGN))
    assert campaign.finish_at is not None
    left = dt.datetime.fromisoformat(campaign.finish_at).timestamp() - ledger.agenda.now_ms() / 1000
    return campaign, left


def test_the_tightest_limit_is_named_and_decides_the_time(ledger: Ledger) -> None:
    add_campaign(ledger, make_batch(*[1] * 100))
    set_limit(ledger, ACCOUNT, rate="10/s")
    campaign, seconds = look(ledger)
    assert campaign.reason == "as fast as the limit of the account allows"
    assert 9 <= seconds <= 11
    set_limit(ledger, LimitScope.campaign(CAMPAIGN), rate="2/s")
    campaign, seconds = look(ledger)
    assert campaign.reason == "as fast as the limit of the campaign allows"
    assert 49 <= seconds <= 51


def test_it_moves_with_what_is_left_and_ends_with_it(runtime: Runtime) -> None:
    add_campaign(runtime.ledger, make_batch(*[1] * 50), make_batch(*[1] * 50, first_row=51))
    set_limit(runtime.ledger, ACCOUNT, rate="1000/s", burst=1000)
    set_limit(runtime.ledger, EACH_SENDER, rate="100/s", burst=100)
    other = take(runtime.ledger, number=1)
    send_batch(runtime, CAMPAIGN, 0)
    _, seconds = look(runtime.ledger)
    assert seconds <= 2
    runtime.ledger.batches.give_back(other.hold, wait_ms=0, poll_ms=1, look_ms=1)
    send_batch(runtime, CAMPAIGN, 1)
    assert estimated(runtime.ledger, runtime.ledger.campaign(CAMPAIGN)).finish_at is None


def test_a_daily_cap_pushes_it_to_another_day(ledger: Ledger) -> None:
    add_campaign(ledger, make_batch(*[1] * 100))
    set_limit(ledger, ACCOUNT, rate="10/s", per_day=20, zone="UTC")
    campaign, seconds = look(ledger)
    assert campaign.reason == "as fast as the daily cap of the account allows"
    assert 3 * 86_400 <= seconds <= 4 * 86_400


def test_a_paused_campaign_has_none(ledger: Ledger) -> None:
    add_campaign(ledger)
    set_limit(ledger, ACCOUNT, rate="10/s")
    ledger.campaigns.steer(CAMPAIGN, CampaignState.PAUSED, "by hand")
    assert estimated(ledger, ledger.campaign(CAMPAIGN)).finish_at is None


def test_a_campaign_whose_only_sender_is_out_of_use_is_not_promised_a_time(ledger: Ledger) -> None:
    add_campaign(ledger)
    set_limit(ledger, ACCOUNT, rate="10/s")
    use_sender(ledger, SENDER, enabled=False)
    campaign = estimated(ledger, ledger.campaign(CAMPAIGN))
    assert campaign.finish_at is None
    assert campaign.reason == "all of its senders are disabled"
