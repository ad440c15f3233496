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
from dispatcher.carrierx.multiplexer import Multiplexer
from dispatcher.carrierx.transport import Permit
from dispatcher.errors import ApiError, OutcomeUnknown
from dispatcher.ledger.batches.claims import Claim, Hold
from dispatcher.ledger.batches.packing import Batch
from dispatcher.model.correlation import MessageRef, read_user_data, write_user_data
from dispatcher.model.message import Outgoing
from dispatcher.model.receipt import MessageStatus
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending import _post_results
from dispatcher.pipeline.sending._batch_pool import BatchPool
from dispatcher.pipeline.sending._claims import PendingClaim
from dispatcher.pipeline.sending._post_results import PostResult

log = logging.getLogger(__name__)

#: A claim is good for this long, counted from before it was asked for.
CLAIM_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class InFlightPost:
    """A POST under way: whose it is, the token and the mark that it shows, when it was begun, on the stopwatch."""

    claim: Claim
    attempt: int
    token: str = field(repr=False)
    mark: str
    began: float


class InFlight:
    """Granted claims and POSTs under way. Use it in a `with`, on one thread."""

    def __init__(self, runtime: Runtime, pool: BatchPool, hold: Hold, batch: Batch) -> None:
        self.hold = hold
        self.count = 0
        self._runtime = runtime
        self._pool = pool
        self._batch = batch
        self._granted: deque[tuple[PendingClaim, int]] = deque()
        self._ended: queue.SimpleQueue[PostResult] = queue.SimpleQueue()
        self._multiplexer: Multiplexer[InFlightPost] = Multiplexer()

    def __enter__(self) -> InFlight:
        self._multiplexer.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._multiplexer.__exit__(kind, error, at)

    @property
    def granted(self) -> int:
        """So many claims wait for their turn."""
        return len(self._granted)

    def grant(self, pending: PendingClaim, attempt: int) -> None:
        """This claim was granted, as this attempt at the message."""
        self._granted.append((pending, attempt))

    def begin_granted(self) -> None:
        """Send what was granted while requests may be in flight."""
        while self._granted and self._pool.acquire_slot():
            self.begin(*self._granted.popleft())

    def wait(self, seconds: float) -> list[PostResult]:
        """What comes back, waiting at most so long for the first of it."""
        if not self._ended.empty():
            seconds = 0.0
        results = [self._result_of(over.tag, over.outcome) for over in self._multiplexer.wait(seconds)]
        while not self._ended.empty():
            results.append(self._ended.get())
        for result in results:
            self.count -= 1
            self._pool.release_slot(result.seconds)
            self._pool.release_claims()
        return results

    def begin(self, pending: PendingClaim, attempt: int) -> None:
        """Send the message of one granted claim, unless the claim has gone stale; `wait` tells how it ended."""
        assert self._runtime.pool is not None
        outgoing = self._outgoing(pending.claim, attempt)
        self.count += 1

        def still_good() -> bool:
            return self._runtime.stopwatch() - pending.at < CLAIM_SECONDS

        if not still_good():
            self._ended.put(_post_results.stale(pending.claim))
            return
        try:
            access = self._runtime.access
        except ApiError as error:
            self._ended.put(_post_results.failed(pending.claim, error, attempt))
            return
        post = InFlightPost(
            pending.claim, attempt, access.token, outgoing.user_data, self._runtime.stopwatch()
        )
        if not self._multiplexer.begin(post, access.client, outgoing, still_good):
            self._runtime.pool.submit(self._post_in_thread, post, access.client, outgoing, still_good)

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
        self, post: InFlightPost, client: CarrierX, outgoing: Outgoing, still_good: Permit
    ) -> None:
        if not still_good():
            result = _post_results.stale(post.claim)
        else:
            answer: MessageStatus | ApiError
            try:
                answer = client.send(outgoing, permit=still_good)
            except ApiError as error:
                answer = error
            except BaseException as error:
                # A fault of ours: the POST may have left, so it is looked for; the fault itself must be seen.
                log.exception("sending failed in a way that no outcome stands for")
                answer = ApiError(type(error).__name__)
            result = self._result_of(post, answer)
        self._ended.put(result)
        self._multiplexer.wake()

    def _result_of(self, post: InFlightPost, answer: MessageStatus | ApiError) -> PostResult:
        if isinstance(answer, ApiError):
            result = _post_results.failed(post.claim, answer, post.attempt)
        elif answer.user_data != post.mark and read_user_data(answer.user_data, self._runtime.secrets):
            stray = OutcomeUnknown("CarrierX answered with another message of ours")
            result = _post_results.failed(post.claim, stray, post.attempt)
        else:
            result = _post_results.accepted(post.claim, answer)
        if result.brake:
            result = result.with_token(self._runtime.fingerprint_of(post.token))
        return replace(result, seconds=self._runtime.stopwatch() - post.began)
