"""What an installation has after a while: opt-outs, inbound messages, schedules, limits. Written into its ledger."""

from __future__ import annotations

from dispatcher.ledger.consent.inbound import Inbound
from dispatcher.ledger.consent.optouts import OptOut
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.scope import LimitScope
from dispatcher.settings import Settings
from tests.browser.pages import MESSAGE, SENDER, write_csv
from tests.stack import Terminal

OURS = "12125550100"
_MINUTE = 60_000
_SAID = (
    ("STOP", "stop", "answered", 2),
    ("Who is this?", "none", "", 7),
    ("Please stop by the shop before five, if you can", "doubtful", "", 19),
    ("Lovely picture, thank you!", "none", "", 44),
    ("HELP", "help", "answered", 61),
    ("could you maybe leave my husband off next time", "doubtful", "", 130),
    ("Stop sending me these", "stop", "answered", 190),
    ("START", "start", "answered within the hour", 260),
)
_SOURCES = ("inbound", "by telephone", "import", "written request of May 3")


def ledger_of(terminal: Terminal) -> Ledger:
    """The ledger of a stack that runs."""
    return Ledger.open(Settings(data_dir=terminal.folder / ".mms"))


def seed(terminal: Terminal) -> None:
    """Write it all; messages and numbers are fictional."""
    ledger = ledger_of(terminal)
    now_ms = ledger.agenda.now_ms()
    for index, (text, meaning, outcome, minutes) in enumerate(_SAID):
        sender, at_ms = f"121255501{index + 10}", now_ms - minutes * _MINUTE
        message = Inbound(f"seed-{index}", at_ms, sender, OURS, text, (), meaning, outcome=outcome)
        ledger.inbound.keep(b"0-1", message, needs_review=meaning == "doubtful", follows=False)
    ledger.optouts.put(
        OptOut(f"121255501{index:02}", "out", now_ms - index * 97 * _MINUTE, _SOURCES[index % 4])
        for index in range(9)
    )
    ledger.limits.set_rate(LimitScope.sender("12125550100"), 100_000, 0)
    _schedule(terminal, "weekly", "--every", "mon 09:00 America/New_York", "--name", "Weekly rosewood news")
    _schedule(terminal, "holiday", "--at", "2031-12-24 10:00 America/New_York", "--name", "Holiday greeting")


def _schedule(terminal: Terminal, name: str, *options: str) -> None:
    file = write_csv(terminal.folder / f"{name}.csv", 24)
    asked = ["--from", SENDER, "--message", MESSAGE, "--quiet-hours", "off", "--yes"]
    done = terminal.mms("campaign", "submit", str(file), *asked, *options)
    assert done.returncode == 0, done.stderr
