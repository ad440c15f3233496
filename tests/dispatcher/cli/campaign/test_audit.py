"""`mms campaign audit`."""

from __future__ import annotations

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from tests.factories import CAMPAIGN, add_campaign
from tests.mms import Mms


def test_clean_books_are_said_to_be_clean_and_the_exit_status_is_0(mms: Mms, ledger: Ledger) -> None:
    add_campaign(ledger)
    said = mms("campaign", "audit", CAMPAIGN)
    assert said.status == 0
    assert said.out.splitlines()[-1] == "nothing is off"
    as_json = mms("campaign", "audit", CAMPAIGN, "--json").json
    assert as_json["clean"] is True
    assert as_json["findings"] == []
    assert as_json["rows"] == sum(as_json["counts"].values()) == 3


def test_what_is_off_is_said_and_the_exit_status_is_1(mms: Mms, ledger: Ledger) -> None:
    add_campaign(ledger)
    ledger.redis.zrem(keys.due(CAMPAIGN), 0)
    said = mms("campaign", "audit", CAMPAIGN)
    assert said.status == 1
    assert "off: batch 0: 3 rows are pending and it is not due (pending_not_due)" in said.out
    said = mms("campaign", "audit", CAMPAIGN, "--json")
    assert said.status == 1
    assert said.json["findings"][0]["code"] == "pending_not_due"


def test_a_campaign_that_is_not_there_is_a_wrong_call(mms: Mms) -> None:
    assert mms("campaign", "audit", "nobody-abc234").status == 2
