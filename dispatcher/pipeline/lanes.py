"""Several batches under way in one process: while one waits for a limit, others are sent.

A slow campaign so neither holds a process nor costs a task a message. The first batch is the one that the hint named;
when it is blocked, a thread takes up a batch of another campaign, and so on. All share the connections to CarrierX.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable

from dispatcher.errors import StoreUnavailable
from dispatcher.pipeline.world import World

log = logging.getLogger(__name__)

#: Batches under way at once in one process.
MOST_LANES = 32
#: After this long nothing more is taken up, and whatever waits is given back: the next hint gets its turn.
SLICE_SECONDS = 5.0
#: A shorter wait is not worth another batch.
SHORTEST_WAIT_SECONDS = 0.05
#: Nothing was there to take up: asked again after this.
PAUSE_SECONDS = 0.25
#: A batch that was picked and not taken is due again after this.
OFFER_MS = 5_000

#: Works on one batch to its end, or until it has to be given back; answers what was done.
Work = Callable[["Lanes", str, int], Counter[str]]


class Lanes:
    """The batches of one call of `send_batch`."""

    def __init__(self, world: World, campaign_id: str, work: Work) -> None:
        self.began = world.stopwatch()
        self.done: Counter[str] = Counter()
        self._world = world
        self._work = work
        self._lock = threading.Lock()
        self._campaigns = {campaign_id}
        self._threads: list[threading.Thread] = []
        self._in_flight = 0
        self._ask_again = 0.0

    @property
    def is_over(self) -> bool:
        """Nothing more is begun, nothing is waited for."""
        return self._world.stopwatch() - self.began > SLICE_SECONDS

    @property
    def has_room(self) -> bool:
        """One more request may be in flight."""
        return self._in_flight < self._world.settings.in_flight

    def reserve(self, most: int) -> int:
        """Places for requests in flight, at most so many; they are given back by `free`."""
        with self._lock:
            granted = max(0, min(most, self._world.settings.in_flight - self._in_flight))
            self._in_flight += granted
            return granted

    def free(self, places: int = 1) -> None:
        """So many requests are not in flight any more."""
        with self._lock:
            self._in_flight -= places

    def blocked(self, seconds: float) -> None:
        """A batch has to wait so long for a limit: take up another one, if there is any."""
        now = self._world.stopwatch()
        with self._lock:
            busy = sum(thread.is_alive() for thread in self._threads)
            if seconds < SHORTEST_WAIT_SECONDS or now < self._ask_again or busy >= MOST_LANES - 1:
                return
            self._ask_again = now + PAUSE_SECONDS
        if not self.is_over and (picked := self._pick()):
            thread = threading.Thread(target=self._lane, args=picked, name="lane", daemon=True)
            with self._lock:
                self._ask_again = 0.0
                self._threads.append(thread)
            thread.start()

    def finish(self) -> None:
        """Wait until all lanes are done; they end by themselves when the slice is over."""
        while alive := [thread for thread in self._threads if thread.is_alive()]:
            alive[0].join()

    def _pick(self) -> tuple[str, int] | None:
        try:
            with self._lock:
                had = sorted(self._campaigns)
            picked = self._world.ledger.batches.pick(had, offer_ms=OFFER_MS)
        except StoreUnavailable:
            return None
        if picked is None:
            return None
        with self._lock:
            if picked[0] in self._campaigns:
                return None
            self._campaigns.add(picked[0])
        return picked

    def _lane(self, campaign_id: str, number: int) -> None:
        following: tuple[str, int] | None = (campaign_id, number)
        while following is not None:
            try:
                done = self._work(self, *following)
            except Exception:
                log.exception("a lane ended in a way that nobody foresaw")
                done = Counter()
            with self._lock:
                self.done += done
                self._campaigns.discard(following[0])
            following = None if self.is_over else self._pick()
