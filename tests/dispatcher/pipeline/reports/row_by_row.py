"""The report as it is meant, a row at a time: slow, and plain enough to be believed when the real one is compared."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from dispatcher.control_characters import StrippedCsv
from dispatcher.ledger.batches.packing import Batch
from dispatcher.ledger.batches.rows import UNTOUCHED, RowState, sid_text
from dispatcher.model.recipient import InvalidRow
from dispatcher.model.timestamps import utc_text_or_none
from dispatcher.roster.formula_guard import guarded

_DECIMAL = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


def csv_text(lines: Iterator[Sequence[object]]) -> str:
    """Lines as a CSV file."""
    out = io.StringIO(newline="")
    StrippedCsv(out).writerows(lines)
    return out.getvalue()


def batch_lines(
    number: int,
    batch: Batch,
    states: list[RowState],
    texts: Mapping[int, str],
    long_sids: Mapping[str, str],
) -> Iterator[list[object]]:
    """The values of each row of batch `number`."""
    message_of = {row: index for index, message in enumerate(batch.messages) for row in message.members}
    for index, (row, state) in enumerate(zip(batch.rows, states, strict=True)):
        reason = row.code if isinstance(row, InvalidRow) else texts.get(state.reason, "")
        message = message_of.get(index, -1)
        members = _paid_for(batch.messages[message].members, states) if message >= 0 else ()
        yield [
            row.row,
            row.line,
            guarded(row.number or ""),
            state.state.value,
            guarded(reason),
            guarded(sid_text(state, long_sids, number, message)),
            state.attempt,
            utc_text_or_none(state.claimed_ms),
            utc_text_or_none(state.at_ms) if state.sid != UNTOUCHED.sid else None,
            utc_text_or_none(state.final_ms),
            _price(state.price) if members and members[0] == index else "",
            _share(state.price, len(members) or 1),
            "" if state.mcc is None else state.mcc,
            "" if state.mnc is None else state.mnc,
            *map(guarded, row.cells),
        ]


def _paid_for(members: tuple[int, ...], states: list[RowState]) -> tuple[int, ...]:
    if len(members) == 1:
        return members
    latest = max(states[row].attempt for row in members)
    went = tuple(row for row in members if states[row].attempt == latest and states[row].sid != UNTOUCHED.sid)
    return went if any(states[row].price for row in went) else members


def _price(price: str | None) -> str:
    return price if price and _DECIMAL.fullmatch(price) else guarded(price or "")


def _share(price: str | None, legs: int) -> str:
    if price is None or not _DECIMAL.fullmatch(price):
        return ""
    return format((Decimal(price) / legs).quantize(Decimal("0.000001")).normalize(), "f")
