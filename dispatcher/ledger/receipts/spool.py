"""Callbacks out of a spool into the ledger, each once, whichever process drains it and however often."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from dispatcher.ledger.store.script_text import script_text
from dispatcher.ledger.store.scripts import type_of_argument

#: How long the position up to which a spool is drained is remembered, since it moved last.
POSITION_SECONDS = 30 * 24 * 3600
#: In the place of a number: nobody can read it.
UNREADABLE = "?"


class SpooledCallback(NamedTuple):
    """One callback of a spool and where in it it ends; `number` is whom it opts out, empty for nobody."""

    raw: bytes
    received_ms: int
    number: str
    source: str
    end: int

    def __repr__(self) -> str:
        return f"SpooledCallback({len(self.raw)} bytes, end={self.end})"


@cache
def _text() -> str:
    return script_text("receipts/drain_spool")


def drain_call(spool_id: str, spooled: Sequence[SpooledCallback]) -> tuple[str, tuple[type_of_argument, ...]]:
    """The script's text, and its arguments for EVAL by a client of its own."""
    arguments: list[type_of_argument] = [spool_id, POSITION_SECONDS]
    for one in spooled:
        arguments += one
    return _text(), tuple(arguments)
