"""A test message: any row of a campaign file as it would be sent, to a number of one's own."""

from __future__ import annotations

from dispatcher.errors import FileRefused, InputError
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.recipient import Recipient, RejectedRow
from dispatcher.pipeline.campaigns.one_off import Note, submit_note
from dispatcher.roster.number import read_number
from dispatcher.roster.roster import Roster
from dispatcher.settings import Settings


def send_trial(
    ledger: Ledger, roster: Roster, settings: CampaignSettings, config: Settings, *, row: int, to: str
) -> str:
    """Send what this row of the file would get to the number `to` instead, as a message to it alone; answers the id
    of the small campaign that it is.

    Raises:
        InputError: there is no such row, it cannot be sent, or `to` is no number.
    """
    number = read_number(to)
    found = _row(roster, row)
    sender = found.sender or (settings.senders[0] if settings.senders else None)
    if sender is None:
        raise InputError("the row has no sending number", hint="give the number that it is sent from")
    note = Note(sender, (number,), found.text, found.media)
    return submit_note(ledger, note, config, name=f"Test of {settings.name}"[:120])


def _row(roster: Roster, row: int) -> Recipient:
    for found in roster:
        if found.row == row and isinstance(found, RejectedRow):
            detail = f"row {row} cannot be sent: {found.message}"
            raise FileRefused("bad_row", detail, line=found.line, hint="choose another row")
        if found.row == row and isinstance(found, Recipient):
            return found
    raise InputError(f"the file has no row {row}", hint="rows count from 1, without the heading")
