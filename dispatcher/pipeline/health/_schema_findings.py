"""Which schema the ledger has, and how far it is on its way to that of this program."""

from __future__ import annotations

from collections.abc import Iterator

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.schema import PROGRAM, SCHEMA, Schema
from dispatcher.pipeline.health.finding import HealthFinding
from dispatcher.pipeline.upgrade.standing import standing

_SUBJECT = "schema"


def look_at_schema(ledger: Ledger) -> Iterator[HealthFinding]:
    """What is to be said of it, and of workers of another schema: they are well for as long as an upgrade takes."""
    found = standing(ledger)
    if found.waits:
        seen = f"{found.way}; that waits for older workers: {found.waits}"
        mend = "end them, or start them in the new version; everything is sent meanwhile"
        yield HealthFinding(_SUBJECT, "note", seen, mend)
    elif found.way:
        mend = "nothing is to be done: the control worker does it beside what is sent"
        yield HealthFinding(_SUBJECT, "note", found.way, mend)
    else:
        yield _arrived(found.schema)
    if found.others:
        seen = f"workers of another schema than this program's {SCHEMA}: {', '.join(found.others)}"
        yield HealthFinding("versions", "note", seen, "an upgrade is done when all are of one version")


def _arrived(schema: Schema) -> HealthFinding:
    last = f", started on last by mms {schema.program}" if schema.program else ""
    seen = f"the ledger is of schema {schema.version}{last}"
    if schema.version <= SCHEMA:
        return HealthFinding(_SUBJECT, "ok", seen)
    beside = f"{seen}; this program (mms {PROGRAM}) knows {SCHEMA}, and may work with it"
    return HealthFinding(_SUBJECT, "note", beside, "upgrade this one, too")
