"""Many batches under way in one process, on one thread: whoever waits for a limit costs nothing until its turn.

The first batch is the one that the hint named. While it waits, or while requests may be in flight and nothing is there
to send, further batches are taken up. What all of them record and claim next shares a round trip, and so do those that
are taken, renewed and given back. Each kind has a thread of its own beside this one, which writes and reads POSTs;
while there are none it makes round trips itself.
"""

from __future__ import annotations

import heapq
import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import count

from dispatcher.errors import StoreUnavailable
from dispatcher.ledger.batches.leases import EndedHold
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending._batch_sender import BatchSender
from dispatcher.pipeline.sending._exchange import Answer, Asked, exchange
from dispatcher.pipeline.sending._handover import Handover, HandoverResult, hand_over
from dispatcher.pipeline.sending._in_flight import InFlight
from dispatcher.pipeline.sending._room import Room
from dispatcher.pipeline.sending._store_thread import StoreThread
from dispatcher.rules import retry_policy

log = logging.getLogger(__name__)

#: Batches under way at once in one process,
MOST_BATCHES = 512
#: of which so many are taken up at once,
TAKEN_AT_ONCE = 32
#: one for so many messages that may be claimed: most batches have more.
MESSAGES_A_BATCH = 16
#: After this long nothing more is taken up, and whatever waits is given back: the next hint gets its turn, Flower shows
#: what was done. So it is at once when the worker is to stop.
SLICE_SECONDS = 15.0
#: With so many that wait it goes on for longer: to give all of them back and to take them up again costs turns.
CROWD, CROWD_SECONDS = 64, 25.0
#: What the process counts is written so often, and at the end.
COUNT_SECONDS = 1.0
#: What is not waited for otherwise is looked at so often.
MOST_IDLE_SECONDS = 1.0

Ended = Callable[[BatchSender], None]


