"""The guard of a worker: it says what the worker does, and ends it when work waits and none of it is taken.

A sign of life from a thread of its own proves a process, not a worker: the thread that takes hints may have stopped. So
each sign carries the worker's progress, and what waits in the queues. A worker that leaves hints waiting for a minute,
runs nothing, and takes and ends nothing in it, is of no use to anybody: it ends, and whoever looks after it (`mms up`,
compose, systemd) starts it again. Neither a task that takes long nor a broker that is away is a reason. A ledger that
lets in newer programs only is one.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import psutil
from celery.worker import state

from dispatcher.errors import LedgerNewer, MmsError
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import last_contact
from dispatcher.ledger.store.schema import require_let_in
from dispatcher.pipeline.health.token_findings import token_sign
from dispatcher.pipeline.runtime.runtime import wall_ms
from tasks.alarm import ring_all
from tasks.broker import Broker, BrokerAwayError
from tasks.progress import Taking, WorkerProgress, progress, seconds_since_taken
from tasks.stopping import set_stopping

log = logging.getLogger(__name__)

LOOK_SECONDS = 10.0
#: Hints wait for so long and the worker moves none: it ends.
STILL_SECONDS = 60.0
#: A task that runs and has not spoken with the ledger for so long hangs: it counts as none.
SILENT_SECONDS = 600.0
#: From asking the worker to end until it is ended by force.
GRACE_SECONDS = 10.0
#: The exit status of a worker that ended itself: an error of the software, as sysexits.h has it.
STATUS = 70


class Stillness:
    """Since when work waits and nothing moves; one look after the other."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._looked: float | None = None
        self._before: tuple[int, int] | None = None

    def look(self, now: float, seen: WorkerProgress, waiting: int | None) -> float:
        """Seconds that the worker has stood still; `now` in seconds of a stopwatch, `waiting` None: nobody knows.

        Times between looks in which this process itself stood still prove nothing.
        """
        moved = (seen.taken, seen.ended) != self._before
        busy = seen.running > 0 and seen.seconds_since_contact < SILENT_SECONDS
        paused = self._looked is not None and now - self._looked > 3 * LOOK_SECONDS
        self._before, self._looked = (seen.taken, seen.ended), now
        if moved or busy or paused or not waiting:
            self._since = None
            return 0.0
        if self._since is None:
            self._since = now
        return now - self._since


class WatchedWorker(NamedTuple):
    """The worker: how it is told apart, its Celery consumer, its constant facts, and the CarrierX token that it shows
    now, if it shows one."""

    taking: Taking
    consumer: Any
    facts: dict[str, Any]
    token: Callable[[], str | None] = lambda: None

    def queues(self) -> list[str]:
        """The queues that it takes hints from now: an operator may have told it to leave one."""
        found = self.consumer.task_consumer
        return sorted(queue.name for queue in found.queues) if found is not None else []


class WorkerGuard:
    """Looks at one worker every few seconds, on a thread of its own, until `stopping`."""

    def __init__(
        self, watched: WatchedWorker, ledger: Ledger, broker: Broker, stopping: threading.Event
    ) -> None:
        self._watched = watched
        self._ledger = ledger
        self._broker = broker
        self._stopping = stopping
        self._still = Stillness()
        self._depths: dict[str, int] | None = None
        self._queues = list(watched.facts["queues"])

    def run(self) -> None:
        """Look until the worker stops."""
        last_contact.only_watch()
        while not self._stopping.is_set():
            try:
                self.look()
            except Exception:
                log.exception("the guard of this worker could not look; it looks again")
            self._stopping.wait(LOOK_SECONDS)
        self._broker.close()
        self._withdraw()

    def look(self) -> None:
        """One look: a sign of life, and the end if it has stood still for too long."""
        self._look_at_schema()
        seen = progress(self._watched.taking)
        self._queues = self._watched.queues() or self._queues
        still = self._still.look(time.monotonic(), seen, self._waiting())
        if still >= STILL_SECONDS and not self._stopping.is_set():
            self._end(still, seen)
        self._say(seen, still)

    def _waiting(self) -> int | None:
        try:
            self._depths = self._broker.depths()
        except BrokerAwayError as error:
            if self._depths is not None:
                log.warning("%s", error)
            self._depths = None
            return None
        return sum(self._depths.get(queue, 0) for queue in self._queues)

    def _say(self, seen: WorkerProgress, still: float) -> None:
        try:
            now_ms = self._ledger.agenda.now_ms()
            facts = {
                **self._watched.facts,
                "queues": self._queues,
                "clock_ms": wall_ms(),
                "said_ms": now_ms,
                "taken": seen.taken,
                "ended": seen.ended,
                "running": seen.running,
                "idle_ms": _ms(seconds_since_taken(self._watched.taking)),
                "still_ms": _ms(still),
                "waiting": self._depths,
                "token": token_sign(self._ledger, self._watched.token()),
            }
            self._ledger.agenda.sign_of_life(self._watched.taking.worker, facts, now_ms)
        except MmsError as error:
            log.warning("no sign of life given: %s", error)

    def _look_at_schema(self) -> None:
        """This program may have become too old for the ledger while it slept."""
        try:
            require_let_in(self._ledger.upgrade.schema())
        except LedgerNewer as error:
            log.critical("this worker ends: %s (%s)", error.message, error.hint)
            set_stopping()
            self._stop(error.exit_status)
        except MmsError as error:
            log.warning("the ledger's schema was not seen: %s", error)

    def _withdraw(self) -> None:
        """Nobody shall count on this worker, nor take its name for one that is in use."""
        try:
            self._ledger.agenda.no_more_signs(self._watched.taking.worker, self._watched.facts["pid"])
        except MmsError as error:
            log.info("the last sign of life was not withdrawn: %s", error)

    def _end(self, still: float, seen: WorkerProgress) -> None:
        names = " and ".join(self._queues)
        running = ", what it runs hangs" if seen.running else ""
        why = f"hints wait in {names} and this worker has taken none for {still:.0f} s{running}"
        log.critical("%s: it ends itself with status %d, to be started again", why, STATUS)
        try:
            for queue in self._queues:
                self._ledger.agenda.note_still(queue, why, self._ledger.agenda.now_ms())
        except MmsError as error:
            log.warning("not noted in the ledger: %s", error)
        self._stop(STATUS)

    def _stop(self, status: int) -> None:
        state.should_stop = status
        ring_all()
        if not self._stopping.wait(GRACE_SECONDS):
            log.critical("it does not end when asked to; ended by force")
            end_by_force()


def end_by_force() -> None:
    """End this process and its children now."""
    for child in psutil.Process().children(recursive=True):
        try:
            child.kill()
        except psutil.Error:
            continue
    os._exit(STATUS)


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else int(seconds * 1000)
