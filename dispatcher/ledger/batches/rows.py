"""What changes of a batch in Redis: 40 bytes a row, the lease, and how a message_sid is folded into a row."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha1
from itertools import repeat
from typing import NamedTuple

from dispatcher.errors import NotFound
from dispatcher.ledger.batches.packing import Batch, WrittenColumns
from dispatcher.model.recipient import InvalidRow
from dispatcher.model.state import CODE_STATE, STATE_CODE, RecipientState

#: 2020-01-01 UTC in ms; times in rows are counted from here, in 5 bytes. The same in `lua/lib/rows.lua`.
EPOCH_MS = 1_577_836_800_000
ROW_BYTES = 40
UNKNOWN_CARRIER = 65_535

FLAG_OWN_WORD = 1
FLAG_NOT_THERE = 2
FLAG_SID_TEXT = 4
#: Quarantined since the ledger was put back from an older copy: so many attempts may have been made unknown to it.
FLAG_RESTORED = 16
RESTORED_TRIES = 4

_ROW = struct.Struct("<cBBH5s5s5s16sHH")
_META = struct.Struct("<I6s6sB8s")
#: As CarrierX writes one; in any other form it is text.
_UUID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ROW_REF = re.compile(r"(\d{1,7})\.(\d{1,3})")


class RowState(NamedTuple):
    """The changing part of one row. Times are ms since 1970, 0 if not yet; while pending `at_ms` is not-before."""

    state: RecipientState
    flags: int
    attempt: int
    reason: int
    claimed_ms: int
    at_ms: int
    final_ms: int
    sid: bytes
    mcc: int | None
    mnc: int | None
    price: str | None


UNTOUCHED = RowState(RecipientState.PENDING, 0, 0, 0, 0, 0, 0, bytes(16), None, None, None)


def unpack_ms(field: bytes) -> int:
    """A time of a row, 5 bytes, as ms since 1970; 0 is not yet."""
    value = int.from_bytes(field, "little")
    return value + EPOCH_MS if value else 0


def unpack_row(value: bytes | None) -> RowState:
    """Read one row of a batch's hash; None is a row that nothing happened to yet."""
    if value is None:
        return UNTOUCHED
    state, flags, attempt, reason, claimed, at, final, sid, mcc, mnc = _ROW.unpack_from(value)
    return RowState(
        CODE_STATE[state.decode("ascii")],
        flags,
        attempt,
        reason,
        unpack_ms(claimed),
        unpack_ms(at),
        unpack_ms(final),
        sid,
        None if mcc == UNKNOWN_CARRIER else mcc,
        None if mnc == UNKNOWN_CARRIER else mnc,
        value[ROW_BYTES:].decode("utf-8", "replace") or None,
    )


def unpack_rows(batch: Batch, changed: Mapping[bytes, bytes]) -> list[RowState]:
    """The states of all rows of a batch, those that were never touched too."""
    states = []
    for index, row in enumerate(batch.rows):
        value = changed.get(b"%d" % index)
        if value is None and isinstance(row, InvalidRow):
            states.append(UNTOUCHED._replace(state=RecipientState(row.state)))
        else:
            states.append(unpack_row(value))
    return states


class StateColumns(NamedTuple):
    """What changes of a batch by column, as it lies in Redis: states by their letters, times for `unpack_ms`."""

    letters: Sequence[bytes]
    flags: Sequence[int]
    attempts: Sequence[int]
    reasons: Sequence[int]
    claimed: Sequence[bytes]
    at: Sequence[bytes]
    final: Sequence[bytes]
    sids: Sequence[bytes]
    mccs: Sequence[int]
    mncs: Sequence[int]
    prices: Sequence[bytes]


def unpack_state_columns(written: WrittenColumns, changed: Mapping[bytes, bytes]) -> StateColumns:
    """The same as `unpack_rows`, by column."""
    values = list(map(changed.get, _row_names(len(written.rows))))
    if None in values:
        begun = dict.fromkeys(range(len(values)), RecipientState.PENDING)
        begun.update((index, RecipientState(state)) for index, state, *_ in written.rejected)
        values = [value or _untouched(begun[index]) for index, value in enumerate(values)]
    rows = [value for value in values if value is not None]
    fixed = zip(*map(_ROW.unpack_from, rows), strict=True) if rows else repeat((), 10)
    return StateColumns._make((*fixed, [value[ROW_BYTES:] for value in rows]))


@lru_cache(maxsize=16)
def _row_names(rows: int) -> tuple[bytes, ...]:
    return tuple(b"%d" % index for index in range(rows))


@lru_cache
def _untouched(state: RecipientState) -> bytes:
    letter, none = STATE_CODE[state].encode(), bytes(5)
    return _ROW.pack(letter, 0, 0, 0, none, none, none, bytes(16), UNKNOWN_CARRIER, UNKNOWN_CARRIER)


class RowRef(NamedTuple):
    """Where a row stands within its campaign: the number of its batch and its index there. Written `batch.row`."""

    batch: int
    row: int

    @classmethod
    def parse(cls, text: str) -> RowRef:
        """Read `batch.row`.

        Raises:
            NotFound: it is none.
        """
        parts = _ROW_REF.fullmatch(text)
        if parts is None:
            raise NotFound("there is no such recipient", hint="the campaign's table leads to each")
        return cls(int(parts[1]), int(parts[2]))

    @property
    def text(self) -> str:
        """As it is written in links, cursors and the report."""
        return f"{self.batch}.{self.row}"


FIRST_ROW = RowRef(0, 0)


class Lease(NamedTuple):
    """A batch's lease: who has it until when, and since which fence."""

    fence: int
    lease_ms: int
    due_ms: int
    looks: int
    token: bytes


def unpack_lease(value: bytes) -> Lease:
    """Read the `m` field of a batch's hash."""
    fence, lease, due, looks, token = _META.unpack(value)
    return Lease(fence, int.from_bytes(lease, "little"), int.from_bytes(due, "little"), looks, token)


class Sid(NamedTuple):
    """A message_sid as the ledger keeps it: 16 bytes in the rows, the text beside them if it is no UUID, and the
    10 bytes under which it is found again."""

    packed: bytes
    text: str
    hashed: bytes


def pack_sid(sid: str | None) -> Sid:
    """Fold a message_sid of any form."""
    if not sid:
        return Sid(b"", "", b"")
    digest = sha1(sid.encode(), usedforsecurity=False).digest()
    if not _UUID.fullmatch(sid):
        return Sid(digest[:16], sid, digest[:10])
    return Sid(bytes.fromhex(sid.replace("-", "")), "", digest[:10])


#: The place of the sid holds the claim's token in these.
CLAIM_IN_ITS_PLACE = frozenset({RecipientState.SENDING, RecipientState.UNCONFIRMED, RecipientState.REJECTED})


def sid_text(state: RowState, long_sids: Mapping[str, str], batch: int, message: int) -> str:
    """The sid, or an empty text while none is known (the place holds the claim's token then)."""
    if state.state in CLAIM_IN_ITS_PLACE or state.sid == UNTOUCHED.sid:
        return ""
    if state.flags & FLAG_SID_TEXT:
        return long_sids.get(f"{batch}.{message}", "")
    digits = state.sid.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
