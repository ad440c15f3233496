"""A campaign's recipients for people who look: pages of a table, and a search for a number."""

from __future__ import annotations

import re
import time
from collections.abc import Collection
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from dispatcher.errors import InputError
from dispatcher.ledger.batches.packing import BatchMessage
from dispatcher.ledger.batches.rows import FIRST_ROW, RowRef, RowState, sid_text
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.views.recipient_pages import RecipientPages, Row
from dispatcher.model.recipient import InvalidRow
from dispatcher.model.state import RecipientState
from dispatcher.model.timestamps import utc_text_or_none

_NOT_DIGITS = re.compile(r"\D")
#: A search that takes longer answers with what it has, and where to go on.
SEARCH_SECONDS = 1.5


class RecipientLine(BaseModel):
    """One row of the file as it stands now. `place` finds it again; times are ISO 8601 UTC or null."""

    model_config = ConfigDict(frozen=True)

    place: str = Field(examples=["0.17"])
    row: int
    line: int
    number: str | None = Field(examples=["12125550101"])
    state: RecipientState
    reason: str | None
    attempts: int
    message_sid: str | None
    not_before: str | None
    claimed_at: str | None
    accepted_at: str | None
    final_at: str | None
    price: str | None
    mcc: int | None
    mnc: int | None


class TablePage(NamedTuple):
    """Some lines, and the place where the next page begins, None at the end."""

    lines: list[RecipientLine]
    following: str | None


def page_of(
    ledger: Ledger,
    campaign_id: str,
    *,
    states: Collection[RecipientState],
    most: int,
    skip: int = 0,
    since: str | None = None,
) -> TablePage:
    """Recipients in these states (all if empty), from a place on or after the first `skip` of them."""
    pages = RecipientPages(ledger, campaign_id)
    rows = pages.rows(
        states or frozenset(RecipientState),
        most=most + 1,
        skip=skip,
        since=RowRef.parse(since) if since else FIRST_ROW,
    )
    following = rows[most].ref.text if len(rows) > most else None
    return TablePage(lines_of(ledger, campaign_id, rows[:most]), following)


def search(
    ledger: Ledger, campaign_id: str, number: str, *, since: int = 0
) -> tuple[list[RecipientLine], int | None]:
    """The rows with this number, in whatever way it is written; and the batch to go on from if time ran out.

    Raises:
        InputError: this is no whole US or Canadian number.
    """
    digits = _NOT_DIGITS.sub("", number)
    digits = f"1{digits}" if len(digits) == 10 else digits
    if len(digits) != 11:
        raise InputError("a search takes a whole number, 10 digits", hint="such as 212 555 0100")
    pages = RecipientPages(ledger, campaign_id)
    until = time.monotonic() + SEARCH_SECONDS
    found: list[Row] = []
    for batch, holds in pages.holding(digits, since):
        if holds:
            found += [row for row in pages.open(batch) if row.batch.rows[row.at].number == digits]
        elif time.monotonic() > until:
            return lines_of(ledger, campaign_id, found), batch + 1
    return lines_of(ledger, campaign_id, found), None


def lines_of(ledger: Ledger, campaign_id: str, rows: list[Row]) -> list[RecipientLine]:
    """Rows of batches as lines of the table."""
    texts = ledger.campaigns.texts(campaign_id) if rows else {}
    long_sids = ledger.campaigns.long_sids(campaign_id) if rows else {}
    return [_line(row, texts, long_sids) for row in rows]


def _line(row: Row, texts: dict[int, str], long_sids: dict[str, str]) -> RecipientLine:
    said, state = row.batch.rows[row.at], row.state
    waits = state.state is RecipientState.PENDING
    return RecipientLine(
        place=row.ref.text,
        row=said.row,
        line=said.line,
        number=said.number,
        state=state.state,
        reason=said.message if isinstance(said, InvalidRow) else texts.get(state.reason),
        attempts=state.attempt,
        message_sid=sid_text(state, long_sids, row.number, message_of(row)[0]) or None,
        not_before=utc_text_or_none(state.at_ms) if waits else None,
        claimed_at=utc_text_or_none(state.claimed_ms),
        accepted_at=_accepted(state),
        final_at=utc_text_or_none(state.final_ms),
        price=state.price,
        mcc=state.mcc,
        mnc=state.mnc,
    )


def _accepted(state: RowState) -> str | None:
    taken = any(state.sid) and state.state is not RecipientState.PENDING
    return utc_text_or_none(state.at_ms) if taken else None


def message_of(row: Row) -> tuple[int, BatchMessage | None]:
    """The message that a row is of, with its index in the batch; -1 and None for a row of none."""
    for index, message in enumerate(row.batch.messages):
        if row.at in message.members:
            return index, message
    return -1, None
