"""How far the ledger is on its way to the schema of this program: the step at work, its cursor, what it waits for."""

from __future__ import annotations

from typing import NamedTuple

from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.ledger.store.schema import PROGRAM, Schema, read_schema
from dispatcher.ledger.store.scripts import Scripts


class StepProgress(NamedTuple):
    """The step at work: the schema that it leads to, how many bites of it are done, and what it waits for, in words
    (empty: nothing)."""

    to: int
    bites: int
    waits: str


class Upgrade:
    """Steps are done in bites, by whichever control worker has the tick; each goes on at the cursor kept here."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._redis = scripts.redis

    def schema(self) -> Schema:
        """The ledger's, as it is now."""
        with translated():
            return read_schema(self._redis)

    def progress(self) -> StepProgress | None:
        """The step that has begun, or waits to; None: there is none."""
        with translated():
            to, bites, waits = self._redis.hmget(keys.UPGRADE, ("to", "bites", "waits"))
        return None if to is None else StepProgress(int(to), int(bites or 0), text_of(waits or b""))

    def begin(self, to: int, needs: int) -> str | None:
        """The cursor at which the step to this schema goes on, programs older than `needs` kept out from now on; None:
        it is done, or another comes before it."""
        answer = self._scripts.run("installation/begin_step", to, needs, PROGRAM)
        return text_of(answer[0]) if answer else None

    def advance(self, to: int, before: str, after: str | None) -> bool:
        """The bite that began at the cursor `before` is done; None after it: so is the step. False: somebody else has
        gone on from there."""
        done = after is None
        return bool(
            self._scripts.run("installation/advance_step", to, before, after or "", int(done)) == b"ok"
        )

    def wait(self, to: int, for_whom: str) -> None:
        """Note what the step to this schema waits for."""
        with translated():
            self._redis.hset(keys.UPGRADE, mapping={"to": to, "cursor": "", "waits": for_whom})
