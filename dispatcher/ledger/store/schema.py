"""Which schema a ledger's data have, and which programs may work with it: two numbers in its stamp.

`schema` is what the data are: 1 where it says nothing, one more with each step of `pipeline/upgrade/steps.py`. `needs`
is the schema of the oldest program that may work with them, so that old processes go on beside new ones until a step
that they would not understand. A program knows its own schema: it works with every ledger that needs no more, whether
the ledger is older (it is brought forward) or newer.

Whoever is too old is refused at its start, and by each script from then on: the look is part of its text, so that a
process that slept through a step changes nothing when it wakes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import redis

from dispatcher.errors import LedgerNewer
from dispatcher.ledger.store import keys

#: The schema that this program brings a ledger to.
SCHEMA = 2
#: Of a ledger, or a program, that says none.
FIRST = 1
#: This program's version; a test holds it to that of the package, whose metadata are slow to read.
PROGRAM = "0.1.0"

#: What a script answers a program that is too old; the schema that the ledger needs follows.
REFUSAL = "MMSNEWER"
#: The first line of every script.
FENCE = (
    "do local needs = redis.call('HGET', 'mms:stamp', 'needs') "
    f"if needs and tonumber(needs) > {SCHEMA} then "
    f"return redis.error_reply('{REFUSAL} ' .. needs) end end\n"
)

_FIELDS = ("schema", "needs", "program")


class Schema(NamedTuple):
    """A ledger's: what its data are, the oldest program that may work with them, the version that started on it last
    (empty: none that tells)."""

    version: int
    needs: int
    program: str


def read_schema(client: redis.Redis) -> Schema:
    """The ledger's schema, as it is now; no error is translated."""
    return schema_in(dict(zip(_FIELDS, client.hmget(keys.STAMP, _FIELDS), strict=True)))


def schema_in(stamp: Mapping[str, str | bytes | None]) -> Schema:
    """The schema that stands in a stamp."""
    version, needs, program = (stamp.get(name) for name in _FIELDS)
    said = program.decode() if isinstance(program, bytes) else program
    return Schema(int(version or FIRST), int(needs or FIRST), said or "")


def require_let_in(schema: Schema) -> None:
    """Return if this program may work with a ledger of that schema.

    Raises:
        LedgerNewer: it may not.
    """
    if schema.needs > SCHEMA:
        raise newer(schema.needs, schema.program)


def newer(needs: int, program: str = "") -> LedgerNewer:
    """Why this program is refused, and what to do."""
    last = (
        f"mms {program}, which was started on it last,"
        if program
        else "the version that was started on it last"
    )
    return LedgerNewer(
        f"this ledger lets in programs of schema {needs} or later, and this one (mms {PROGRAM}) is of schema {SCHEMA}",
        hint=f"start {last} or a later one; nothing was changed. docs/operations.md, Upgrade",
    )
