"""One message outside of a campaign file: it goes through the same ledger, limits and suppression, as a campaign of
one row, or of one group."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field

from dispatcher.errors import FileRefused, InputError
from dispatcher.ledger.batches.rows import RowState, sid_text
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.invisible_characters import is_seen
from dispatcher.model.message import GROUP_MAX
from dispatcher.model.recipient import InvalidRow
from dispatcher.model.recipient_block import row_in
from dispatcher.pipeline.campaigns.submit import submit
from dispatcher.roster.numbers import read_number
from dispatcher.roster.roster import Roster
from dispatcher.settings import Settings


@dataclass(frozen=True, slots=True)
class OneOffMessage:
    """One message to send: numbers of 11 digits; several recipients make a group MMS."""

    sender: str = field(repr=False)
    to: tuple[str, ...] = field(repr=False)
    text: str | None = field(default=None, repr=False)
    media: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Leg:
    """What became of one recipient."""

    number: str = field(repr=False)
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message; `sid` is empty as long as CarrierX did not take it."""

    sid: str
    legs: tuple[Leg, ...]


def submit_one_off(
    ledger: Ledger,
    one_off: OneOffMessage,
    config: Settings,
    *,
    name: str,
    kind: str = "",
    media_files: Sequence[str] = (),
) -> str:
    """Put one message into the ledger as a campaign of its own, without quiet hours; answers its id. `kind` is
    `answer` or `confirmation` for what we answer by ourselves, `media_files` the hashes of stored media that it needs.

    Raises:
        InputError: it cannot be sent like this; nothing was stored.
    """
    recipients = tuple(dict.fromkeys(one_off.to))
    if not recipients or len(recipients) > GROUP_MAX:
        raise InputError(f"a message has 1 to {GROUP_MAX} recipients", hint="repeat --to for a group MMS")
    if one_off.text and ("{{" in one_off.text or "}}" in one_off.text):
        raise InputError("a single message has no merge fields", hint="leave out {{ and }}")
    if one_off.text and one_off.text.strip() and not is_seen(one_off.text):
        raise InputError("nothing of the text would be seen", hint="write it anew")
    settings = CampaignSettings(
        name=name,
        senders=(one_off.sender,),
        message=one_off.text,
        media_urls=one_off.media,
        group_size=len(recipients) if len(recipients) > 1 else None,
        quiet_hours="off",
        media_check=False,
        allow_same_file=True,
    )
    source = io.BytesIO("\n".join(("to", *recipients, "")).encode())
    fixed = frozenset({"senders", "message", "media_urls"})
    return submit(
        ledger,
        source,
        filename="message.csv",
        settings=settings,
        fixed=fixed,
        config=config,
        media_files=media_files,
        kind=kind,
        verbatim=True,
    )


def outcome_of(ledger: Ledger, campaign_id: str) -> Outcome:
    """What became of the one message of such a campaign, as it stands now."""
    numbers = ledger.campaigns.batch_numbers(campaign_id)
    if not numbers:
        return Outcome("", ())
    texts, sids = ledger.campaigns.texts(campaign_id), ledger.campaigns.long_sids(campaign_id)
    ((batch, states),) = ledger.batches.read(campaign_id, [0])
    legs, sid = [], ""
    for row, state in zip(batch.rows, states, strict=True):
        reason = row.message if isinstance(row, InvalidRow) else texts.get(state.reason, "")
        legs.append(Leg(row.number or "", state.state.value, reason))
        sid = sid or _sid(state, sids)
    return Outcome(sid, tuple(legs))


def _sid(state: RowState, long_sids: dict[str, str]) -> str:
    return sid_text(state, long_sids, 0, 0)


def send_test_message(
    ledger: Ledger, roster: Roster, settings: CampaignSettings, config: Settings, *, row: int, to: str
) -> str:
    """Send what this row of the file would get to the number `to` instead, as a message to it alone; answers the id
    of the small campaign that it is.

    Raises:
        InputError: there is no such row, it cannot be sent, or `to` is no number.
    """
    roster.refuse_unfit_message()
    number = read_number(to)
    found = row_in(roster.blocks(), row)
    if isinstance(found, InvalidRow):
        detail = f"row {row} cannot be sent: {found.message}"
        raise FileRefused("bad_row", detail, line=found.line, hint="choose another row")
    sender = found.sender or (settings.senders[0] if settings.senders else None)
    if sender is None:
        raise InputError("the row has no sending number", hint="give the number that it is sent from")
    one_off = OneOffMessage(sender, (number,), found.text, found.media)
    return submit_one_off(ledger, one_off, config, name=f"Test of {settings.name}"[:120])
