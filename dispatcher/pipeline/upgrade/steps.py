"""Every step of the ledger from its first schema to that of this program, in order.

To add one: write its bite, put it at the end with the schema after the last, raise `SCHEMA` in `ledger/store/schema.py`
to it. `needs` stays as it was where the program before works with what the bite leaves, and with half of it: that is
so for what is new beside what was. Else it is the step's own schema, and the change takes two releases: one that reads
both forms and writes the old one, and the next, whose step writes the new one. Data that are not brought along must be
read in their old form for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.schema import FIRST

#: Callbacks that are dated in one bite.
_DATED_AT_ONCE = 100

#: From a cursor (empty: the beginning) to the next, None at the end. It takes milliseconds, and may be done again.
Bite = Callable[[Ledger, str], str | None]


class SchemaStep(NamedTuple):
    """A step to the schema `to`. `needs`: the schema of the oldest program that may work beside it and after it; `what`
    goes on after "in which"."""

    to: int
    needs: int
    what: str
    bite: Bite


def _date_set_aside(ledger: Ledger, cursor: str) -> str | None:
    """What is left to do is what is left in the list: the cursor counts nothing."""
    return "list" if ledger.dead_letters.date_set_aside(_DATED_AT_ONCE) else None


STEPS: tuple[SchemaStep, ...] = (
    SchemaStep(2, FIRST, "callbacks that were set aside without a time get one", _date_set_aside),
)
