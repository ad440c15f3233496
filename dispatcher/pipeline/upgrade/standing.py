"""Where the ledger stands on its way to the schema of this program, in words for doctor and `mms up`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.schema import FIRST, SCHEMA, Schema
from dispatcher.pipeline.upgrade.steps import STEPS, SchemaStep
from dispatcher.pipeline.upgrade.upgrade import next_step


class Standing(NamedTuple):
    """The ledger's schema; `way`: what is being done to bring it forward (empty: nothing, it is as far as this program
    knows); `waits`: the workers that this waits for, by name; `others`: the living workers of another schema."""

    schema: Schema
    way: str
    waits: str
    others: tuple[str, ...]


def standing(ledger: Ledger, steps: Sequence[SchemaStep] = STEPS) -> Standing:
    """As it is now.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    schema, progress, step = ledger.upgrade.schema(), ledger.upgrade.progress(), next_step(ledger, steps)
    workers = ledger.agenda.workers().items()
    others = tuple(sorted(name for name, facts in workers if int(facts.get("schema", FIRST)) != SCHEMA))
    if step is None:
        return Standing(schema, "", "", others)
    bites, waits = (progress.bites, progress.waits) if progress is not None else (0, "")
    done = f", {bites} bites done" if bites else ""
    way = f"the ledger is of schema {schema.version} and is brought to {step.to}, in which {step.what}{done}"
    return Standing(schema, way, waits, others)
