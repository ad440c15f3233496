"""What has to be true before answers to claims are used. While it is not nothing is claimed, and the reason says so.

The server keeps what it confirms (`durability`), the replicas that are in step have it on disk, and enough of them are
(`replicas`, `in_step`), the server knows of all claims that were granted before (`claim_memory`), and where it may
have taken over from another one, so say all who claimed lately. It is looked at first of all, whenever a connection was
made anew, since another server may answer there, once a minute, and after every miss.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import redis

from dispatcher.errors import ClaimsHeld
from dispatcher.ledger.store import keys
from dispatcher.ledger.store._claim_memory import ClaimMemory, Counted
from dispatcher.ledger.store.connection import (
    ask_anew,
    connections_made,
    sentinels_name_another,
    text_of,
    translated,
)
from dispatcher.ledger.store.durability import look_at_durability
from dispatcher.ledger.store.in_step import InStep
from dispatcher.ledger.store.ledger_id import ledger_id
from dispatcher.ledger.store.replicas import (
    WAIT_MS,
    ReplicaCount,
    Replicas,
    missing,
    put_wait,
    required_at_first,
    serving,
    was_promoted,
)

#: How long what was seen is believed on the same connections.
LOOK_SECONDS = 60.0
#: While something is wrong it is looked at again after this.
AGAIN_SECONDS = 0.25
#: How long others are waited for that claimed on the server before, in ms.
CLAIMERS_MS = 5_000

RunScript = Callable[..., Any]


class _Waits(NamedTuple):
    """For how many replicas a claim waits shortly, and for how many it must; `disk`: for a disk at all. It holds for
    these connections, and as long as nothing more was missed."""

    all: int
    required: int
    disk: bool
    made: int
    misses: int


class ClaimGuard:
    """Ends pipelines that claim, and looks at what stands behind their answers.

    `run` runs a script by its name. `unsafe`: an operator does without all this but the memory of claims.
    """

    def __init__(
        self,
        client: redis.Redis,
        run: RunScript,
        *,
        data_dir: Path | None = None,
        unsafe: bool = False,
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> None:
        self.replicas = Replicas(client)
        self._redis = client
        self._run_script = run
        self._unsafe = unsafe
        self._stopwatch = stopwatch
        self._memory = ClaimMemory(data_dir)
        self._lock = threading.Lock()
        self._look_at = 0.0
        self._made = -1
        self._name = ""
        self._run = ""
        self._standing = ReplicaCount(0, 0, 0)
        self._syncs_always = True
        self._in_step = InStep(stopwatch)
        self._held: ClaimsHeld | None = None
        self._misses = 0
        self._missed = False

    def require(self) -> _Waits:
        """What a claim has to wait for.

        Raises:
            ClaimsHeld: nothing may be claimed on this server now.
            StoreUnavailable: Redis does not answer.
        """
        with self._lock:
            if self._stopwatch() >= self._look_at or connections_made(self._redis) != self._made:
                self._look()
            if self._held is not None:
                raise ClaimsHeld(self._held.message, hint=self._held.hint)
            attached, required = self._standing.attached, max(self._in_step.required, self._standing.least)
            disk = bool(required) or not self._syncs_always
            return _Waits(max(attached, required), required, disk, self._made, self._misses)

    @property
    def run(self) -> str:
        """Which run of a server was looked at last, as the primary (`look_at_run.lua`); empty: none yet."""
        return self._run

    def execute(self, pipeline: Any, *, claims: bool) -> list[Any]:
        """Run a pipeline; its answers when they may be used.

        The count stands before the write that is waited for (`put_wait`), so that whatever of it others made waits as
        well.

        Raises:
            ClaimsHeld: they may not; the same may be asked for again.
        """
        if claims:
            self._be_known()
        waits, asked = self.require(), len(pipeline)
        if claims:
            pipeline.hmget(keys.TICKS, "claims", "began_run")
        if waits.disk:
            put_wait(pipeline, waits.all, waits.required, WAIT_MS)
        if not self._unsafe:
            pipeline.execute_command("ROLE")
        try:
            answers: list[Any] = pipeline.execute(raise_on_error=False)
        except redis.RedisError:  # the next answer may be another server's
            self._look_again()
            raise
        tail = answers[asked:]
        for answer in tail:
            if isinstance(answer, Exception):
                self._look_again()
                raise answer
        if not self._unsafe:
            self._prove(waits, tail)
        if claims:
            self._remember(*tail[0])
        if connections_made(self._redis) != waits.made:
            self._look_again()
            self.require()
        if self._misses != waits.misses:
            raise ClaimsHeld("something was wrong with Redis meanwhile", hint="it is looked at again")
        return answers[:asked]

    def _be_known(self) -> None:
        """Before the first claim of this process the ledger knows of it, so that others wait for what it knows."""
        with self._lock:
            if not self._name:
                self._name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
                self._look_at = 0.0

    def _remember(self, claims: bytes | None, run: bytes | None) -> None:
        """Before anybody looks again: the server may be another by now, and must know of these claims as well."""
        self._memory.remember(Counted(int(claims or 0), text_of(run or b"")))

    def _prove(self, waits: _Waits, tail: list[Any]) -> None:
        attached = serving(tail[-1])
        if attached > self._standing.expected:
            self.replicas.seen(attached)
            self._look_again()
            raise ClaimsHeld(
                "a replica has joined that does not have the claims yet", hint="a moment's matter"
            )
        if waits.disk:
            on_disk, confirmed = (int(number) for number in tail[-2])
            self._prove_on_disk(on_disk, confirmed)

    def _prove_on_disk(self, on_disk: int, confirmed: int) -> None:
        required, least = self._in_step.required, self._standing.least
        if on_disk < 1:
            self._look_again()
            raise ClaimsHeld("Redis does not have the claims on its disk yet", hint="is its disk slow?")
        if not self._in_step.takes(confirmed, least=least):
            self._look_again()
            left = self._in_step.seconds_left()
            without = f"claims go on without in {left:.0f} s; " if left else ""
            raise ClaimsHeld(
                f"{confirmed} of {max(required, least)} replicas have the claims on disk",
                hint=f"{without}are they running, with appendonly yes? try `mms doctor`",
            )
        if confirmed != required:
            self.replicas.go_on_with(self._run, confirmed)

    def _look_again(self) -> None:
        with self._lock:
            self._look_at = 0.0
            self._missed = True

    def _look(self) -> None:
        if self._missed and sentinels_name_another(self._redis):
            ask_anew(self._redis)
        made = connections_made(self._redis)
        self._held = self._problem()
        self._missed = self._held is not None
        self._misses += self._held is not None
        self._made = made
        self._look_at = self._stopwatch() + (AGAIN_SECONDS if self._held else LOOK_SECONDS)

    def _problem(self) -> ClaimsHeld | None:
        if self._unsafe:
            return self._run_problem()
        durability = look_at_durability(self._redis)
        if durability.problem is not None:
            return ClaimsHeld(
                f"this Redis cannot keep a claim safe: {durability.problem}",
                hint="set `appendonly yes`, `appendfsync always`, `maxmemory-policy noeviction`",
            )
        self._syncs_always = durability.syncs_always
        try:
            self._standing = self.replicas.look()
        except ClaimsHeld as held:
            return held
        self._in_step.expect(self._standing.expected)
        if self._standing.attached < self._standing.least:
            return missing(self._standing)
        return self._run_problem()

    def _run_problem(self) -> ClaimsHeld | None:
        """Does this run of the server know of all claims? The script marks one that does not: nothing is claimed from
        then on."""
        with translated():
            known = self._memory.known(ledger_id(self._redis))
            lost, awaited, run = self._run_script(
                "recovery/look_at_run", known.claims, known.run, self._name, CLAIMERS_MS
            )
        if lost:
            return ClaimsHeld(
                "this Redis has forgotten claims that it had confirmed",
                hint="`mms recover` lets sending go on",
            )
        if text_of(run) != self._run:
            self._begin_run(text_of(run))
        if awaited:
            self._in_step.seen(self._standing.attached)
            return ClaimsHeld(
                f"{awaited} processes that sent through another Redis have not looked at this one yet",
                hint=f"they are waited for {CLAIMERS_MS / 1000:.0f} s at most",
            )
        return None

    def _begin_run(self, run: str) -> None:
        """Which replicas are in step where we come to; who comes after us is told."""
        if self._unsafe:
            required = 0
        else:
            took_over = bool(self._run) and was_promoted(self._redis)
            required = required_at_first(self._standing, run, took_over=took_over)
            if took_over and self._standing.in_step[0] != run:
                self.replicas.go_on_with(run, required)
        self._in_step.begin(required, there_are=self._standing.attached)
        self._run = run
