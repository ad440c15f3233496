"""One batch is taken and sent: claim, POST, record. Redis decides, this only does.

One thread talks to Redis and to CarrierX: the records of what came back and the claims of what goes next share a
round trip, and POSTs are written and read where they are awaited. One that needs a new connection takes a thread.
"""

from __future__ import annotations

import logging
import os
import queue
from collections import Counter, deque
from dataclasses import dataclass, field, replace
from functools import partial

from dispatcher.carrierx.client import CarrierX
from dispatcher.carrierx.exchanges import Exchanges
from dispatcher.carrierx.transport import Permit
from dispatcher.errors import ApiError, OutcomeUnknown, StoreUnavailable
from dispatcher.ledger.batches import Claim, ClaimAnswer, Denied, Record, Taken
from dispatcher.ledger.packing import BatchMessage, BatchRow
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.correlation import MessageRef, read_user_data, write_user_data
from dispatcher.model.message import Outgoing
from dispatcher.model.receipt import MessageStatus
from dispatcher.model.state import RecipientState
from dispatcher.pipeline import outcome
from dispatcher.pipeline.lanes import Beside, Lanes
from dispatcher.pipeline.outcome import Ending
from dispatcher.pipeline.world import World
from dispatcher.roster.segments import segments
from dispatcher.rules.departure import Departure
from dispatcher.rules.hours import Party
from dispatcher.rules.limits import parse_cap
from dispatcher.rules.senders import choose_sender

log = logging.getLogger(__name__)

#: A claim is good for this long, counted from before it was asked for.
CLAIM_SECONDS = 2.0
#: A longer wait gives the batch back instead of holding the process.
LONGEST_WAIT_MS = 2_000
#: Redis away for longer than this: what is in flight is left to be found as unconfirmed.
STORE_PATIENCE_SECONDS = 60.0
#: Claims asked for at first; grows while all are granted, shrinks to what a limit grants.
FIRST_CLAIMS = 16
TOKEN_BYTES = 8
#: A claim granted ahead of its turn looks so often whether a request of another batch has come back.
TURN_SECONDS = 0.005
#: Answers after which the batch is somebody else's. After any other stop what is in flight keeps its lease.
_LOST = frozenset({"lost", "taken"})
#: Waits that the rows keep themselves: the batch is due again when the first is over.
_KEPT_WAITS = frozenset({"retry", "hours"})
_WAITS = {"closing": "waits for allowed hours", "doors": "waits for callbacks from before a restart of Redis"}
#: The window of a group whose members share no hours.
NEVER = (-1, 0)


@dataclass(frozen=True, slots=True)
class Asked:
    """A claim and when it was first asked for, on the stopwatch."""

    claim: Claim
    at: float


def send_batch(world: World, campaign_id: str, number: int, beside: list[Beside] | None = None) -> str:
    """Take one batch and send what is due in it. Answers one line fit for Flower, such as `97 queued, 1 rejected`.

    Batches that were taken up beside it, while it waited, are added to `beside`, each with its own line. A lost,
    repeated or late call does no harm. When it returns, the batch is done, due again, or somebody else's.
    """
    lanes = Lanes(world, campaign_id, partial(_work_on, world))
    run = _taken(world, lanes, campaign_id, number)
    if isinstance(run, Denied):
        return f"{run.why} {run.detail}".strip()
    run.work()
    run.give_back()
    if not run.is_stopped:
        lanes.go_on(campaign_id)
    lanes.finish()
    if beside is not None:
        beside += lanes.beside
    return run.summary()


def _work_on(world: World, lanes: Lanes, campaign_id: str, number: int) -> str:
    """A batch that was taken up beside others, to its end."""
    run = _taken(world, lanes, campaign_id, number)
    if isinstance(run, Denied):
        return ""
    run.set_aside()
    run.work()
    run.give_back()
    return run.summary()


