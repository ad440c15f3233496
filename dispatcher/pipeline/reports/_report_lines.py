"""The report's lines of one batch, made by column: what a column holds again and again is written once and remembered.

Each column is a sequence of fields as they stand in the file; a line is what stands beside each other.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from dispatcher.ledger.batches.packing import WrittenColumns
from dispatcher.ledger.batches.rows import (
    CLAIM_IN_ITS_PLACE,
    FLAG_SID_TEXT,
    UNKNOWN_CARRIER,
    UNTOUCHED,
    StateColumns,
    unpack_ms,
)
from dispatcher.model.state import STATE_CODE
from dispatcher.model.timestamps import utc_text
from dispatcher.pipeline.reports._csv_fields import field, fields

#: Those of the report itself, before the file's own.
COLUMNS = (
    "row",
    "line",
    "number",
    "state",
    "reason",
    "message_sid",
    "attempts",
    "claimed_at",
    "accepted_at",
    "final_at",
    "price",
    "cost",
    "mcc",
    "mnc",
)
_DECIMAL = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_WORDS = {code.encode(): state.value for state, code in STATE_CODE.items()}
_CLAIMED = frozenset(STATE_CODE[state].encode() for state in CLAIM_IN_ITS_PLACE)
_NO_SID = UNTOUCHED.sid
_DIGITS_OF_SID = struct.Struct("8s4s4s4s12s")


def heading(own: Sequence[str]) -> str:
    """The first line; a heading of the file that a column of ours has too is told apart."""
    names = [f"file_{name}" if name.strip().lower() in COLUMNS else name for name in own]
    return ",".join((*COLUMNS, *map(field, names)))


class ReportLines:
    """Writes the batches of one campaign, without line ends."""

    def __init__(self, texts: Mapping[int, str], long_sids: Mapping[str, str]) -> None:
        """`texts` are refusal and wait texts by their numbers, `long_sids` sids that are no UUID."""
        self._reasons = {number: field(text) for number, text in texts.items()}
        self._long_sids = long_sids

    def of(self, number: int, written: WrittenColumns, states: StateColumns) -> list[str]:
        """Batch `number`, a line for each row."""
        taken = zip(_times(states.at), states.sids, strict=True)
        columns: tuple[Iterable[str], ...] = (
            map(str, written.rows),
            map(str, written.lines),
            [str(each) if isinstance(each, int) else field(each or "") for each in written.numbers],
            map(_WORDS.__getitem__, states.letters),
            self._reasons_of(written, states),
            self._sids_of(number, written, states),
            map(str, states.attempts),
            _times(states.claimed),
            [at if sid != _NO_SID else "" for at, sid in taken],
            _times(states.final),
            *_prices_and_costs(written, states),
            map(_carrier, states.mccs),
            map(_carrier, states.mncs),
            *map(fields, written.cells),
        )
        return list(map(",".join, zip(*columns, strict=True)))

    def _reasons_of(self, written: WrittenColumns, states: StateColumns) -> list[str]:
        reasons = [self._reasons.get(reason, "") for reason in states.reasons]
        for index, _, _, code, _ in written.rejected:
            reasons[index] = field(code)
        return reasons

    def _sids_of(self, number: int, written: WrittenColumns, states: StateColumns) -> list[str]:
        """Empty while none is known: the place is empty, or holds the claim's token."""
        sids = _with_dashes(states.sids)
        if _NO_SID in states.sids or not _CLAIMED.isdisjoint(states.letters):
            known = zip(sids, states.sids, states.letters, strict=True)
            sids = ["" if packed == _NO_SID or letter in _CLAIMED else sid for sid, packed, letter in known]
        if any(map(FLAG_SID_TEXT.__and__, states.flags)):
            message_of = _messages(written)
            for index, flags in enumerate(states.flags):
                if flags & FLAG_SID_TEXT and sids[index]:
                    sids[index] = field(self._long_sids.get(f"{number}.{message_of.get(index)}", ""))
        return sids


def _messages(written: WrittenColumns) -> dict[int, int]:
    """The message of each row that has one."""
    several = (
        (message, (members,) if isinstance(members, int) else members)
        for message, members in enumerate(written.members)
    )
    return {row: message for message, members in several for row in members}


def _with_dashes(sids: Sequence[bytes]) -> list[str]:
    """All at once: digits of the whole column are cut into groups, the groups joined."""
    digits = b"".join(sids).hex().encode()
    return b",".join(map(b"-".join, _DIGITS_OF_SID.iter_unpack(digits))).decode().split(",")


def _times(column: Sequence[bytes]) -> list[str]:
    """Rows of one batch are claimed together, mostly; those that are not share their seconds."""
    moments = {packed: unpack_ms(packed) for packed in set(column)}
    texts = {packed: utc_text(ms) if ms else "" for packed, ms in moments.items()}
    return [texts[packed] for packed in column]


@lru_cache(maxsize=4096)
def _carrier(code: int) -> str:
    return "" if code == UNKNOWN_CARRIER else str(code)


def _prices_and_costs(written: WrittenColumns, states: StateColumns) -> tuple[Iterable[str], Iterable[str]]:
    """The price stands once a message, each row has its share."""
    rows = len(written.rows)
    if len(written.members) == rows:
        return map(_price, states.prices), map(_share, states.prices, [1] * rows)
    prices, legs = [""] * rows, [1] * rows
    for members in written.members:
        if isinstance(members, int):
            prices[members] = _price(states.prices[members])
            continue
        paid = _paid_for(members, states)
        prices[paid[0]] = _price(states.prices[paid[0]])
        for index in members:
            legs[index] = len(paid)
    return prices, map(_share, states.prices, legs)


def _paid_for(members: tuple[int, ...], states: StateColumns) -> tuple[int, ...]:
    """Whom the message's price is for: not those that its last attempt left out."""
    latest = max(states.attempts[row] for row in members)
    went = tuple(row for row in members if states.attempts[row] == latest and states.sids[row] != _NO_SID)
    return went if any(states.prices[row] for row in went) else members


@lru_cache(maxsize=1024)
def _price(packed: bytes) -> str:
    """As CarrierX wrote it; what is no decimal number could be anything."""
    price = packed.decode("utf-8", "replace")
    return price if _DECIMAL.fullmatch(price) else field(price)


@lru_cache(maxsize=1024)
def _share(packed: bytes, legs: int) -> str:
    """A row's share of what its message cost."""
    price = packed.decode("utf-8", "replace")
    if not _DECIMAL.fullmatch(price):
        return ""
    try:
        share = (Decimal(price) / legs).quantize(Decimal("0.000001"))
    except InvalidOperation:  # more digits than money has
        return ""
    return format(share.normalize(), "f")
