"""Several workers bring callbacks in at once, whichever of them is faster: the same end as by one."""

from __future__ import annotations

import json
import random
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.receipts.callback_stream import CallbackStream, StreamEntry
from dispatcher.ledger.store.scripts import Scripts
from dispatcher.ledger.views.message_locator import MessageLocator
from dispatcher.model.correlation import MessageRef, write_user_data
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.receipts.ingest import ingest_entries
from dispatcher.pipeline.runtime.runtime import Runtime
from tests.conftest import SECRET
from tests.factories import (
    CAMPAIGN,
    SENDER,
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

#: Members of each message; its last one was answered with a 429 and is in its second attempt.
SIZES = (1, 1, 3, 2, 1)
PERSON = "12125550199"


class Said(NamedTuple):
    """A callback: a word about a member of a message, by our mark or by its sid; or what a person wrote."""

    message: int
    member: int
    word: str
    attempt: int | None

    def body(self) -> bytes:
        """As it is stored. What a message costs and who carries it is the same in all that is said of it."""
        if self.word in ("STOP", "START"):
            said = {
                "from": PERSON,
                "to": SENDER,
                "message": self.word,
                "message_sid": f"{self.word}-{self.message}",
            }
            return json.dumps({**said, "status": "received", "direction": "inbound"}).encode()
        sid = f"{self.message:08x}{SID[8:]}"
        rows = sum(SIZES[: self.message])
        price = {"price": f"0.0{self.message + 1}", "mcc": "310", "mnc": str(self.message)}
        made = 2 if self.message == len(SIZES) - 1 else 1
        ref = MessageRef(CAMPAIGN, 0, self.message, min(self.attempt or 0, made))
        mark = {} if self.attempt is None else {"user_data": write_user_data(ref, SECRET)}
        to = number_of(rows + self.member % SIZES[self.message] + 1)
        return callback_body(sid=sid, status=self.word, to=to, **price, **mark)


SAID = st.builds(
    Said,
    st.integers(0, len(SIZES) - 1),
    st.integers(0, 2),
    st.sampled_from(["queued", "sent", "sent", "failed", "delivered", "undecided", "STOP", "START"]),
    st.sampled_from([None, 1, 2]),
)


def begun(ledger: Ledger) -> None:
    """A campaign of one batch, all of it taken by CarrierX."""
    ledger.redis.flushall()
    add_campaign(ledger, make_batch(*SIZES))
    taken = take(ledger)
    for message in range(len(SIZES)):
        for outcome in ("accepted",) if message < len(SIZES) - 1 else ("later", "accepted"):
            asked = make_claim(taken, message, name=outcome)
            assert claim(ledger, taken.hold, asked, now_ms=ledger.agenda.now_ms()).word == "go"
            record(ledger, taken.hold, make_record(asked, outcome, sid=f"{message:08x}{SID[8:]}"))


def end(ledger: Ledger) -> dict[str, Any]:
    """What became of it, without times and alarms."""
    [(_, rows)] = ledger.batches.read(CAMPAIGN, [0])
    fields: Any = ledger.redis.hgetall(f"mms:c:{CAMPAIGN}")
    heard: Any = ledger.redis.hgetall(f"mms:c:{CAMPAIGN}:heard")
    return {
        "rows": [row._replace(at_ms=0, final_ms=bool(row.final_ms), claimed_ms=0) for row in rows],
        "states": states(ledger),
        "counts": recount(ledger),
        "heard": {name: count for name, count in heard.items() if count != b"0"},
        "money": {name: fields.get(name) for name in (b"cost", b"dear_legs", b"dear_segments")},
        "over": (fields[b"state"], b"settled_at" in fields),
        "waiting": ledger.callback_stream.waiting(),
        "inbound": sorted(ledger.redis.hkeys("mms:inbound:messages")),
        "opted out": ledger.redis.hget("mms:optout", PERSON),
    }


def stored(ledger: Ledger, said: list[Said]) -> None:
    """All of it in the stream."""
    for at_ms, each in enumerate(said, 1_000):
        ledger.callback_stream.store(each.body(), at_ms)


@pytest.mark.slow
@settings(  # no shrinking: an example is two campaigns, and takes a third of a second
    max_examples=60,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(said=st.lists(SAID, max_size=40), seed=st.integers(0, 2**32), repeated=st.booleans())
def test_whichever_of_several_workers_is_faster_the_end_is_the_same(
    runtime: Runtime, said: list[Said], seed: int, repeated: bool
) -> None:
    ledger, dice = runtime.ledger, random.Random(seed)
    begun(ledger)
    stored(ledger, said)
    one = MessageLocator(ledger)
    while entries := ledger.callback_stream.take("one", 500):
        ingest_entries(runtime, one, entries)
    alone = end(ledger)

    begun(ledger)
    stored(ledger, said)
    workers = [(CallbackStream(Scripts(ledger.redis)), MessageLocator(ledger)) for _ in range(3)]
    hands: list[tuple[MessageLocator, list[StreamEntry]]] = []
    while entries := (worker := dice.choice(workers))[0].take("one of three", dice.randint(1, 5)):
        hands.append((worker[1], entries))
    dice.shuffle(hands)
    for locator, entries in hands:
        ingest_entries(runtime, locator, entries)
        if repeated:  # by who took it over from a worker that was not dead
            ingest_entries(runtime, locator, entries)
    assert end(ledger) == alone
    assert alone["counts"][RecipientState.QUEUED] <= sum(SIZES)
