"""A campaign's recipients for people who look: pages of a table, one recipient's story, reasons, invalid rows."""

from __future__ import annotations

import io
import re
import time
from collections import Counter
from collections.abc import Collection, Iterator
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from dispatcher.errors import InputError, NotFound
from dispatcher.ledger.batches.packing import BatchMessage
from dispatcher.ledger.batches.rows import RowState, sid_text
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.ledger.views.recipient_pages import RecipientPages, Row
from dispatcher.model.recipient import InvalidRow
from dispatcher.model.state import RecipientState
from dispatcher.model.timestamps import iso
from dispatcher.roster.invalid_rows import InvalidRowsCsv

_PLACE = re.compile(r"(\d{1,7})\.(\d{1,3})")
_NOT_DIGITS = re.compile(r"\D")
#: A search that takes longer answers with what it has, and where to go on.
SEARCH_SECONDS = 1.5
_REASONS_STEP = 50
NOT_SENT = frozenset(
    {RecipientState.FAILED, RecipientState.REJECTED, RecipientState.SKIPPED, RecipientState.INVALID}
)


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


class Story(RecipientLine):
    """Everything that is known of one row: the message it gets, and what the file said."""

    sender: str | None
    text: str | None
    media_urls: tuple[str, ...]
    group: tuple[str, ...] = Field(description="Places of the other members.")
    cells: dict[str, str]
    code: str | None
    column: str | None
    other_word: str | None = Field(description="A word of CarrierX that is no state of ours.")


class Page(NamedTuple):
    """Some lines, and the place where the next page begins, None at the end."""

    lines: list[RecipientLine]
    following: str | None


def place_of(place: str) -> tuple[int, int]:
    """A place as batch and index.

    Raises:
        NotFound: it is none.
    """
    parts = _PLACE.fullmatch(place)
    if parts is None:
        raise NotFound("there is no such recipient", hint="the campaign's table leads to each")
    return int(parts[1]), int(parts[2])


def page_of(
    ledger: Ledger,
    campaign_id: str,
    *,
    states: Collection[RecipientState],
    most: int,
    skip: int = 0,
    since: str | None = None,
) -> Page:
    """Recipients in these states (all if empty), from a place on or after the first `skip` of them."""
    pages = RecipientPages(ledger, campaign_id)
    rows = pages.rows(
        states or frozenset(RecipientState),
        most=most + 1,
        skip=skip,
        since=place_of(since) if since else (0, 0),
    )
    following = f"{rows[most].number}.{rows[most].at}" if len(rows) > most else None
    return Page(_lines(ledger, campaign_id, rows[:most]), following)


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
            return _lines(ledger, campaign_id, found), batch + 1
    return _lines(ledger, campaign_id, found), None


def story(ledger: Ledger, campaign_id: str, place: str) -> Story:
    """One recipient's story.

    Raises:
        NotFound: nobody has this place.
    """
    number, index = place_of(place)
    rows = RecipientPages(ledger, campaign_id).open(number)
    if index >= len(rows):
        raise NotFound("there is no such recipient", hint="the campaign's table leads to each")
    row = rows[index]
    said = row.batch.rows[index]
    message = _message_of(row)[1]
    with translated():
        word = ledger.redis.hget(keys.odd(campaign_id), f"{number}.{index}")
    bad = said if isinstance(said, InvalidRow) else None
    return Story(
        **_lines(ledger, campaign_id, [row])[0].model_dump(),
        sender=message.sender if message else None,
        text=message.text if message else None,
        media_urls=message.media if message else (),
        group=tuple(f"{number}.{other}" for other in message.members if other != index) if message else (),
        cells=dict(zip(ledger.campaigns.columns(campaign_id), said.cells, strict=False)),
        code=bad.code if bad else None,
        column=bad.column if bad else None,
        other_word=text_of(word) if word else None,
    )


class Reasons(NamedTuple):
    """Why rows were not sent: (state, reason, rows), the most frequent first; `whole` if all were counted."""

    rows: list[tuple[RecipientState, str, int]]
    whole: bool

    @property
    def counted(self) -> int:
        """Over how many rows."""
        return sum(rows for _, _, rows in self.rows)


def reasons(ledger: Ledger, campaign_id: str, *, most_rows: int, most_seconds: float = 0.1) -> Reasons:
    """Failures and skips by reason, over the first `most_rows` such rows, or as many as the time allows."""
    pages, texts = RecipientPages(ledger, campaign_id), ledger.campaigns.texts(campaign_id)
    counted: Counter[tuple[RecipientState, str]] = Counter()
    until = time.monotonic() + most_seconds
    since: tuple[int, int] | None = (0, 0)
    while since is not None and counted.total() < most_rows and (time.monotonic() < until or not counted):
        step = min(_REASONS_STEP, most_rows - counted.total())
        found = pages.rows(NOT_SENT, most=step + 1, since=since)
        counted.update(_reason(row, texts) for row in found[:step])
        since = (found[step].number, found[step].at) if len(found) > step else None
    rows = [(state, reason, count) for (state, reason), count in counted.most_common()]
    return Reasons(rows, whole=since is None)


def _reason(row: Row, texts: dict[int, str]) -> tuple[RecipientState, str]:
    said = row.batch.rows[row.at]
    reason = said.code if isinstance(said, InvalidRow) else texts.get(row.state.reason, "")
    return row.state.state, reason


def invalid_rows_csv(ledger: Ledger, campaign_id: str) -> Iterator[str]:
    """The campaign's invalid rows as a CSV that can be mended and sent by itself, a piece at a time."""
    buffer = io.StringIO()
    writer = InvalidRowsCsv(buffer, ledger.campaigns.columns(campaign_id))
    pages = RecipientPages(ledger, campaign_id)
    since: tuple[int, int] | None = (0, 0)
    while since is not None:
        rows = pages.rows({RecipientState.INVALID}, most=500, since=since)
        for row in rows:
            said = row.batch.rows[row.at]
            if isinstance(said, InvalidRow):
                writer.write(said)
        since = (rows[-1].number, rows[-1].at + 1) if len(rows) == 500 else None
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _lines(ledger: Ledger, campaign_id: str, rows: list[Row]) -> list[RecipientLine]:
    texts = ledger.campaigns.texts(campaign_id) if rows else {}
    long_sids = ledger.campaigns.long_sids(campaign_id) if rows else {}
    return [_line(row, texts, long_sids) for row in rows]


def _line(row: Row, texts: dict[int, str], long_sids: dict[str, str]) -> RecipientLine:
    said, state = row.batch.rows[row.at], row.state
    waits = state.state is RecipientState.PENDING
    return RecipientLine(
        place=f"{row.number}.{row.at}",
        row=said.row,
        line=said.line,
        number=said.number,
        state=state.state,
        reason=said.message if isinstance(said, InvalidRow) else texts.get(state.reason),
        attempts=state.attempt,
        message_sid=sid_text(state, long_sids, row.number, _message_of(row)[0]) or None,
        not_before=iso(state.at_ms) if waits else None,
        claimed_at=iso(state.claimed_ms),
        accepted_at=_accepted(state),
        final_at=iso(state.final_ms),
        price=state.price,
        mcc=state.mcc,
        mnc=state.mnc,
    )


def _accepted(state: RowState) -> str | None:
    return iso(state.at_ms) if any(state.sid) and state.state is not RecipientState.PENDING else None


def _message_of(row: Row) -> tuple[int, BatchMessage | None]:
    for index, message in enumerate(row.batch.messages):
        if row.at in message.members:
            return index, message
    return -1, None
