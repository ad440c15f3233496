"""Whatever CarrierX says, in whichever order and how often, before or after its own answer: the same end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations

import pytest

from dispatcher.ledger.batches.claims import TakenBatch
from dispatcher.model.correlation import MessageRef, write_user_data
from dispatcher.pipeline.receipts.ingest import ingest
from dispatcher.pipeline.runtime.runtime import Runtime
from tests.conftest import SECRET
from tests.factories import (
    SID,
    add_campaign,
    callback_body,
    claim,
    make_batch,
    make_claim,
    make_record,
    number_of,
    record,
    recount,
    states,
    take,
)

pytestmark = pytest.mark.slow

Event = Callable[["Message"], None]


class Message:
    """One message in its second attempt: CarrierX said 429 to the first."""

    def __init__(self, runtime: Runtime, serial: int, members: int) -> None:
        self.runtime = runtime
        self.campaign = f"orders-{serial:06}"
        self.sid = f"{serial:08x}{SID[8:]}"
        ledger = runtime.ledger
        add_campaign(ledger, make_batch(members), id=self.campaign)
        self.taken: TakenBatch = take(ledger, self.campaign)
        now_ms = ledger.agenda.now_ms()
        first = make_claim(self.taken, name="first")
        assert claim(ledger, self.taken.hold, first, now_ms=now_ms).attempt == 1
        record(ledger, self.taken.hold, make_record(first, "later"))
        self.asked = make_claim(self.taken, name="second")
        assert claim(ledger, self.taken.hold, self.asked, now_ms=now_ms).attempt == 2

    def answer(self) -> None:
        """CarrierX's own answer to the POST."""
        record(self.runtime.ledger, self.taken.hold, make_record(self.asked, sid=self.sid))

    def hear(self, status: str, row: int, *, marked: bool, attempt: int = 2) -> None:
        """One callback, worked on at once."""
        ref = MessageRef(self.campaign, 0, 0, attempt)
        mark = {"user_data": write_user_data(ref, SECRET)} if marked else {}
        sid = self.sid if attempt == 2 else f"old-{self.sid}"
        body = callback_body(sid=sid, status=status, to=number_of(row + 1), **mark)
        self.runtime.ledger.callback_stream.store(body, self.runtime.ledger.agenda.now_ms())
        ingest(self.runtime, "tester")


def heard(status: str, row: int = 0, *, marked: bool = True, attempt: int = 2) -> Event:
    """That callback comes."""
    return lambda message: message.hear(status, row, marked=marked, attempt=attempt)


ANSWERED: Event = Message.answer
#: What happens in any order, to a message to so many, and the states that it ends in.
STORIES: dict[str, tuple[int, Sequence[Event], list[str]]] = {
    "one": (
        1,
        [ANSWERED, heard("sent"), heard("delivered", marked=False), heard("failed", attempt=1)],
        ["delivered"],
    ),
    "one, repeated": (
        1,
        [ANSWERED, heard("sent", marked=False), heard("failed"), heard("sent", marked=False), ANSWERED],
        ["failed"],
    ),
    "a group": (
        2,
        [ANSWERED, heard("delivered"), heard("sent", 1), heard("failed", 1, marked=False)],
        ["delivered", "failed"],
    ),
    "a group without our mark": (
        2,
        [ANSWERED, heard("sent", marked=False), heard("delivered", marked=False), heard("sent", 1)],
        ["delivered", "sent"],
    ),
}


@pytest.mark.parametrize("story", STORIES)
def test_every_order_of_callbacks_and_answer_ends_in_the_same_states(runtime: Runtime, story: str) -> None:
    members, events, end = STORIES[story]
    for serial, order in enumerate(permutations(events)):
        message = Message(runtime, serial, members)
        for happens in order:
            happens(message)
        ingest(runtime, "tester")
        assert states(runtime.ledger, message.campaign) == end, [events.index(each) for each in order]
        recount(runtime.ledger, message.campaign)
    assert runtime.ledger.redis.hgetall("mms:alarms").keys() <= {b"older_attempt"}
