"""A new attempt for rows that failed, and a person's word on rows whose outcome nobody knows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from dispatcher.errors import Conflict, InputError, NotFound
from dispatcher.ledger.batches.packing import Batch
from dispatcher.ledger.batches.rows import RowRef, RowState
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.views.recipient_pages import RecipientPages
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.limits.charges import charges_of

RETRIABLE = frozenset({RecipientState.FAILED, RecipientState.REJECTED})
_BATCHES_AT_ONCE = 50


def retry(ledger: Ledger, campaign_id: str, states: Collection[RecipientState], reason: str = "") -> int:
    """Make rows in these states pending again, those whose reason contains `reason`; answers how many.

    Never unconfirmed rows, which may have arrived, nor numbers that opted out. Each gets a new attempt, which its
    `user_data` and the report show.

    Raises:
        InputError: a state cannot be retried.
        NotFound, Conflict: there is no such campaign, or it has been cancelled, has failed or expired.
    """
    if wrong := set(states) - RETRIABLE:
        words = ", ".join(sorted(state.value for state in wrong))
        raise InputError(f"{words} rows are not retried", hint="--state failed or --state rejected")
    ledger.campaign(campaign_id)
    texts, back = ledger.campaigns.texts(campaign_id), 0
    for number, batch, rows in _batches(ledger, campaign_id, states):
        chosen = [
            (message, row, batch.rows[row].number or "")
            for message, each in enumerate(batch.messages)
            for row in each.members
            if rows[row].state in states
            and batch.rows[row].number  # not of somebody who was forgotten
            and reason.lower() in texts.get(rows[row].reason, "").lower()
        ]
        answer = ledger.batches.retry(campaign_id, number, chosen) if chosen else 0
        if isinstance(answer, str):
            raise Conflict(f"campaign {campaign_id} is {answer}: nothing of it is sent again")
        back += answer
    return back


def resolve(ledger: Ledger, campaign_id: str, row: int, *, sent: bool) -> int:
    """Decide the unconfirmed message that has this row of the file; answers how many rows it has.

    Not sent, it is pending again, or ended if its campaign was.

    Raises:
        NotFound, Conflict: there is no such campaign or row, or it is not unconfirmed.
    """
    ledger.campaign(campaign_id)
    for number, batch, rows in _batches(ledger, campaign_id, frozenset(RecipientState)):
        index = next((index for index, each in enumerate(batch.rows) if each.row == row), None)
        if index is not None:
            return _decide(ledger, campaign_id, number, batch, rows, index, sent=sent)
    raise NotFound(f"campaign {campaign_id} has no row {row}", hint="rows count from 1, without the heading")


def resolve_at(ledger: Ledger, campaign_id: str, place: str, *, sent: bool) -> int:
    """The same for the row at this place (`batch.index`), which opens its batch only.

    Raises:
        NotFound, Conflict: there is no such campaign or place, or it is not unconfirmed.
    """
    ledger.campaign(campaign_id)
    number, index = RowRef.parse(place)
    picture = ledger.batches.picture(campaign_id, number)
    if picture is None or index >= len(picture.batch.rows):
        raise NotFound(f"campaign {campaign_id} has no recipient {place}", hint="the list has their places")
    return _decide(ledger, campaign_id, number, picture.batch, picture.states, index, sent=sent)


def _decide(
    ledger: Ledger,
    campaign_id: str,
    number: int,
    batch: Batch,
    rows: Sequence[RowState],
    index: int,
    *,
    sent: bool,
) -> int:
    members = next((each.members for each in batch.messages if index in each.members), (index,))
    charges = {} if sent else charges_of(ledger, ledger.campaign(campaign_id), batch, rows)
    decided = ledger.batches.resolve(campaign_id, number, members, sent=sent, charges=charges)
    if not decided:
        row, state = batch.rows[index].row, rows[index].state.value
        raise Conflict(f"row {row} is {state}, not unconfirmed: nothing to decide")
    return decided


def _batches(
    ledger: Ledger, campaign_id: str, states: Collection[RecipientState]
) -> Iterator[tuple[int, Batch, list[RowState]]]:
    """The batches that have any row in these states; the others are not opened."""
    numbers = list(RecipientPages(ledger, campaign_id).numbers(states))
    for start in range(0, len(numbers), _BATCHES_AT_ONCE):
        some = numbers[start : start + _BATCHES_AT_ONCE]
        for number, (batch, rows) in zip(some, ledger.batches.read(campaign_id, some), strict=True):
            yield number, batch, rows
