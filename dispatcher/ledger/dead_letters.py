"""Callbacks that nobody could read, kept for a person until retention ends them."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from dispatcher.ledger import keys
from dispatcher.ledger.connect import translated
from dispatcher.ledger.scripts import Scripts, script_text, type_of_argument


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
        self._scripts.run("bury", raw, at_ms, entry)

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
        """Erase what was received before this time, ms."""
        with translated():
            self._redis.xtrim(keys.DEAD_LETTERS, minid=max(0, before_ms), approximate=False)

    def forget(self, number: str) -> int:
        """Erase those that a person's number stands in; answers how many."""
        ids = [one.id for one in self.newest(1000) if number[-10:].encode() in one.raw]
        with translated():
            return int(self._redis.xdel(keys.DEAD_LETTERS, *ids)) if ids else 0


@cache
def _text() -> str:
    return script_text("bury")


def bury_call(raw: bytes, at_ms: int) -> tuple[str, tuple[type_of_argument, ...]]:
    """The script's text, and its arguments for EVAL by a client of its own."""
    return _text(), (raw, at_ms, "")
