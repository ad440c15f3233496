"""What has to be true before answers to claims are used. While it is not nothing is claimed, and the reason says so.

The server keeps what it confirms (`durability`), every replica that there should be has it on disk (`replicas`), and
the server knows of all claims that were granted before (`claim_memory`). It is looked at first of all, whenever a
connection was made anew, since another server may answer there, once a minute, and after every miss.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis

from dispatcher.errors import ClaimsHeld
from dispatcher.ledger.store import keys
from dispatcher.ledger.store._claim_memory import ClaimMemory, Counted
from dispatcher.ledger.store.connection import connections_made, text_of, translated
from dispatcher.ledger.store.durability import durability_problem
from dispatcher.ledger.store.ledger_id import ledger_id
from dispatcher.ledger.store.replicas import NUDGE_MS, WAIT_MS, Replicas, missing, serving

#: How long what was seen is believed on the same connections.
LOOK_SECONDS = 60.0
#: While something is wrong it is looked at again after this.
AGAIN_SECONDS = 0.25

RunScript = Callable[..., Any]


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
        self._disks = 0
        self._held: ClaimsHeld | None = None
        self._misses = 0

    def require(self) -> int:
        """On the disks of how many replicas a claim must be.

        Raises:
            ClaimsHeld: nothing may be claimed on this server now.
            StoreUnavailable: Redis does not answer.
        """
        with self._lock:
            if self._stopwatch() >= self._look_at or connections_made(self._redis) != self._made:
                self._look()
            if self._held is not None:
                raise ClaimsHeld(self._held.message, hint=self._held.hint)
            return self._disks

    def execute(self, pipeline: Any, *, claims: bool) -> list[Any]:
        """Run a pipeline; its answers when they may be used.

        WAITAOF waits for what this connection wrote: a claim that is asked for again writes nothing, so a write is put
        behind it. The count stands before that write, so that whatever of it others made waits as well.

        Raises:
            ClaimsHeld: they may not; the same may be asked for again.
        """
        disks, misses, made, asked = self.require(), self._misses, self._made, len(pipeline)
        if claims:
            pipeline.hmget(keys.TICKS, "claims", "began_run")
        if disks:
            pipeline.set(keys.REPLICATED, 1, px=60_000)
            for wait_ms in (NUDGE_MS, WAIT_MS):
                pipeline.execute_command("WAITAOF", 1, disks, wait_ms)
        if not self._unsafe:
            pipeline.execute_command("ROLE")
        answers: list[Any] = pipeline.execute(raise_on_error=False)
        tail = answers[asked:]
        for answer in tail:
            if isinstance(answer, Exception):
                self._look_again()
                raise answer
        if not self._unsafe:
            self._prove(disks, tail)
        if claims:
            self._remember(*tail[0])
        if connections_made(self._redis) != made:
            self._look_again()
            self.require()
        if misses != self._misses:
            raise ClaimsHeld("something was wrong with Redis meanwhile", hint="it is looked at again")
        return answers[:asked]

    def _remember(self, claims: bytes | None, run: bytes | None) -> None:
        """Before anybody looks again: the server may be another by now, and must know of these claims as well."""
        self._memory.remember(Counted(int(claims or 0), text_of(run or b"")))

    def _prove(self, disks: int, tail: list[Any]) -> None:
        attached, on_disk = serving(tail[-1]), tail[-2] if disks else (0, 0)
        if disks and (int(on_disk[0]) < 1 or int(on_disk[1]) < disks):
            self._look_again()
            raise ClaimsHeld(
                f"{on_disk[1]} of {disks} replicas have the claims on disk",
                hint="are they running, with appendonly yes? try `mms doctor`",
            )
        if attached > disks:
            self.replicas.seen(attached)
            self._look_again()
            raise ClaimsHeld(
                "a replica has joined that does not have the claims yet", hint="a moment's matter"
            )

    def _look_again(self) -> None:
        with self._lock:
            self._look_at = 0.0

    def _look(self) -> None:
        made = connections_made(self._redis)
        self._held = self._problem()
        self._misses += self._held is not None
        self._made = made
        self._look_at = self._stopwatch() + (AGAIN_SECONDS if self._held else LOOK_SECONDS)

    def _problem(self) -> ClaimsHeld | None:
        if not self._unsafe:
            if (problem := durability_problem(self._redis)) is not None:
                return ClaimsHeld(
                    f"this Redis cannot keep a claim safe: {problem}",
                    hint="set `appendonly yes`, `appendfsync always`, `maxmemory-policy noeviction`",
                )
            try:
                needed, attached = self.replicas.look()
            except ClaimsHeld as held:
                return held
            if attached < needed:
                return missing(needed, attached)
            self._disks = attached
        return self._forgotten()

    def _forgotten(self) -> ClaimsHeld | None:
        """Does this server know of all claims? The script marks one that does not: nothing is claimed from then on."""
        with translated():
            known = self._memory.known(ledger_id(self._redis))
            lost = self._run_script("recovery/look_at_run", known.claims, known.run)
        if lost:
            return ClaimsHeld(
                "this Redis has forgotten claims that it had confirmed",
                hint="`mms recover` lets sending go on",
            )
        return None
