"""Beat: Celery's schedulers, which sleep until a tick is due; and one that lives beside a worker."""

from __future__ import annotations

import logging
import threading
from functools import cached_property, partial
from typing import Any

from celery import Celery
from celery.beat import PersistentScheduler, Scheduler, SchedulingError, Service
from celery.signals import worker_ready, worker_shutdown
from celery.worker import state

from tasks.alarm import ring_all
from tasks.guard import STATUS

log = logging.getLogger(__name__)

#: A broker that is away is asked again after so long; Celery's waits for half a minute in the end.
RETRY_SECONDS = 2


class _Sleeping:
    """Celery's wake 10 ms before a tick and ask without a pause until it is due: 1 % of a core at a tick a second.

    They also print a page for every tick that a broker does not take.
    """

    _is_refused = False
    app: Any
    apply_async: Any

    def adjust(self, n: float, drift: float = 0.001) -> float:
        """Seconds to sleep until an entry is due in `n`; a little longer, so that it is due then."""
        return n + drift if n and n > 0 else n

    @cached_property
    def connection(self) -> Any:
        """The connection that ticks are given on."""
        made = self.app.connection_for_write()
        made.ensure_connection = partial(
            made.ensure_connection, interval_start=RETRY_SECONDS, interval_max=RETRY_SECONDS
        )
        return made

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Give a tick. A broker that does not take it has the next one in a second, which is said once."""
        try:
            self.apply_async(entry, producer=producer, advance=False)
            self._is_refused = False
        except SchedulingError as error:
            log.log(logging.DEBUG if self._is_refused else logging.WARNING, "%s", error)
            self._is_refused = True


class SleepingScheduler(_Sleeping, PersistentScheduler):  # type: ignore[misc]  # Celery has no types
    """For a beat by itself: it keeps on disk when it last fired."""


class TickScheduler(_Sleeping, Scheduler):  # type: ignore[misc]  # Celery has no types
    """For a beat beside a worker: a tick that comes after a second anyway needs no memory."""


def tick_beside(app: Celery) -> None:
    """Give ticks on a thread of this process while its worker works. Should it end before, so does the worker."""
    service = Service(app, scheduler_cls=TickScheduler)
    stopping = threading.Event()

    def beat() -> None:
        try:
            service.start()
        except Exception:
            log.exception("beat ended, and with it this worker, to be started again")
        if not stopping.is_set():
            state.should_stop = STATUS
            ring_all()

    def begin(**_: Any) -> None:
        threading.Thread(target=beat, name="beat", daemon=True).start()

    def end(**_: Any) -> None:
        stopping.set()
        service.stop()

    worker_ready.connect(begin, weak=False)
    worker_shutdown.connect(end, weak=False)
