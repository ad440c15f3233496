"""`mms campaign resume --rate`: the limit first, and none for what cannot go on."""

from __future__ import annotations

from dispatcher.ledger.ledger import Ledger
from dispatcher.model.state import CampaignState
from tests.factories import CAMPAIGN, add_campaign
from tests.mms import Mms


def test_a_rate_given_to_a_resume_is_in_force_when_it_returns(mms: Mms, ledger: Ledger) -> None:
    add_campaign(ledger)
    assert mms("campaign", "pause", CAMPAIGN).status == 0
    assert mms("campaign", "resume", CAMPAIGN, "--rate", "7/s").status == 0
    campaign = ledger.campaign(CAMPAIGN)
    assert (campaign.state, campaign.rate) == (CampaignState.RUNNING, "7/s")


def test_a_resume_that_is_refused_leaves_no_limit_behind(mms: Mms, ledger: Ledger) -> None:
    add_campaign(ledger)
    assert mms("campaign", "cancel", CAMPAIGN).status == 0
    before = ledger.limits.in_force().rates
    said = mms("campaign", "resume", CAMPAIGN, "--rate", "7/s")
    assert said.status != 0
    assert "it cannot become running" in said.err
    assert ledger.limits.in_force().rates == before
