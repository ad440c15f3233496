"""The journal's lines of what is done from a shell: `cli` and the name of the system's user."""

from __future__ import annotations

import getpass

from dispatcher.ledger.installation.audit_log import Journal
from dispatcher.ledger.ledger import Ledger


def noted(ledger: Ledger, did: str, campaign: str = "") -> None:
    """Add a line. It holds no number and no text."""
    Journal(ledger.redis).note(who(), did, campaign)


def who() -> str:
    """Who sits at this shell; a container's user may have no name."""
    try:
        return f"cli {getpass.getuser()}"
    except (OSError, KeyError):
        return "cli somebody"


def limits_of(scope: str) -> tuple[str, str]:
    """Whose limits a scope means, without a number; and the campaign, if it is one's."""
    kind, _, name = scope.partition(":")
    return ("one sender" if kind == "sender" and name else f"the {kind}", name if kind == "campaign" else "")
