"""Random interleavings of everything that can happen to a campaign: the promises hold after every step.

Three senders, a person who steers, CarrierX's receipts, looks for what is unconfirmed, and a clock that jumps. Every
script is run a second time with the same arguments, as a client does after a lost reply: nothing may change.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
import redis as redis_py
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from dispatcher.errors import Conflict
from dispatcher.ledger.batches.batches import NextLook
from dispatcher.ledger.batches.claims import Claim, Hold, TakenBatch
from dispatcher.ledger.batches.rows import RowState, unpack_lease
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.receipts.receipts import Receipt
from dispatcher.ledger.store import keys
from dispatcher.model.state import FINAL, WORD_RANK, CampaignState, RecipientState
from tests.factories import (
    CAMPAIGN,
    LEASE_MS,
    LOOK_MS,
    POLL_MS,
    START_MS,
    add_campaign,
    claim,
    make_batch,
    make_claim,
    make_record,
    record,
    recount,
    snapshot,
    token_of,
)
from tests.valkey import TEST_CLOCK, set_clock

pytestmark = pytest.mark.slow

BATCHES = 1
MESSAGES = 3  # two singles and a group of three
Where = tuple[int, int]

senders = st.integers(0, 1)
batches = st.integers(0, BATCHES - 1)
messages = st.integers(0, MESSAGES - 1)


@dataclass
class Sending:
    """What the test knows of one message: who may have sent it, and what speaks for sending it again."""

    token: bytes = b""
    may_go_again: bool = True
    not_there: int = 0
    asked: list[tuple[Hold, Claim]] = field(default_factory=list)


class Interleavings(RuleBasedStateMachine):
    """One small campaign and everything that may happen to it."""

    client: redis_py.Redis

    def __init__(self) -> None:
        super().__init__()
        self.client.flushall()
        self.now = START_MS
        set_clock(self.client, self.now)
        self.ledger = Ledger(self.client, clock=TEST_CLOCK)
        add_campaign(self.ledger, make_batch(1, 1, 3, rejected=1), settle_ms=60_000)
        self.holds: dict[int, TakenBatch] = {}
        self.sendings = {
            (batch, message): Sending() for batch in range(BATCHES) for message in range(MESSAGES)
        }
        self.names = count()
        self.by_receipt = False
        self.before = self._rows()

    # Helpers

    def _rows(self) -> list[RowState]:
        read = self.ledger.batches.read(CAMPAIGN, range(BATCHES))
        return [row for _, states in read for row in states]

    def _state(self) -> CampaignState:
        return self.ledger.campaign(CAMPAIGN).state

    def _twice(self, call: Callable[[], Any]) -> Any:
        """Run it, run it again: the second run changes nothing but alarms. Answers the first answer."""
        answer = call()
        first = snapshot(self.ledger)
        call()
        second = snapshot(self.ledger)
        first.pop(b"mms:alarms", None)
        second.pop(b"mms:alarms", None)
        assert second == first
        return answer

    def _claim(self, taken: TakenBatch, asked: Claim) -> None:
        sending = self.sendings[taken.hold.batch, asked.message]
        state = self._state()
        answer = self._twice(lambda: claim(self.ledger, taken.hold, asked, now_ms=self.now))
        if answer.word != "go" or asked.token == sending.token:
            return
        assert state is CampaignState.RUNNING, f"a go while {state}"
        assert sending.may_go_again or sending.not_there >= 2, "sent twice"
        sending.token, sending.may_go_again, sending.not_there = asked.token, False, 0
        sending.asked.append((taken.hold, asked))

    def _sweep(self, number: int) -> None:
        rows = make_batch(1, 1, 3).sendable()
        self._twice(
            lambda: self.ledger.batches.sweep(
                CAMPAIGN, number, RecipientState.CANCELLED, rows, look_ms=LOOK_MS
            )
        )

    # What may happen

    @rule(window=st.integers(0, 3))
    def offer(self, window: int) -> None:
        """The feeder offers."""
        self.ledger.batches.offer(CAMPAIGN, window=window, most=window, offer_ms=15_000)

    @rule(who=senders, batch=batches)
    def take(self, who: int, batch: int) -> None:
        """A sender takes a batch, hinted at or not."""
        token = token_of(("taker", who, next(self.names)))
        taken = self._twice(
            lambda: self.ledger.batches.take(CAMPAIGN, batch, token=token, lease_ms=LEASE_MS, look_ms=LOOK_MS)
        )
        if isinstance(taken, TakenBatch):
            self.holds[who] = taken

    @precondition(lambda self: self.holds)
    @rule(message=messages, data=st.data())
    def claim(self, message: int, data: st.DataObject) -> None:
        """A sender claims, by a hold that may be long lost."""
        taken = data.draw(st.sampled_from(list(self.holds.values())), label="by the hold")
        sending = self.sendings[taken.hold.batch, message]
        asked = make_claim(taken, message, name=next(self.names))
        old = [each for hold, each in sending.asked if hold == taken.hold]
        again: bool = data.draw(st.booleans(), label="the same claim again")
        if old and again:
            asked = old[-1]
        self._claim(taken, asked)

    @precondition(lambda self: any(sending.asked for sending in self.sendings.values()))
    @rule(
        outcome=st.sampled_from(["accepted", "refused", "later", "later", "unknown", "unknown"]),
        word=st.sampled_from(sorted(WORD_RANK)),
        wait_ms=st.sampled_from([0, 5_000]),
        data=st.data(),
    )
    def record(self, outcome: str, word: RecipientState, wait_ms: int, data: st.DataObject) -> None:
        """A sender records what became of a claim, now or long after it lost the batch."""
        tried = [where for where, sending in self.sendings.items() if sending.asked]
        batch, message = data.draw(st.sampled_from(tried), label="message")
        sending = self.sendings[batch, message]
        hold, asked = data.draw(st.sampled_from(sending.asked), label="claim")
        sid = f"sid {batch} {message} {asked.token.hex()}" if outcome == "accepted" else None
        became = make_record(asked, outcome, word=word, sid=sid, text=outcome, wait_ms=wait_ms)
        answer = self._twice(lambda: record(self.ledger, hold, became))
        if answer == "ok" and outcome == "later":
            sending.may_go_again = True

    @precondition(lambda self: self.holds)
    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        """A sender renews its lease, if it still has it."""
        hold = data.draw(st.sampled_from(list(self.holds.values()))).hold
        self._twice(lambda: self.ledger.batches.renew(hold, lease_ms=LEASE_MS))

    @precondition(lambda self: self.holds)
    @rule(wait_ms=st.sampled_from([0, 3_000]), data=st.data())
    def give_back(self, wait_ms: int, data: st.DataObject) -> None:
        """A sender gives its batch back, if it still has it; and goes on holding what it thinks it holds."""
        hold = data.draw(st.sampled_from(list(self.holds.values()))).hold
        self._twice(
            lambda: self.ledger.batches.give_back(hold, wait_ms=wait_ms, poll_ms=POLL_MS, look_ms=LOOK_MS)
        )

    @rule(who=senders)
    def take_and_claim_all(self, who: int) -> None:
        """A sender takes the batch, claims what it can, and is not heard of for a while."""
        self.take(who, 0)
        if who in self.holds:
            for message in range(MESSAGES):
                self._claim(self.holds[who], make_claim(self.holds[who], message, name=next(self.names)))

    @rule(by_ms=st.sampled_from([1, 2_000, 15_000, LEASE_MS, 3_600_000]))
    def time_passes(self, by_ms: int) -> None:
        """The clock goes on: offers and leases run out."""
        self.now += by_ms
        set_clock(self.client, self.now)

    @precondition(lambda self: any(sending.asked for sending in self.sendings.values()))
    @rule(
        word=st.sampled_from(sorted(WORD_RANK)),
        older=st.booleans(),
        member=st.integers(0, 2),
        how=st.sampled_from(["own", "shared"]),
        data=st.data(),
    )
    def receipt(self, word: RecipientState, older: bool, member: int, how: Any, data: st.DataObject) -> None:
        """CarrierX speaks of a message that was tried."""
        tried = [where for where, sending in self.sendings.items() if sending.asked]
        batch, message = data.draw(st.sampled_from(tried), label="message")
        members = make_batch(1, 1, 3).messages[message].members
        row = members[member % len(members)]
        attempt = self.ledger.batches.read(CAMPAIGN, [batch])[0][1][row].attempt - older
        if attempt < 1:
            return
        spoken = [Receipt(message, row, attempt, word, how, f"sid {batch} {message}")]
        spoken += [
            Receipt(message, other, attempt, RecipientState.QUEUED, "shared", f"sid {batch} {message}")
            for other in members
            if other != row
        ]
        self.by_receipt = True
        self._twice(lambda: self.ledger.receipts.apply(CAMPAIGN, batch, spoken, [], grace_ms=600_000))

    @rule(to=st.sampled_from([CampaignState.PAUSED, CampaignState.RUNNING]))
    def steer(self, to: CampaignState) -> None:
        """A person pauses or resumes."""
        with suppress(Conflict):
            self.ledger.campaigns.steer(CAMPAIGN, to, "by hand")
            before = snapshot(self.ledger)
            with suppress(Conflict):
                self.ledger.campaigns.steer(CAMPAIGN, to, "by hand")
            assert snapshot(self.ledger) == before

    @precondition(lambda self: self.now > START_MS + LEASE_MS)
    @rule()
    def cancel(self) -> None:
        """A person cancels."""
        with suppress(Conflict):
            self.ledger.campaigns.steer(CAMPAIGN, CampaignState.CANCELLING, "by hand")
            before = snapshot(self.ledger)
            self.ledger.campaigns.steer(CAMPAIGN, CampaignState.CANCELLING, "by hand")
            assert snapshot(self.ledger) == before

    @rule()
    def sweep(self) -> None:
        """The sweep of a cancelled campaign."""
        if CAMPAIGN not in self.ledger.agenda.sweeping():
            return
        for number in self.ledger.agenda.due_batches(CAMPAIGN, 10):
            self._sweep(number)
        self._twice(lambda: self.ledger.campaigns.swept(CAMPAIGN))

    @rule(batch=batches)
    def look(self, batch: int) -> None:
        """What is unconfirmed was looked for and is not there."""
        picture = self.ledger.batches.picture(CAMPAIGN, batch)
        assert picture is not None
        missing = [
            row for row, state in enumerate(picture.states) if state.state is RecipientState.UNCONFIRMED
        ]
        again_ms = 20_000 if missing else 0
        answer = self._twice(
            lambda: self.ledger.batches.not_there(
                CAMPAIGN,
                batch,
                picture,
                missing,
                care=NextLook(0, exactly=False),
                search=NextLook(again_ms),
                soon_ms=20_000,
            )
        )
        assert answer >= 0
        for message in range(MESSAGES):
            if make_batch(1, 1, 3).messages[message].members[0] in missing:
                self.sendings[batch, message].not_there += 1

    # What always holds

    @invariant()
    def counts_add_up(self) -> None:
        """Campaign, batches and rows agree."""
        assert sum(recount(self.ledger).values()) == 6

    @invariant()
    def final_states_stay(self) -> None:
        """Only a believable receipt ends an end."""
        after = self._rows()
        for old, new in zip(self.before, after, strict=True):
            if old.state in FINAL and new.state is not old.state:
                assert self.by_receipt, f"{old.state} became {new.state}"
        self.before, self.by_receipt = after, False

    @invariant()
    def nothing_is_lost(self) -> None:
        """Whoever has to do something with a row can find it."""
        campaign = self.ledger.campaign(CAMPAIGN)
        scores: list[Any] = [
            self.client.zrange(key(CAMPAIGN), 0, -1, withscores=True)
            for key in (keys.due, keys.care, keys.search)
        ]
        due, care, search = map(dict, scores)
        for number in range(BATCHES):
            picture = self.ledger.batches.picture(CAMPAIGN, number)
            assert picture is not None
            name, found = b"%d" % number, {row.state for row in picture.states}
            if {RecipientState.PENDING, RecipientState.SENDING} & found:
                assert name in due
            if RecipientState.UNCONFIRMED in found:
                assert name in search
        if campaign.state is CampaignState.RUNNING and due:
            assert self.client.zscore(keys.DUE, CAMPAIGN) == min(due.values())
        if care:
            assert self.client.zscore(keys.CARE, CAMPAIGN) == min(care.values())
        if search:
            assert self.client.zscore(keys.SEARCH, CAMPAIGN) == min(search.values())
        if campaign.state is CampaignState.CANCELLING:
            assert CAMPAIGN in self.ledger.agenda.sweeping()
        if campaign.state in {CampaignState.COMPLETED, CampaignState.CANCELLED}:
            assert not campaign.counts[RecipientState.PENDING] + campaign.counts[RecipientState.SENDING]

    @invariant()
    def due_is_never_later_than_the_rows(self) -> None:
        """A batch nobody holds is due when its earliest pending row is, give or take an offer or a wait."""
        for number in range(BATCHES):
            picture = self.ledger.batches.picture(CAMPAIGN, number)
            meta = self.client.hget(keys.rows(CAMPAIGN, number), "m")
            assert picture is not None
            assert isinstance(meta, bytes)
            lease = unpack_lease(meta)
            pending = [row.at_ms for row in picture.states if row.state is RecipientState.PENDING]
            if pending and lease.lease_ms <= self.now:
                due = self.client.zscore(keys.due(CAMPAIGN), number)
                assert due is not None
                assert due <= max(self.now, *pending) + 15_000


def test_the_promises_hold_whatever_happens_in_whatever_order(redis: redis_py.Redis) -> None:
    machine = type("Machine", (Interleavings,), {"client": redis})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=20,
            stateful_step_count=35,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
