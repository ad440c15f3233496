"""How claims and records are written for their scripts, and how the answers are read.

The order of what is in them is known here and in the scripts' heads, nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Any

import msgpack

from dispatcher.ledger.batches.claims import Claim, ClaimAnswer, Hold, Record
from dispatcher.ledger.batches.rows import pack_sid
from dispatcher.ledger.store.connection import text_of
from dispatcher.ledger.store.scripts import type_of_argument
from dispatcher.model.state import STATE_CODE

#: A script and its arguments.
Call = tuple[str, Sequence[type_of_argument]]


def record_call(hold: Hold, records: Sequence[Record]) -> Call:
    """The call that records these."""
    return "batches/record", (hold.campaign, hold.batch, _packed(map(_record_fields, records)))


def claim_call(hold: Hold, claims: Sequence[Claim], caller_ms: int, fingerprint: str) -> Call:
    """The call that asks for these claims, at least one."""
    # The cap is the settings': the same for all that one process asks for at once.
    return "batches/claim", (
        hold.campaign,
        hold.batch,
        hold.token,
        hold.fence,
        caller_ms,
        fingerprint,
        *claims[0].cap,
        _packed(map(_claim_fields, claims)),
    )


def claim_answers(answer: list[Any], claims: int) -> list[ClaimAnswer]:
    """An answer for each of so many claims: the script gave one for all of them if it must not run yet."""
    each = answer if isinstance(answer[0], list) else [answer] * claims
    return [_claim_answer(one) for one in each]


def _packed(each: Iterable[tuple[Any, ...]]) -> bytes:
    # Lua knows one kind of string only.
    packed: bytes = msgpack.packb(list(each), use_bin_type=False)
    return packed


def _record_fields(record: Record) -> tuple[Any, ...]:
    sid = pack_sid(record.sid)
    return (
        record.message,
        record.token,
        record.outcome,
        STATE_CODE[record.word],
        sid.packed,
        sid.text,
        sid.hashed,
        record.text,
        record.wait_ms,
        record.price or "",
        record.cost,
        record.unit,
        record.sender,
        record.health,
        record.account,
        *record.members,
    )


def _claim_fields(claim: Claim) -> tuple[Any, ...]:
    return (
        claim.token,
        claim.cost,
        claim.alone,
        claim.sender,
        *claim.window,
        int(claim.media),
        *(part for member in zip_longest(claim.members, claim.numbers, fillvalue="") for part in member),
    )


def _claim_answer(answer: list[bytes | int]) -> ClaimAnswer:
    word = text_of(answer[0])
    if word == "go":
        return ClaimAnswer(word, attempt=int(answer[1]), members=tuple(map(int, answer[3:])))
    if word in {"wait", "yield"}:
        return ClaimAnswer(word, wait_ms=int(answer[1]), detail=text_of(answer[2]))
    return ClaimAnswer(word, detail=text_of(answer[1]) if len(answer) > 1 else "")
