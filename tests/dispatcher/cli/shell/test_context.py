"""Who did what from a shell stands in the journal, and no number does."""

from __future__ import annotations

import getpass
from pathlib import Path

import pytest

from dispatcher.ledger.consent.inbound import Inbound
from dispatcher.ledger.installation.audit_log import AuditLog
from dispatcher.ledger.ledger import Ledger
from tests.factories import CAMPAIGN, add_campaign
from tests.mms import Mms

NUMBER = "15165550123"
WHO = f"cli {getpass.getuser()}"


def notes(ledger: Ledger) -> list[tuple[str, str]]:
    """What was done, oldest first, and to which campaign."""
    found = AuditLog(ledger.redis).latest(100)
    assert {note.who for note in found} <= {WHO}
    assert all(NUMBER not in note.did for note in found)
    return [(note.did, note.campaign) for note in reversed(found)]


def test_steering_a_campaign_is_noted_with_its_id(mms: Mms, ledger: Ledger) -> None:
    add_campaign(ledger)
    for verb in ("pause", "resume", "cancel"):
        assert mms("campaign", verb, CAMPAIGN).status == 0
    assert notes(ledger) == [("paused", CAMPAIGN), ("resumed", CAMPAIGN), ("cancelled", CAMPAIGN)]


def test_what_was_refused_is_not_noted(mms: Mms, ledger: Ledger) -> None:
    assert mms("campaign", "pause", "nobody-abc234").status != 0
    assert notes(ledger) == []


def test_making_changing_and_ending_a_recurring_broadcast_are_noted(
    mms: Mms, ledger: Ledger, tmp_path: Path
) -> None:
    file = tmp_path / "weekly.csv"
    file.write_text(f"to\n{NUMBER}\n")
    given = ("--from", "15162065575", "--message", "Hi", "--every", "daily 10:00 UTC")
    schedule = mms("campaign", "submit", str(file), *given).out.strip()
    mms("schedule", "change", schedule, "--every", "daily 11:00 UTC")
    mms("schedule", "cancel", schedule)
    verbs = ("made", "changed", "cancelled")
    assert notes(ledger) == [(f"{verb} the schedule {schedule}", "") for verb in verbs]


def test_testing_a_row_is_noted_without_the_number_that_it_went_to(
    mms: Mms, ledger: Ledger, tmp_path: Path
) -> None:
    file = tmp_path / "spring.csv"
    file.write_text("to\n12125550101\n")
    given = ("--from", "15162065575", "--message", "Hi", "--row", "1", "--to", NUMBER)
    made = mms("campaign", "test", str(file), *given).out.strip()
    assert notes(ledger) == [("sent a test of row 1", made)]


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        ("account", ("changed the limits of the account", "")),
        (f"sender:{NUMBER}", ("changed the limits of one sender", "")),
        (f"campaign:{CAMPAIGN}", ("changed the limits of the campaign", CAMPAIGN)),
    ],
)
def test_limits_are_noted_without_a_number(
    mms: Mms, ledger: Ledger, scope: str, said: tuple[str, str]
) -> None:
    add_campaign(ledger)
    assert mms("limits", "set", scope, "--rate", "5/s").status == 0
    assert notes(ledger) == [said]


def test_opt_outs_and_decisions_are_noted_by_how_many(mms: Mms, ledger: Ledger, tmp_path: Path) -> None:
    message = Inbound("a1", 1_700_000_000_000, NUMBER, "15162065575", "stop by at 5?", (), "doubtful")
    ledger.inbound.keep(b"0-1", message, needs_review=True, follows=False)
    file = tmp_path / "list.csv"
    file.write_text(f"number\n{NUMBER}\n")
    mms("optout", "add", NUMBER)
    mms("optout", "remove", NUMBER)
    mms("optout", "import", str(file))
    mms("inbound", "decide", "a1", "ignore")
    assert [did for did, _ in notes(ledger)] == [
        "opted out: 1 of 1 numbers",
        "let back in: 1 of 1 numbers",
        "imported 1 opt-outs, 1 changed",
        "decided that a message is no opt-out",
    ]


@pytest.mark.slow
def test_forgetting_a_person_and_making_a_token_are_noted(mms: Mms, ledger: Ledger) -> None:
    mms("forget", NUMBER, "--yes")
    mms("token", "create", "--name", "ann")
    assert [did for did, _ in notes(ledger)] == [
        "forgot a person: 0 rows, 0 inbound messages",
        "made the viewer token ann",
    ]