def _taken(world: World, lanes: Lanes, campaign_id: str, number: int) -> BatchRun | Denied:
    lease_ms = int(world.settings.lease_seconds * 1000)
    taken = world.ledger.batches.take(
        campaign_id,
        number,
        token=os.urandom(TOKEN_BYTES),
        lease_ms=lease_ms,
        look_ms=outcome.FIRST_LOOK_MS,
    )
    if isinstance(taken, Denied):
        return taken
    return BatchRun(world, lanes, taken, lease_ms, world.ledger.book.settings_of(campaign_id))


@dataclass(frozen=True, slots=True)
class Posting:
    """A POST under way: whose it is, the token and the mark that it shows, when it was begun, on the stopwatch."""

    claim: Claim
    attempt: int
    token: str = field(repr=False)
    mark: str
    began: float


class BatchRun:
    """The work on one taken batch. Lives as long as one call of `send_batch`."""

    def __init__(
        self, world: World, lanes: Lanes, taken: Taken, lease_ms: int, settings: CampaignSettings
    ) -> None:
        self._world = world
        self._lanes = lanes
        self._departure = Departure(settings.quiet_hours, settings.at, world.settings.hours_margin)
        self._cap = parse_cap(world.settings.frequency_cap)
        self._hold = taken.hold
        self._batch = taken.batch
        self._senders = settings.senders
        self._pool = self._senders_in_use(settings.senders)
        self._lease_ms = lease_ms
        self._rest = deque(
            Asked(self._new_claim(index, message), 0.0)
            for index, message in enumerate(taken.batch.messages)
            if any(taken.states[row].state is RecipientState.PENDING for row in message.members)
        )
        self._endings: queue.SimpleQueue[Ending] = queue.SimpleQueue()
        self._exchanges: Exchanges[Posting] = Exchanges()
        self._records: list[Record] = []
        self._news: deque[Ending] = deque()
        self._in_flight = 0
        self._granted: deque[tuple[Asked, int]] = deque()
        self._claims = FIRST_CLAIMS
        self._renewed = world.stopwatch()
        self._blocked_until = 0.0
        self._senders_blocked: dict[str, float] = {}
        self._stopped = ""
        self._wait_ms = 0
        self._wait_scope = ""
        self._binding = self._sender_binding = ""
        self.done: Counter[str] = Counter()

    def work(self) -> None:
        """Until everything is sent, or a limit, a stop or a lost lease ends it; then until nothing is in flight."""
        try:
            with self._exchanges:
                self._work()
        finally:
            self._lanes.leave()

    def _work(self) -> None:
        while self._rest or self._granted or self._in_flight or self._records:
            self._collect()
            self._post_granted()
            asked = self._next_claims()
            if self._records or asked:
                self._exchange(asked)
            if not (self._granted or self._in_flight or self._records) and self._stopped:
                break
            self._keep_lease()

    @property
    def is_stopped(self) -> bool:
        """Something ended the work before all of the batch was sent."""
        return bool(self._stopped)

    def give_back(self) -> None:
        """End the lease; the ledger knows from the rows when the batch is due again."""
        poll_ms = int(self._world.settings.poll_first * 1000) * (1 if self._world.polls else 120)
        tally = self._world.tally.take()
        try:
            self._world.ledger.batches.give_back(
                self._hold,
                wait_ms=self._wait_ms,
                poll_ms=poll_ms,
                look_ms=outcome.FIRST_LOOK_MS,
                scope=self._wait_scope,
                tally=tally,
            )
        except StoreUnavailable:
            self._world.tally.put_back(tally)
            log.warning(
                "batch %s of %s not given back: its lease will run out", self._hold.batch, self._hold.campaign
            )

    def set_aside(self) -> None:
        """It waits and costs no worker: others may be offered in its place."""
        try:
            self._world.ledger.batches.set_aside(self._hold)
        except StoreUnavailable:
            return

    def summary(self) -> str:
        """What was done, without anything about anybody."""
        parts = [f"{count} {what}" for what, count in sorted(self.done.items())]
        if self._stopped:
            parts.append(self._stopped)
        return ", ".join(parts) or "nothing due"

    def _senders_in_use(self, pool: tuple[str, ...]) -> tuple[str, ...]:
        """The campaign's pool without senders that an operator took out of use; all of it when none is left."""
        if all(message.sender for message in self._batch.messages):
            return pool
        disabled = self._world.ledger.limits.disabled()
        return tuple(sender for sender in pool if sender not in disabled) or pool

    def _new_claim(self, index: int, message: BatchMessage) -> Claim:
        first = self._batch.rows[message.members[0]].number or ""
        alone = 1 if message.media else max(1, segments(message.text or ""))
        return Claim(
            index,
            message.members,
            message.sender or choose_sender(first, self._pool),
            alone if len(message.members) == 1 else len(message.members),
            os.urandom(TOKEN_BYTES),
            numbers=tuple(self._batch.rows[row].number or "" for row in message.members),
            alone=alone,
            cap=self._cap,
            media=bool(message.media),
        )

    def _as_asked_now(self, asked: Asked, now: float) -> Asked:
        """The claim with the hours as they are now. Asked again after a lost reply, it keeps its first moment."""
        claim = asked.claim
        if not self._departure.always:
            parties = [self._party(row) for row in claim.members]
            window = self._departure.window(parties, self._world.clock_ms())
            claim = replace(claim, window=window or NEVER)
        return Asked(claim, asked.at or now)

    def _party(self, row: int) -> Party:
        recipient = self._batch.rows[row]
        return recipient.number or "", recipient.timezone if isinstance(recipient, BatchRow) else None

    def _collect(self) -> None:
        """Take in what came back; wait for it when there is nothing else to do."""
        self._await(self._idle_seconds())

    def _await(self, seconds: float) -> None:
        """What comes back, waiting at most so long for the first of it."""
        if not self._endings.empty():
            seconds = 0.0
        for over in self._exchanges.wait(seconds):
            self._landed(self._ending(over.tag, over.outcome))
        while not self._endings.empty():
            self._landed(self._endings.get())

    def _idle_seconds(self) -> float:
        """How long nothing can be done but wait for an answer; never past the next renewal of the lease."""
        if self._records:
            return 0.0
        if self._granted:
            return TURN_SECONDS
        until_renewal = max(0.01, self._renewed + self._lease_ms / 3000 - self._world.stopwatch())
        if self._rest and not self._stopped:
            blocked = self._ready_at() - self._world.stopwatch()
            if blocked > 0:
                self._lanes.blocked(blocked)
            elif not self._lanes.has_room:
                return until_renewal if self._in_flight else 0.01
            return min(max(blocked, 0.0), until_renewal)
        if self._in_flight and not self._stopped:
            self._lanes.spare()
        return until_renewal if self._in_flight else 0.0

    def _landed(self, ending: Ending) -> None:
        self._in_flight -= 1
        self._lanes.arrive(ending.seconds)
        self._lanes.free()
        self._records.append(ending.record)
        if ending.seconds is not None:
            self._world.tally.sent(ending.record.outcome, ending.seconds)
        if ending.hold_ms or ending.brake or ending.odd_word:
            self._news.append(ending)

    def _spread_news(self) -> None:
        """What an ending means for others is in the ledger before its own record makes the message due again."""
        agenda = self._world.ledger.agenda
        while self._news:
            ending = self._news[0]
            if ending.hold_ms:
                agenda.hold(ending.hold_scope, ending.hold_ms, slower=True)
            if ending.brake:
                agenda.brake(ending.brake, ending.refused, self._world.clock_ms())
            if ending.odd_word:
                for row in ending.record.members:
                    self._world.ledger.receipts.keep_word(
                        self._hold.campaign, self._hold.batch, row, ending.odd_word
                    )
            self._news.popleft()

    def _next_claims(self) -> list[Asked]:
        now = self._world.stopwatch()
        if not self._stopped and self._rest:
            self._give_up_waiting(now)
        if self._stopped or now < self._blocked_until:
            return []
        room = self._lanes.reserve(min(self._claims, len(self._rest)))
        chosen: list[Asked] = []
        passed: list[Asked] = []
        while self._rest and len(chosen) < room:
            asked = self._rest.popleft()
            free = self._senders_blocked.get(asked.claim.sender, 0.0) <= now
            (chosen if free else passed).append(asked)
        self._rest.extendleft(reversed(passed))
        self._lanes.free(room - len(chosen))
        return [self._as_asked_now(asked, now) for asked in chosen]

    def _ready_at(self) -> float:
        """When the next claim may be asked for, on the stopwatch."""
        return max(self._blocked_until, self._first_sender_free())

    def _first_sender_free(self) -> float:
        senders = {asked.claim.sender for asked in self._rest}
        return min((self._senders_blocked.get(sender, 0.0) for sender in senders), default=0.0)

    def _exchange(self, asked: list[Asked]) -> None:
        records = self._records[:]
        try:
            self._spread_news()
            recorded, answers = self._world.ledger.batches.exchange(
                self._hold,
                records,
                [each.claim for each in asked],
                caller_ms=self._world.clock_ms(),
                fingerprint=self._world.fingerprint,
            )
        except StoreUnavailable:
            self._lanes.free(len(asked))
            self._store_away(asked)
            return
        self._records = self._records[len(records) :]
        for record, answer in zip(records, recorded, strict=True):
            self.done[_word(record, answer)] += len(record.members)
        self._obey(asked, answers)

    def _store_away(self, asked: list[Asked]) -> None:
        """Nothing is sent without Redis. The same claims are asked again: what it granted, it grants again."""
        self._rest.extendleft(reversed(asked))
        now = self._world.stopwatch()
        self._blocked_until = now + 0.5
        if now - self._renewed > STORE_PATIENCE_SECONDS:
            self._stopped = "redis away"
            self._records.clear()
            self._news.clear()
            return
        self._await(0.5)

    def _obey(self, asked: list[Asked], answers: list[ClaimAnswer]) -> None:
        granted, denied = 0, []
        for each, answer in zip(asked, answers, strict=True):
            match answer.word:
                case "go":
                    granted += 1
                    self._skipped(each.claim, answer)
                    self._granted.append((replace(each, claim=each.claim.to(answer.members)), answer.attempt))
                case "skip":
                    self._skipped(each.claim, answer)
                case "wait" if answer.detail in _KEPT_WAITS:
                    self.done["waiting"] += len(each.claim.members)
                case "wait" | "yield":
                    # With a token of its own: should Redis run the denied one after all, late, it grants nothing.
                    denied.append(Asked(replace(each.claim, token=os.urandom(TOKEN_BYTES)), 0.0))
                    self._block(each.claim, answer)
                case "done":
                    self.done["settled before"] += len(each.claim.members)
                case _:
                    self._stopped = f"{answer.word} {answer.detail}".strip()
                    self._wait_ms = 10_000 if answer.word in {"brake", "clock"} else 0
                    if answer.word == "brake":
                        self._world.look_for_another_token()
        self._lanes.free(len(asked) - granted)
        self._post_granted()
        self._rest.extendleft(reversed(denied))
        if denied:
            self._lanes.limited(self._hold.campaign)
            now = self._world.stopwatch()
            self._world.tally.waited(self._binds, max(0.0, self._ready_at() - now))
            self._give_up_waiting(now)
            self._claims = max(1, granted)
        elif asked:
            self._claims = min(2 * self._claims, self._world.settings.in_flight)

    def _skipped(self, claim: Claim, answer: ClaimAnswer) -> None:
        if len(claim.members) > len(answer.members):
            self.done["skipped"] += len(claim.members) - len(answer.members)

    def _block(self, claim: Claim, answer: ClaimAnswer) -> None:
        """A limit of one sender keeps only this sender's messages."""
        until = self._world.stopwatch() + answer.wait_ms / 1000
        if answer.detail.endswith(f"sender:{claim.sender}"):
            self._senders_blocked[claim.sender] = until
            self._sender_binding = answer.detail
        else:
            self._blocked_until = max(self._blocked_until, until)
            self._binding = answer.detail

    def _give_up_waiting(self, now: float) -> None:
        """A long wait, or any wait after a while with this batch, gives it back."""
        wait = self._ready_at() - now
        if wait > LONGEST_WAIT_MS / 1000 or (wait > 0 and self._lanes.is_over):
            scope, by_sender = self._binds, self._waits_for_senders
            self._stopped = _WAITS.get(scope) or f"waits for {limit_in_words(scope)}"
            self._wait_ms = int(wait * 1000) + 1 if not by_sender or self._pool_is_in_use() else 1
            self._wait_scope = "" if scope in _WAITS or by_sender else scope

    @property
    def _waits_for_senders(self) -> bool:
        return self._first_sender_free() > self._blocked_until

    @property
    def _binds(self) -> str:
        """The limit that is waited for longest."""
        return self._sender_binding if self._waits_for_senders else self._binding

    def _pool_is_in_use(self) -> bool:
        """Whether the batch, taken again, would get the same senders."""
        try:
            return self._senders_in_use(self._senders) == self._pool
        except StoreUnavailable:
            return True

    def _post_granted(self) -> None:
        while self._granted and self._lanes.depart():
            self._post(*self._granted.popleft())

    def _post(self, asked: Asked, attempt: int) -> None:
        assert self._world.pool is not None
        message = self._batch.messages[asked.claim.message]
        ref = MessageRef(self._hold.campaign, self._hold.batch, asked.claim.message, attempt)
        outgoing = Outgoing(
            sender=asked.claim.sender,
            to=tuple(self._batch.rows[row].number or "" for row in asked.claim.members),
            text=message.text,
            media=message.media,
            user_data=write_user_data(ref, self._world.installation.secrets[0]),
        )
        self._in_flight += 1

        def still_good() -> bool:
            return self._world.stopwatch() - asked.at < CLAIM_SECONDS

        if not still_good():
            self._endings.put(outcome.given_back(asked.claim))
            return
        try:
            access = self._world.access
        except ApiError as error:
            self._endings.put(outcome.failed(asked.claim, error, attempt))
            return
        posting = Posting(asked.claim, attempt, access.token, outgoing.user_data, self._world.stopwatch())
        if not self._exchanges.begin(posting, access.client, outgoing, still_good):
            self._world.pool.submit(self._post_in_thread, posting, access.client, outgoing, still_good)

    def _post_in_thread(
        self, posting: Posting, client: CarrierX, outgoing: Outgoing, still_good: Permit
    ) -> None:
        if not still_good():
            ending = outcome.given_back(posting.claim)
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
            ending = outcome.failed(posting.claim, result, posting.attempt)
        elif result.user_data != posting.mark and read_user_data(result.user_data, self._world.secrets):
            stray = OutcomeUnknown("CarrierX answered with another message of ours")
            ending = outcome.failed(posting.claim, stray, posting.attempt)
        else:
            ending = outcome.accepted(posting.claim, result)
        refused = self._world.fingerprint_of(posting.token) if ending.brake else ""
        return replace(ending, seconds=self._world.stopwatch() - posting.began, refused=refused)

    def _keep_lease(self) -> None:
        now = self._world.stopwatch()
        if self._stopped in _LOST or now - self._renewed < self._lease_ms / 3000:
            return
        try:
            answer = self._world.ledger.batches.renew(self._hold, lease_ms=self._lease_ms)
        except StoreUnavailable:
            return
        self._renewed = now
        if answer != "ok":
            self._stopped = answer if answer in _LOST else f"halt {answer}"


def limit_in_words(scope: str) -> str:
    """The limit that binds, without its number: `the limit of account`, `the daily cap of campaign`."""
    if scope == "carrierx":
        return "CarrierX, which does not answer"
    day, kind = scope.startswith("day:"), scope.removeprefix("day:").partition(":")[0]
    return f"the {'daily cap' if day else 'limit'} of {kind}"


def _word(record: Record, answer: str) -> str:
    if answer == "gone":
        return "decided elsewhere"
    if record.outcome == "accepted":
        return record.word.value
    return {"refused": "rejected", "later": "later", "unknown": "unconfirmed"}[record.outcome]
