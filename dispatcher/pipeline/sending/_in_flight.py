"""The POSTs of one batch: granted claims are written when it is their turn, and read where answers are awaited.

One that needs a new connection takes a thread.
"""

from __future__ import annotations

import logging
import queue
from collections import deque
from dataclasses import dataclass, field, replace
from types import TracebackType

from dispatcher.carrierx.client import CarrierX
from dispatcher.carrierx.multiplexer import Exchanges
from dispatcher.carrierx.transport import Permit
from dispatcher.errors import ApiError, OutcomeUnknown
from dispatcher.ledger.batches.claims import Claim, Hold
from dispatcher.ledger.batches.packing import Batch
from dispatcher.model.correlation import MessageRef, read_user_data, write_user_data
from dispatcher.model.message import Outgoing
from dispatcher.model.receipt import MessageStatus
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending import _post_results
from dispatcher.pipeline.sending._batch_pool import Lanes
from dispatcher.pipeline.sending._claims import Asked
from dispatcher.pipeline.sending._post_results import Ending

log = logging.getLogger(__name__)

#: A claim is good for this long, counted from before it was asked for.
CLAIM_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Posting:
    """A POST under way: whose it is, the token and the mark that it shows, when it was begun, on the stopwatch."""

    claim: Claim
    attempt: int
    token: str = field(repr=False)
    mark: str
    began: float


class Posts:
    """Granted claims and requests under way. Use it in a `with`, on one thread."""

    def __init__(self, runtime: Runtime, lanes: Lanes, hold: Hold, batch: Batch) -> None:
        self.hold = hold
        self.in_flight = 0
        self._runtime = runtime
        self._lanes = lanes
        self._batch = batch
        self._granted: deque[tuple[Asked, int]] = deque()
        self._endings: queue.SimpleQueue[Ending] = queue.SimpleQueue()
        self._exchanges: Exchanges[Posting] = Exchanges()

    def __enter__(self) -> Posts:
        self._exchanges.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._exchanges.__exit__(kind, error, at)

    @property
    def granted(self) -> int:
        """So many claims wait for their turn."""
        return len(self._granted)

    def grant(self, asked: Asked, attempt: int) -> None:
        """This claim was granted, as this attempt at the message."""
        self._granted.append((asked, attempt))

    def begin_granted(self) -> None:
        """Send what was granted while requests may be in flight."""
        while self._granted and self._lanes.depart():
            self.begin(*self._granted.popleft())

    def wait(self, seconds: float) -> list[Ending]:
        """What comes back, waiting at most so long for the first of it."""
        if not self._endings.empty():
            seconds = 0.0
        endings = [self._ending(over.tag, over.outcome) for over in self._exchanges.wait(seconds)]
        while not self._endings.empty():
            endings.append(self._endings.get())
        for ending in endings:
            self.in_flight -= 1
            self._lanes.arrive(ending.seconds)
            self._lanes.free()
        return endings

    def begin(self, asked: Asked, attempt: int) -> None:
        """Send the message of one granted claim, unless the claim has gone stale; `wait` tells how it ended."""
        assert self._runtime.pool is not None
        outgoing = self._outgoing(asked.claim, attempt)
        self.in_flight += 1

        def still_good() -> bool:
            return self._runtime.stopwatch() - asked.at < CLAIM_SECONDS

        if not still_good():
            self._endings.put(_post_results.given_back(asked.claim))
            return
        try:
            access = self._runtime.access
        except ApiError as error:
            self._endings.put(_post_results.failed(asked.claim, error, attempt))
            return
        posting = Posting(asked.claim, attempt, access.token, outgoing.user_data, self._runtime.stopwatch())
        if not self._exchanges.begin(posting, access.client, outgoing, still_good):
            self._runtime.pool.submit(self._post_in_thread, posting, access.client, outgoing, still_good)

    def _outgoing(self, claim: Claim, attempt: int) -> Outgoing:
        message = self._batch.messages[claim.message]
        ref = MessageRef(self.hold.campaign, self.hold.batch, claim.message, attempt)
        return Outgoing(
            sender=claim.sender,
            to=tuple(self._batch.rows[row].number or "" for row in claim.members),
            text=message.text,
            media=message.media,
            user_data=write_user_data(ref, self._runtime.installation.secrets[0]),
        )

    def _post_in_thread(
        self, posting: Posting, client: CarrierX, outgoing: Outgoing, still_good: Permit
    ) -> None:
        if not still_good():
            ending = _post_results.given_back(posting.claim)
        else:
            result: MessageStatus | ApiError
            try:
                result = client.send(outgoing, permit=still_good)
            except ApiError as error:
                result = error
            except BaseException as error:
                # A fault of ours: the POST may have left, so it is looked for; the fault itself must be seen.
                log.exception("sending failed in a way that no outcome stands for")
                result = ApiError(type(error).__name__)
            ending = self._ending(posting, result)
        self._endings.put(ending)
        self._exchanges.wake()

    def _ending(self, posting: Posting, result: MessageStatus | ApiError) -> Ending:
        if isinstance(result, ApiError):
            ending = _post_results.failed(posting.claim, result, posting.attempt)
        elif result.user_data != posting.mark and read_user_data(result.user_data, self._runtime.secrets):
            stray = OutcomeUnknown("CarrierX answered with another message of ours")
            ending = _post_results.failed(posting.claim, stray, posting.attempt)
        else:
            ending = _post_results.accepted(posting.claim, result)
        if ending.brake:
            ending = ending.shown(self._runtime.fingerprint_of(posting.token))
        return replace(ending, seconds=self._runtime.stopwatch() - posting.began)
