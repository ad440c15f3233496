"""`mms recover` on a real ledger."""

from __future__ import annotations

from dispatcher.ledger.ledger import Ledger
from tests.factories import CAMPAIGN, add_campaign, make_batch, number_of, states
from tests.mms import Mms


def test_a_ledger_that_was_not_put_back_has_nothing_to_recover(mms: Mms, ledger: Ledger) -> None:
    add_campaign(ledger, make_batch(1))
    said = mms("recover")
    assert (said.status, states(ledger)) == (0, ["pending"])
    assert said.out.startswith("nothing to recover")
    assert mms("recover", "--json").json == {"done": True, "since": None}


def test_somebody_may_say_that_it_was_put_back_and_when_the_copy_was_made(mms: Mms, ledger: Ledger) -> None:
    add_campaign(ledger, make_batch(1))
    said = mms("recover", "--restored", "--since", "2026-01-18T21:00Z", "--json")
    assert (said.status, states(ledger)) == (0, ["unconfirmed"])
    assert (said.json["since"], said.json["campaigns"]) == ("2026-01-18T21:00:00.000Z", {CAMPAIGN: 1})
    assert "2026-01-18T21:00:00.000Z, so nothing is sent" in said.err
    assert ledger.recovery.restored() is None


def test_what_was_done_is_said_in_words_and_what_is_forgotten_too(mms: Mms, ledger: Ledger) -> None:
    add_campaign(ledger, make_batch(1))
    said = mms("recover", "--restored", "--pause")
    assert f"{CAMPAIGN}: 1 rows unconfirmed" in said.out
    assert f"mms campaign resume {CAMPAIGN}" in said.out
    assert "sending goes on" in said.out
    assert "not known any more" in said.err
    assert number_of(1) not in said.out + said.err


def test_a_time_without_a_zone_or_without_the_word_is_refused(mms: Mms, ledger: Ledger) -> None:
    assert mms("recover", "--since", "2026-01-18T21:00Z").status == 2
    assert mms("recover", "--restored", "--since", "2026-01-18T21:00").status == 2
    assert ledger.recovery.restored() is None


def test_doctor_names_the_command(mms: Mms, ledger: Ledger) -> None:
    ledger.recovery.mark("told")
    said = mms("doctor")
    assert said.status == 1
    assert "mms recover" in said.out
