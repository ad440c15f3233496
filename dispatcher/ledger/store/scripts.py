"""The Lua scripts are run by their digest; a Redis that does not know one is told its text."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha1
from pathlib import Path
from typing import Any

import redis

from dispatcher.errors import ClaimsHeld
from dispatcher.ledger.store._claim_guard import ClaimGuard
from dispatcher.ledger.store.connection import translated
from dispatcher.ledger.store.drain_gate import WAIT_FOR_RECEIVERS, load_when_clear
from dispatcher.ledger.store.script_text import script_text

#: What a script may be given: Redis makes bytes of it.
type_of_argument = str | bytes | int | float

_NoScript = redis.exceptions.NoScriptError
#: What may be acted on only when it cannot be forgotten.
_GUARDED = frozenset({"batches/claim", "batches/try_claim", "recovery/count_tick"})
#: Of it, what is not even asked for while it could not be acted on.
_CLAIMING = frozenset({"batches/claim", "batches/try_claim"})
#: What may be done only once the callback receivers have drained.
_AFTER_RECEIVERS = frozenset({"batches/claim"})


class Scripts:
    """Runs scripts on one Redis. `clock` replaces the prelude that tells the time; only tests give one.

    `data_dir` remembers claims beyond this process; `unsafe`: an operator does without durable claims.
    """

    def __init__(
        self,
        redis_client: redis.Redis,
        *,
        clock: str | None = None,
        data_dir: Path | None = None,
        unsafe: bool = False,
    ) -> None:
        self.redis = redis_client
        self.claim_guard = ClaimGuard(redis_client, self.run, data_dir=data_dir, unsafe=unsafe)
        self._clock = clock
        self._sources: dict[str, tuple[str, str]] = {}
        self._sources_of = ""

    def source(self, name: str) -> tuple[str, str]:
        """The script's whole text and its digest."""
        if name in _AFTER_RECEIVERS and self._sources_of != self.claim_guard.run:
            self._sources_of = self.claim_guard.run
            self._sources.pop(name, None)
        if name not in self._sources:
            text = script_text(name, clock=self._clock)
            if name in _AFTER_RECEIVERS:
                # Another ledger's receivers say nothing of ours, nor do those of an earlier stretch as the primary.
                text = f"-- of database {_database(self.redis)} in {self._sources_of}\n{text}"
            self._sources[name] = (text, sha1(text.encode(), usedforsecurity=False).hexdigest())
        return self._sources[name]

    def run(self, name: str, *arguments: type_of_argument) -> Any:
        """Run one script.

        Raises:
            StoreUnavailable: Redis did not answer; it may have run, and may be run again.
        """
        text, digest = self.source(name)
        with translated():
            try:
                return self.redis.evalsha(digest, 0, *arguments)
            except _NoScript:
                return self.redis.eval(text, 0, *arguments)

    def run_many(
        self, calls: Sequence[tuple[str, Sequence[type_of_argument]]], *, transaction: bool = False
    ) -> list[Any]:
        """Run several scripts in one round trip; the answers in the same order.

        As a `transaction` they share a sync to disk, too, however long they are: Redis runs what else it has read of
        them after every 16 KB, and syncs. No claims among them.

        Claims are answered only while what stands behind them holds (`claim_guard`); what was asked for beside them is
        done all the same. After a restart of Redis claims are answered `wait` until the callback receivers have
        drained.

        Raises:
            StoreUnavailable: Redis did not answer, or a replica; some may have run, and all may be run again.
            ClaimsHeld: no claim may be granted now; the same holds.
        """
        if not calls:
            return []
        with translated():
            answers = self._pipelined(calls, transaction)
            unknown = [index for index, answer in enumerate(answers) if isinstance(answer, _NoScript)]
            if unknown:
                loaded = {name: self._load(name) for name in {calls[index][0] for index in unknown}}
                repeated = [index for index in unknown if loaded[calls[index][0]]]
                again = iter(self._pipelined([calls[i] for i in repeated], transaction) if repeated else ())
                for index in unknown:
                    answers[index] = next(again) if loaded[calls[index][0]] else WAIT_FOR_RECEIVERS
            for answer in answers:
                if isinstance(answer, Exception):
                    raise answer
        return answers

    def _load(self, name: str) -> bool:
        """Make the script known to this Redis; False: it must not run yet."""
        text = self.source(name)[0]
        if name in _AFTER_RECEIVERS:
            return load_when_clear(self.redis, text)
        self.redis.script_load(text)
        return True

    def _pipelined(
        self, calls: Sequence[tuple[str, Sequence[type_of_argument]]], transaction: bool
    ) -> list[Any]:
        names = {name for name, _ in calls}
        if _GUARDED.isdisjoint(names):
            return list(self._pipeline(calls, transaction=transaction).execute(raise_on_error=False))
        try:
            self.claim_guard.require()
        except ClaimsHeld:
            for name, arguments in calls:
                if name not in _CLAIMING:
                    self.run(name, *arguments)
            raise
        return self.claim_guard.execute(self._pipeline(calls), claims="batches/claim" in names)

    def _pipeline(
        self, calls: Sequence[tuple[str, Sequence[type_of_argument]]], *, transaction: bool = False
    ) -> Any:
        pipeline = self.redis.pipeline(transaction=transaction)
        for name, arguments in calls:
            pipeline.evalsha(self.source(name)[1], 0, *arguments)
        return pipeline


def _database(client: redis.Redis) -> int:
    """A server knows scripts for all of its databases at once, and each may be a ledger."""
    return int(client.connection_pool.connection_kwargs.get("db") or 0)
