"""A message's sid as CarrierX wrote it, from the sixteen bytes that its rows keep."""

from __future__ import annotations

from collections.abc import Mapping

from dispatcher.ledger.batches.rows import FLAG_SID_TEXT, UNTOUCHED, RowState
from dispatcher.model.state import RecipientState

_CLAIM_IN_ITS_PLACE = frozenset({RecipientState.SENDING, RecipientState.UNCONFIRMED, RecipientState.REJECTED})


def sid_text(state: RowState, long_sids: Mapping[str, str], batch: int, message: int) -> str:
    """The sid, or an empty text while none is known (the place holds the claim's token then)."""
    if state.state in _CLAIM_IN_ITS_PLACE or state.sid == UNTOUCHED.sid:
        return ""
    if state.flags & FLAG_SID_TEXT:
        return long_sids.get(f"{batch}.{message}", "")
    digits = state.sid.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
