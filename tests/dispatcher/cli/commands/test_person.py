"""`mms find`, `mms forget` and `mms campaign erase` on a real ledger."""

from __future__ import annotations

from dispatcher.ledger.ledger import Ledger
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending.send import send_batch
from tests.factories import CAMPAIGN, add_campaign, make_batch, number_of, states
from tests.mms import Mms


def test_a_persons_story_is_found_by_number(mms: Mms, runtime: Runtime) -> None:
    add_campaign(runtime.ledger, make_batch(1))
    send_batch(runtime, CAMPAIGN, 0)
    mms("optout", "add", number_of(1))
    found = mms("find", number_of(1), "--json").json
    assert [(row["campaign"], row["state"]) for row in found["messages"]] == [(CAMPAIGN, "queued")]
    assert found["opt_out"]["state"] == "out"
    assert CAMPAIGN in mms("find", number_of(1)).out


def test_a_person_can_be_forgotten_and_stays_suppressed(mms: Mms, ledger: Ledger) -> None:
    add_campaign(ledger, make_batch(1))
    mms("optout", "add", number_of(1))
    assert mms("forget", number_of(1), "--yes").out == "1 row and 0 inbound messages erased\n"
    assert states(ledger) == ["skipped"]
    assert mms("find", number_of(1), "--json").json["messages"] == []
    assert ledger.optouts.is_out(number_of(1))


def test_nothing_is_erased_without_a_yes(mms: Mms, ledger: Ledger) -> None:
    add_campaign(ledger, make_batch(1))
    assert mms("forget", number_of(1), stdin="n\n").status == 2
    assert mms("campaign", "erase", CAMPAIGN, stdin="n\n").status == 2
    assert len(mms("find", number_of(1), "--json").json["messages"]) == 1


def test_a_campaign_that_still_runs_cannot_be_erased(mms: Mms, ledger: Ledger) -> None:
    add_campaign(ledger, make_batch(1))
    said = mms("campaign", "erase", CAMPAIGN, "--yes")
    assert said.status == 1
    assert "not settled" in said.err
