"""Several batches under way in one process: while one waits for a limit or for its last answers, others are sent.

A slow campaign so neither holds a process nor costs a task a message, and the requests that may be in flight are in
flight. The first batch is the one that the hint named. When it is blocked, a thread takes up a batch of a campaign
that nobody waits with; when all of it is claimed and there is room, one of any campaign that no limit holds. All share
the connections to CarrierX.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable

from dispatcher.errors import StoreUnavailable
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending.alongside import AlongsideBatch

log = logging.getLogger(__name__)

#: Batches under way at once in one process.
MOST_BATCHES = 32
#: A batch of its own for so many requests that may be in flight: while one talks to Redis, others are written.
REQUESTS_A_BATCH = 30
#: One claim is asked for ahead of its turn for so many requests that may be in flight,
AHEAD = 2
#: and none while answers take longer than this: a claim does not keep.
AHEAD_SECONDS = 1.0
#: After this long nothing more is taken up, and whatever waits is given back: the next hint gets its turn.
SLICE_SECONDS = 5.0
#: Nothing was there to take up: asked again after this.
PAUSE_SECONDS = 0.25
#: A batch that was picked and not taken is due again after this.
OFFER_MS = 5_000


#: Works on one batch to its end, or until it has to be given back; answers what was done, or nothing.
WorkOnBatch = Callable[["BatchPool", str, int], str]


class _ThreadShare(threading.local):
    """What this thread's batch holds of what all share."""

    claimed = 0
    in_flight = 0


class BatchPool:
    """The batches of one call of `send_batch`."""

    def __init__(self, runtime: Runtime, campaign_id: str, work: WorkOnBatch) -> None:
        self.began = runtime.stopwatch()
        self.alongside: list[AlongsideBatch] = []
        self._runtime = runtime
        self._work = work
        self._lock = threading.Lock()
        self._campaigns = Counter([campaign_id])
        self._limited: set[str] = set()
        self._threads: list[threading.Thread] = []
        self._claimed = 0
        self._in_flight = 0
        self._own = _ThreadShare()
        self._ahead = 0
        self._ask_again = 0.0

    @property
    def is_over(self) -> bool:
        """Nothing more is begun, nothing is waited for."""
        return self._runtime.stopwatch() - self.began > SLICE_SECONDS

    @property
    def has_room(self) -> bool:
        """One more message may be claimed."""
        return self._claimed < self._most_claimed

    @property
    def _most_claimed(self) -> int:
        """A few more than may be in flight: they are claimed while the answers before them are awaited."""
        return self._runtime.settings.in_flight + self._ahead

    def reserve_claims(self, most: int) -> int:
        """Room for messages to claim, for at most so many; it is given back by `release_claims`."""
        with self._lock:
            granted = max(0, min(most, self._most_claimed - self._claimed))
            self._claimed += granted
            self._own.claimed += granted
            return granted

    def release_claims(self, count: int = 1) -> None:
        """So many messages are claimed no more: not granted, or recorded next."""
        with self._lock:
            self._claimed -= count
            self._own.claimed -= count

    def acquire_slot(self) -> bool:
        """One more request is in flight, if it may be; `release_slot` tells when it is not any more."""
        with self._lock:
            may = self._in_flight < self._runtime.settings.in_flight
            self._in_flight += may
            self._own.in_flight += may
            return may

    def release_slot(self, seconds: float | None) -> None:
        """A request is not in flight any more; it took so long, None if it was not made."""
        is_quick = seconds is not None and seconds <= AHEAD_SECONDS
        with self._lock:
            self._in_flight -= 1
            self._own.in_flight -= 1
            self._ahead = self._runtime.settings.in_flight // AHEAD if is_quick else 0

    def release_all(self) -> None:
        """This thread's batch is over, however it ended: what it still holds is the others'."""
        with self._lock:
            self._claimed -= self._own.claimed
            self._in_flight -= self._own.in_flight
            self._own.claimed = self._own.in_flight = 0

    def on_limit(self, campaign_id: str) -> None:
        """A limit holds this campaign: another batch of it would wait as well."""
        with self._lock:
            self._limited.add(campaign_id)

    def on_wait(self) -> None:
        """A batch has to wait for a limit: take up one of a campaign that nobody waits with, if there is any.

        However short the wait: of a limit that campaigns share, only those get their part that are asked for.
        """
        self._take_up(MOST_BATCHES, self._pick_unserved)

    def on_idle(self) -> None:
        """All of a batch is claimed, and there is room for more: take up another one, if there is any."""
        if self.has_room:
            self._take_up(self._most_at_once, self._pick_any)

    def _take_up(self, most: int, pick: Callable[[], tuple[str, int] | None]) -> None:
        now = self._runtime.stopwatch()
        with self._lock:
            busy = sum(thread.is_alive() for thread in self._threads)
            if now < self._ask_again or busy >= most - 1:
                return
            self._ask_again = now + PAUSE_SECONDS
        if not self.is_over and (picked := pick()):
            thread = threading.Thread(target=self._work_through, args=picked, name="batch", daemon=True)
            with self._lock:
                self._ask_again = 0.0
                self._threads.append(thread)
            thread.start()

    def on_first_done(self, campaign_id: str) -> None:
        """The first batch, of this campaign, is done: this thread takes up others."""
        with self._lock:
            self._campaigns[campaign_id] -= 1
        if self._most_at_once > 1 and not self.is_over and (picked := self._pick_any()):
            self._work_through(*picked)

    @property
    def _most_at_once(self) -> int:
        return 1 + self._runtime.settings.in_flight // REQUESTS_A_BATCH

    def finish(self) -> None:
        """Wait until the others are done; they end by themselves when the slice is over."""
        while alive := [thread for thread in self._threads if thread.is_alive()]:
            alive[0].join()

    def _pick_another(self) -> tuple[str, int] | None:
        """A batch of a campaign that this process has no batch of."""
        return self._pick(self._had() | self._limited)

    def _pick_unserved(self) -> tuple[str, int] | None:
        """A batch of a campaign that no process waits with."""
        return self._pick(self._had(), unserved=True)

    def _had(self) -> set[str]:
        with self._lock:
            return {campaign for campaign, batches in self._campaigns.items() if batches}

    def _pick_any(self) -> tuple[str, int] | None:
        """A batch of such a campaign, else of any that no limit holds."""
        return self._pick_another() or self._pick(self._limited)

    def _pick(self, without: set[str], *, unserved: bool = False) -> tuple[str, int] | None:
        try:
            picked = self._runtime.ledger.batches.pick(sorted(without), offer_ms=OFFER_MS, unserved=unserved)
        except StoreUnavailable:
            return None
        if picked is not None:
            with self._lock:
                self._campaigns[picked[0]] += 1
        return picked

    def _work_through(self, campaign_id: str, number: int) -> None:
        following: tuple[str, int] | None = (campaign_id, number)
        while following is not None:
            began_ms, line = self._runtime.clock_ms(), ""
            try:
                line = self._work(self, *following)
            except Exception:
                log.exception("the work on a batch ended in a way that nobody foresaw")
            with self._lock:
                if line:
                    self.alongside.append(
                        AlongsideBatch(*following, line, began_ms, self._runtime.clock_ms())
                    )
                self._campaigns[following[0]] -= 1
            following = None if self.is_over else self._pick_any()
