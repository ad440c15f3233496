"""The suppression list: who wants no messages, since when, and how we know. Every claim reads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any, Literal, NamedTuple

from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.ledger.store.script_text import script_text
from dispatcher.ledger.store.scripts import Scripts, type_of_argument
from dispatcher.model.recipient import masked

State = Literal["out", "in"]

SOURCE_MAX = 40
_AT_ONCE = 500
_LETTERS: dict[State, str] = {"out": "o", "in": "i"}
_STATES: dict[str, State] = {"o": "out", "i": "in"}


class OptOut(NamedTuple):
    """One number's newest word: out, or in again. `at_ms` 0 on the way in: now, if it changes anything.

    `source` says how we know: `keyword`, `wording`, `operator`, `import`, …
    """

    number: str
    state: State
    at_ms: int
    source: str

    def __repr__(self) -> str:
        return f"OptOut(number={masked(self.number)}, state={self.state}, at_ms={self.at_ms})"


class OptOuts:
    """Reads and writes the list. The newest entry of a number wins, however often and in which order they come."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._redis = scripts.redis

    def put(self, entries: Iterable[OptOut]) -> int:
        """Write entries; answers how many numbers became suppressed or ceased to be."""
        changed = 0
        for some in _batches(entries):
            arguments: list[type_of_argument] = []
            for entry in some:
                source = entry.source[:SOURCE_MAX]
                arguments += [entry.number, _LETTERS[entry.state], entry.at_ms, source]
            changed += int(self._scripts.run("consent/put_optouts", *arguments))
        return changed

    def receive(self, raw: bytes, received_ms: int, number: str, source: str) -> None:
        """Store an inbound callback and the opt-out it carries in one step; when this returns both are on disk."""
        self._scripts.run("consent/store_callback_and_optout", raw, received_ms, number, source)

    def find(self, numbers: Sequence[str]) -> list[OptOut | None]:
        """The newest entry of each number, None for those that were never on the list."""
        if not numbers:
            return []
        with translated():
            found = self._redis.hmget(keys.OPT_OUTS, list(numbers))
        return [
            _entry(number, value) if value else None for number, value in zip(numbers, found, strict=True)
        ]

    def is_out(self, number: str) -> bool:
        """Whether nothing may be sent to this number."""
        entry = self.find([number])[0]
        return entry is not None and entry.state == "out"

    def out_count(self) -> int:
        """How many numbers nothing may be sent to."""
        with translated():
            return int(self._redis.zcard(keys.OPT_OUTS_ORDER))

    def newest_out(self, most: int, after: tuple[int, int] | None = None) -> list[OptOut]:
        """Numbers that nothing may be sent to, the latest first.

        `after` goes on where a page ended: at this ms, having shown so many entries of that same ms. What comes
        meanwhile moves no page.
        """
        at_ms, shown = after or (None, 0)
        with translated():
            found: Any = self._redis.zrevrangebyscore(
                keys.OPT_OUTS_ORDER, "+inf" if at_ms is None else at_ms, "-inf", start=shown, num=most
            )
        return [entry for entry in self.find([text_of(number) for number in found]) if entry]

    def all(self) -> Iterator[OptOut]:
        """Every entry, those that came back too, in no order; one that changes meanwhile may come twice."""
        cursor = 0
        while True:
            with translated():
                answer: Any = self._redis.hscan(keys.OPT_OUTS, cursor, count=_AT_ONCE)
            cursor, found = answer
            for number, value in found.items():
                yield _entry(text_of(number), value)
            if not cursor:
                return

    def everyone_out(self) -> frozenset[str]:
        """All numbers that nothing may be sent to, as of about now."""
        return frozenset(entry.number for entry in self.all() if entry.state == "out")

    def confirmation_owed(self, number: str) -> bool:
        """Whether this number opted out at the receiver and was not told yet."""
        with translated():
            return bool(self._redis.hexists(keys.OPT_OUTS_OWED, number))

    def owe_confirmation(self, number: str, at_ms: int) -> None:
        """This number opted out otherwise than at the receiver, and should be told."""
        with translated():
            self._redis.hset(keys.OPT_OUTS_OWED, number, at_ms)

    def confirmation_done(self, number: str) -> bool:
        """It is told now, or will not be; False when somebody else said so already."""
        with translated():
            return bool(self._redis.hdel(keys.OPT_OUTS_OWED, number))


@cache
def _text(name: str) -> str:
    return script_text(name)


def receive_call(
    raw: bytes, received_ms: int, number: str, source: str, *, fresh: bool = False
) -> tuple[str, tuple[type_of_argument, ...]]:
    """The same as `OptOuts.receive` for a client of its own: a script's text, and its arguments for EVAL.

    `fresh`: it came just now, so that Redis's clock tells when, and not the clock of the caller's machine.
    """
    return _text("consent/store_callback_and_optout"), (raw, received_ms, number, source, int(fresh))


def _batches(entries: Iterable[OptOut]) -> Iterator[list[OptOut]]:
    rest = iter(entries)
    while some := list(islice(rest, _AT_ONCE)):
        yield some


def _entry(number: str, value: bytes | str) -> OptOut:
    letter, at_ms, source = text_of(value).split(" ", 2)
    return OptOut(number, _STATES[letter], int(at_ms), source)
