"""Callbacks that nobody could read, and that could not be worked on, kept for a person until retention ends them."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import translated
from dispatcher.ledger.store.script_text import script_text
from dispatcher.ledger.store.scripts import Scripts, type_of_argument

_MOST = 1_000


class DeadLetter(NamedTuple):
    """One body and when it was received (ms since 1970); `id` is the stream's."""

    id: bytes
    raw: bytes
    at_ms: int

    def __repr__(self) -> str:
        return f"DeadLetter({len(self.raw)} bytes, at_ms={self.at_ms})"


class DeadLetters:
    """The newest thousand."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._redis = scripts.redis

    def bury(self, raw: bytes, at_ms: int, entry: bytes = b"") -> None:
        """Keep one; that entry of the stream of callbacks is done with in the same step."""
        self._scripts.run("receipts/store_dead_letter", raw, at_ms, entry)

    def count(self) -> int:
        """How many there are."""
        with translated():
            return int(self._redis.xlen(keys.DEAD_LETTERS))

    def newest(self, most: int) -> list[DeadLetter]:
        """The newest, the latest first."""
        with translated():
            found: Any = self._redis.xrevrange(keys.DEAD_LETTERS, count=most)
        return [DeadLetter(name, fields[b"raw"], int(fields[b"at"])) for name, fields in found]

    def erase_before(self, before_ms: int) -> None:
        """Erase what was kept before this time, ms; of what could not be worked on, too."""
        with translated():
            for key in (keys.DEAD_LETTERS, keys.ASIDE):
                self._redis.xtrim(key, minid=max(0, before_ms), approximate=False)

    def forget(self, number: str) -> int:
        """Erase those that a person's number stands in, also of those that could not be worked on; answers how many."""
        self.date_set_aside(_MOST)
        return sum(self._forget_in(key, number[-10:].encode()) for key in (keys.DEAD_LETTERS, keys.ASIDE))

    def _forget_in(self, key: str, digits: bytes) -> int:
        with translated():
            found: Any = self._redis.xrange(key)
            ids = [name for name, fields in found if digits in fields[b"raw"]]
            return int(self._redis.xdel(key, *ids)) if ids else 0

    def date_set_aside(self, most: int) -> int:
        """What ledgers of the first schema kept in a list, without a time, is kept as of now; answers of how many."""
        return int(self._scripts.run("receipts/date_set_aside", most, _MOST))


@cache
def _text() -> str:
    return script_text("receipts/store_dead_letter")


def bury_call(raw: bytes, at_ms: int) -> tuple[str, tuple[type_of_argument, ...]]:
    """The script's text, and its arguments for EVAL by a client of its own."""
    return _text(), (raw, at_ms, "")
