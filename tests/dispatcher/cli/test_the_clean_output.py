"""No command prints a control character, whatever people, files or servers wrote into the ledger."""

from __future__ import annotations

import pytest

from dispatcher.ledger.consent.inbound import Inbound
from dispatcher.ledger.consent.optouts import OptOut
from dispatcher.ledger.installation.audit_log import AuditLog
from dispatcher.ledger.ledger import Ledger
from tests.dispatcher.test_control_characters import HOSTILE, controls
from tests.factories import CAMPAIGN, add_campaign
from tests.mms import Mms

COMMANDS = (
    ("inbound", "list"),
    ("inbound", "list", "--doubtful"),
    ("optout", "list"),
    ("optout", "export"),
    ("find", "15165550123"),
    ("campaign", "list"),
    ("campaign", "show", CAMPAIGN),
    ("campaign", "report", CAMPAIGN),
    ("callbacks", "unread"),
    ("campaign", "show", HOSTILE.replace("\ud83d", "").replace("\x00", "")),
)


@pytest.fixture
def hostile(ledger: Ledger) -> Ledger:
    """A ledger with escape sequences wherever others may write."""
    written = HOSTILE.encode("utf-8", "replace").decode()
    add_campaign(ledger)
    ledger.redis.hset(f"mms:c:{CAMPAIGN}", mapping={"reason": written, "name": written})
    message = Inbound("a1", 1_800_000_000_000, "15165550123", "15162065575", written, (written,), "doubtful")
    ledger.inbound.keep(b"1-1", message, needs_review=True, follows=False)
    ledger.optouts.put([OptOut("15165550123", "out", 1_000, written[:30])])
    ledger.dead_letters.bury(written.encode(), 1_800_000_000_000)
    AuditLog(ledger.redis).note(written, written, CAMPAIGN)
    return ledger


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_prints_what_moves_a_cursor(mms: Mms, hostile: Ledger, command: tuple[str, ...]) -> None:
    for more in ((), ("--json",)):
        said = mms(*command, *more)
        assert controls(said.out.replace("\r\n", "\n")) == set()
