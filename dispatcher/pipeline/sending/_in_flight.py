"""The granted claims of all batches of a process, and their POSTs, on the thread that awaits them.

Granted claims are written when it is their turn, and read where answers are awaited. One that needs a new connection
takes a thread.
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
from dispatcher.ledger.batches.claims import Claim
from dispatcher.model.correlation import read_user_data
from dispatcher.model.message import Outgoing
from dispatcher.model.receipt import MessageStatus
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending import _post_results
from dispatcher.pipeline.sending._batch_sender import BatchSender
from dispatcher.pipeline.sending._claims import PendingClaim
from dispatcher.pipeline.sending._post_results import PostResult
from dispatcher.pipeline.sending._room import Room

log = logging.getLogger(__name__)

#: A claim is good for this long, counted from before it was asked for.
CLAIM_SECONDS = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class InFlightPost:
    """A POST under way: whose it is, the token and the mark that it shows, when it was begun, on the stopwatch."""

    sender: BatchSender
    claim: Claim
    attempt: int
    token: str = field(repr=False)
    mark: str
    began: float


class InFlight:
    """Granted claims and POSTs under way. Use it in a `with`, on one thread."""

    def __init__(self, runtime: Runtime, room: Room) -> None:
        self._runtime = runtime
        self._room = room
        self._granted: deque[tuple[BatchSender, PendingClaim, int]] = deque()
        self._ended: queue.SimpleQueue[tuple[BatchSender, PostResult]] = queue.SimpleQueue()
        self._multiplexer: Multiplexer[InFlightPost] = Multiplexer()

    def __enter__(self) -> InFlight:
        self._multiplexer.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._multiplexer.__exit__(kind, error, at)

    def wake(self) -> None:
        """End a `wait`. For other threads."""
        self._multiplexer.wake()

    @property
    def granted(self) -> int:
        """So many claims wait for their turn."""
        return len(self._granted)

    @property
    def is_quiet(self) -> bool:
        """Nothing is under way or waits for its turn: there is nothing to write or read meanwhile."""
        return not self._granted and self._room.is_quiet

    def grant(self, sender: BatchSender, pending: PendingClaim, attempt: int) -> None:
        """This claim of a batch was granted, as this attempt at the message."""
        self._granted.append((sender, pending, attempt))

    def begin_granted(self) -> list[tuple[BatchSender, Exception]]:
        """Send what was granted while requests may be in flight; answers the batches where this failed, and how."""
        failed: list[tuple[BatchSender, Exception]] = []
        while self._granted and self._room.acquire_slot():
            sender, pending, attempt = self._granted.popleft()
            try:
                self.begin(sender, pending, attempt)
            except Exception as error:
                self._room.release_slot(None)
                self.drop(sender)
                failed.append((sender, error))
        return failed

    def drop(self, sender: BatchSender) -> None:
        """What was granted to this batch and waits for its turn does not go."""
        self._granted = deque(each for each in self._granted if each[0] is not sender)

    def wait(self, seconds: float) -> list[tuple[BatchSender, PostResult]]:
        """What comes back, waiting at most so long for the first of it."""
        if not self._ended.empty():
            seconds = 0.0
        results = [
            (over.tag.sender, self._result_of(over.tag, over.outcome))
            for over in self._multiplexer.wait(seconds)
        ]
        while not self._ended.empty():
            results.append(self._ended.get())
        for _, result in results:
            self._room.release_slot(result.seconds)
        return results

    def begin(self, sender: BatchSender, pending: PendingClaim, attempt: int) -> None:
        """Send the message of one granted claim, unless the claim has gone stale; `wait` tells how it ended."""
        assert self._runtime.pool is not None
        outgoing = sender.outgoing(pending.claim, attempt)

        def still_good() -> bool:
            return self._runtime.stopwatch() - pending.at < CLAIM_SECONDS

        if not still_good():
            self._ended.put((sender, _post_results.stale(pending.claim)))
            return
        try:
            access = self._runtime.access
        except ApiError as error:
            self._ended.put((sender, _post_results.failed(pending.claim, error, attempt)))
            return
        post = InFlightPost(
            sender, pending.claim, attempt, access.token, outgoing.user_data, self._runtime.stopwatch()
        )
        if not self._multiplexer.begin(post, access.client, outgoing, still_good):
            self._runtime.pool.submit(self._post_in_thread, post, access.client, outgoing, still_good)

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
        self._ended.put((post.sender, result))
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