class SendLoop:
    """The batches of one call of `send_batch`; `ended` hears of each that is given back."""

    def __init__(self, runtime: Runtime, room: Room, ended: Ended) -> None:
        self._runtime = runtime
        self._room = room
        self._tell_ended = ended
        self._began = runtime.stopwatch()
        self._in_flight = InFlight(runtime, room)
        self._exchange: StoreThread[list[Answer]] = StoreThread("exchange", self._in_flight.wake)
        self._handover: StoreThread[HandoverResult] = StoreThread("handover", self._in_flight.wake)
        self._senders: dict[BatchSender, None] = {}
        self._ready: deque[BatchSender] = deque()
        self._waiting: list[tuple[float, int, BatchSender]] = []
        self._with_results: dict[BatchSender, None] = {}
        self._asked: Sequence[Asked] = ()
        self._ended: list[EndedHold] = []
        self._renewed: Sequence[BatchSender] = ()
        self._order = count()
        self._away_since: float | None = None
        self._exchange_at = self._pick_at = self._count_at = 0.0
        self._renew_at = self._began + self._renew_seconds
        self._takes_up, self._lingers = True, False
        self._first: BatchSender | None = None
        self._failure: BaseException | None = None

    def run(self, first: BatchSender | None) -> None:
        """Until everything is sent or has to wait, or the time is over; then until nothing is in flight.

        Without a first one others are looked for all the same.

        Raises:
            Exception: the work on the first batch ended so; all others went on.
        """
        with self._in_flight, self._exchange, self._handover:
            self._first, self._lingers = first, first is None
            if first is not None:
                self._add(first)
            while self._senders or self._ended or self._lingers or not self._handover.is_idle:
                self._turn()
        if self._failure is not None:
            raise self._failure

    @property
    def _is_over(self) -> bool:
        return self._runtime.stopwatch() > self._ends_at or self._runtime.is_stopping()

    @property
    def _ends_at(self) -> float:
        return self._began + (SLICE_SECONDS if len(self._waiting) < CROWD else CROWD_SECONDS)

    @property
    def _renew_seconds(self) -> float:
        return self._runtime.settings.lease_seconds / 3

    def _turn(self) -> None:
        for sender, result in self._in_flight.wait(self._idle_seconds()):
            sender.take_in(result)
            self._with_results[sender] = None
        if self._exchange.is_done:
            self._obey()
        if self._handover.is_done:
            self._after_handover()
        for failed, error in self._in_flight.begin_granted():
            self._fail(failed, error)
        now = self._runtime.stopwatch()
        self._make_ready(now)
        if self._runtime.is_stopping():
            self._claim_no_more(now)
        if self._exchange.is_idle and now >= self._exchange_at:
            self._ask(now)
        if self._handover.is_idle:
            self._hand_over(now)

    def _idle_seconds(self) -> float:
        """How long nothing can be done but wait for an answer, of CarrierX or Redis."""
        if self._exchange.is_done or self._handover.is_done:
            return 0.0
        now = self._runtime.stopwatch()
        moments = [now + MOST_IDLE_SECONDS]
        if self._exchange.is_idle and (self._with_results or (self._ready and self._room.left)):
            moments.append(self._exchange_at)
        if self._waiting:
            moments += [self._waiting[0][0], self._ends_at]
        if self._handover.is_idle:
            moments.append(now if self._ended else self._renew_at)
            if self._wanted():
                moments.append(self._pick_at)
        return max(0.0, min(moments) - now)

    # What was asked of the ledger, and what it answered.

    def _ask(self, now: float) -> None:
        asked: list[Asked] = []
        ready, self._ready = self._ready, deque()
        with_results, self._with_results = self._with_results, {}
        # While nobody waits few ask for many: a script that claims sixteen costs little more than one for one.
        least = 1 if self._waiting else MESSAGES_A_BATCH
        share = max(least, self._room.left // len(ready)) if ready else 0
        for sender in ready:
            sender.is_filed = False
        for sender in dict.fromkeys((*ready, *with_results)):
            most = self._room.left if sender.is_urgent else min(share, self._room.left)
            try:
                wanted = sender.ask(most, now)
            except Exception as error:
                self._fail(sender, error)
                continue
            if wanted is not None:
                asked.append(Asked(sender, *wanted))
            else:
                self._file(sender, now)
        if asked:
            self._asked = asked
            self._exchange.begin(partial(exchange, self._runtime, asked), here=self._in_flight.is_quiet)

    def _obey(self) -> None:
        asked, self._asked = self._asked, ()
        now = self._runtime.stopwatch()
        try:
            answers = self._exchange.result()
        except StoreUnavailable:
            self._store_away([each.sender for each in asked], now)
            return
        self._away_since = None
        for (sender, told, _), answer in zip(asked, answers, strict=True):
            if sender.is_dropped:
                continue
            if isinstance(answer, Exception):
                self._fail(sender, answer)
                continue
            for pending, attempt in sender.answered(*answer, now):
                self._in_flight.grant(sender, pending, attempt)
            if told.claims and sender.is_all_claimed:
                self._pick_at = min(self._pick_at, now)
            self._file(sender, now)

    def _store_away(self, senders: Iterable[BatchSender], now: float) -> None:
        """Nothing is sent without Redis. The same is asked again after a pause, for a while."""
        for sender in senders:
            sender.unanswered()
            self._file(sender, now)
        self._exchange_at = now + retry_policy.STORE_PAUSE_SECONDS
        self._away_since = now if self._away_since is None else self._away_since
        if now - self._away_since > retry_policy.STORE_PATIENCE_SECONDS:
            self._takes_up = False
            for sender in list(self._senders):
                sender.forget_results()
                self._file(sender, now)

    # Which batch is where: ready to claim, waiting, with results to record, or over.

    def _add(self, sender: BatchSender) -> None:
        self._senders[sender] = None
        self._file(sender, self._runtime.stopwatch())

    def _file(self, sender: BatchSender, now: float) -> None:
        """Something happened to it: put it where it belongs."""
        if sender not in self._senders:
            return
        if sender.ready_at > now:
            sender.give_up_waiting(now, is_over=self._is_over)
        if sender.has_results:
            self._with_results[sender] = None
        if sender.is_over:
            self._end(sender)
        elif sender.is_waiting_to_claim and not sender.is_filed:
            sender.is_filed = True
            if sender.ready_at > now:
                heapq.heappush(self._waiting, (sender.ready_at, next(self._order), sender))
            elif sender.is_urgent:
                self._ready.appendleft(sender)
            else:
                self._ready.append(sender)

    def _make_ready(self, now: float) -> None:
        """Those whose wait is over claim next; when the time is over, nobody waits."""
        is_over = self._is_over
        while self._waiting and (is_over or self._waiting[0][0] <= now):
            _, _, sender = heapq.heappop(self._waiting)
            sender.is_filed = False
            self._file(sender, now)

    def _end(self, sender: BatchSender) -> None:
        del self._senders[sender]
        self._takes_up = self._takes_up and not sender.stop.is_of_process
        self._ended.append(sender.ended(self._runtime.stopwatch()))
        self._tell_ended(sender)

    def _fail(self, sender: BatchSender, error: BaseException) -> None:
        """Its lease runs out; what was claimed of it is looked for. The others go on."""
        if sender is self._first:
            self._failure = error
        else:
            log.error("the work on a batch ended in a way that nobody foresaw", exc_info=error)
        self._in_flight.drop(sender)
        sender.drop()
        self._senders.pop(sender, None)
        self._with_results.pop(sender, None)

    def _claim_no_more(self, now: float) -> None:
        """What is claimed is waited for, and whoever ends this process is told; the rest is for others."""
        self._runtime.tell_under_way(self._room.claimed)
        for sender in list(self._senders):
            sender.stop_claiming()
            self._file(sender, now)

    # What is taken up and given back.

    def _wanted(self) -> int:
        """So many batches more are wanted: there is room for more than those at hand have ready."""
        missing = self._room.left - sum(sender.left for sender in self._ready)
        places = MOST_BATCHES - len(self._senders)
        if not self._takes_up or self._is_over or missing <= 0:
            return 0
        return min(TAKEN_AT_ONCE, places, 1 + missing // MESSAGES_A_BATCH)

    def _hand_over(self, now: float) -> None:
        renewed: list[BatchSender] = []
        if now >= self._renew_at:
            self._renew_at = now + min(MOST_IDLE_SECONDS, self._renew_seconds / 3)
            renewed = [each for each in self._senders if now - each.renewed >= self._renew_seconds]
        most = 0
        if now >= self._pick_at or (self._ended and not self._senders):
            self._lingers = False
            most = self._wanted()
        if self._ended or renewed or most:
            counts = now >= self._count_at or not self._senders
            if counts and self._ended:
                self._count_at = now + COUNT_SECONDS
            wanted = Handover(self._ended, [each.hold for each in renewed], most, counts)
            self._ended, self._renewed = [], renewed
            here = self._in_flight.is_quiet and self._exchange.is_idle and not self._ready
            self._handover.begin(partial(hand_over, self._runtime, self._room, wanted), here=here)

    def _after_handover(self) -> None:
        now = self._runtime.stopwatch()
        try:
            result = self._handover.result()
        except Exception:
            log.exception("batches could not be taken up or given back")
            result = HandoverResult()
        for sender, answer in zip(self._renewed, result.renewed, strict=False):
            sender.renewed_as(answer, now)
            self._file(sender, now)
        for sender in result.taken:
            if self._waiting:
                sender.among_waiting()
            self._add(sender)
        self._pick_at = now if result.taken else now + result.pause_seconds
        self._lingers = not self._senders and not self._ended and result.is_soon and bool(self._wanted())
