"""Nobody waits behind a backlog: what is unconfirmed and what people wrote before polls, polls fair among campaigns.

The backlog is written into the ledger as it would stand, and CarrierX is a stand-in that costs a tenth of a second a
request, on the ledger's clock: minutes of it pass in seconds.
"""

from __future__ import annotations

import struct
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from dispatcher.carrierx.pages import Page
from dispatcher.errors import OutcomeUnknown, Refused
from dispatcher.ledger import keys
from dispatcher.ledger.inbound import Inbound
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.packing import PackedBatch
from dispatcher.ledger.rows import EPOCH_MS
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.correlation import MessageRef, base36, write_user_data
from dispatcher.model.receipt import MessageStatus
from dispatcher.model.state import RecipientState
from dispatcher.pipeline import questions
from dispatcher.pipeline.terms import terms_of
from dispatcher.pipeline.tick import Hints, tick
from dispatcher.pipeline.world import World
from tests.conftest import SECRET
from tests.dispatcher.pipeline.conftest import MakeWorld
from tests.factories import SENDER, START_MS, make_batch, number_of
from tests.valkey import set_clock, wait_by_clock

ROWS_A_BATCH, LATENCY_SECONDS, RATE = 100, 0.1, 5.0
BATCH = make_batch(*[1] * ROWS_A_BATCH)
VERBS: dict[str, Callable[[World], str]] = {
    "search": questions.look_for_unconfirmed,
    "look": questions.look_after_batches,
    "answer": questions.answer_messages,
    "explain": questions.explain,
}


def sid_of(campaign_id: str, batch: int, message: int) -> str:
    """The sid of a message, which tells where it stands."""
    return str(uuid.UUID(bytes=campaign_id[:8].encode() + struct.pack(">II", batch, message)))


def place_of(sid: str) -> tuple[str, int, int]:
    """Where the message of a sid stands."""
    read = uuid.UUID(sid).bytes
    batch, message = struct.unpack(">II", read[8:])
    return f"{read[:8].decode()}234", batch, message


def row_of(state: bytes, sid: str, at_ms: int) -> bytes:
    """A row as the ledger keeps it, claimed and accepted then."""
    then, known = (at_ms - EPOCH_MS).to_bytes(5, "little"), uuid.UUID(sid).bytes
    return struct.pack("<cBBH5s5s5s16sHH", state, 0, 1, 0, then, then, bytes(5), known, 65535, 65535)


def backlog(ledger: Ledger, id: str, rows: int, state: bytes, *, at_ms: int, due_ms: int) -> None:
    """A campaign whose rows all are in this state: `t` sent, `u` unconfirmed; to be looked at from `due_ms`."""
    made = CampaignSettings(**{"from": (SENDER,), "message": "Hi", "quiet_hours": "off"})
    ledger.book.create(
        id,
        made,
        fixed=frozenset(),
        filename="spring.csv",
        chunks=0,
        columns=("phone", "name"),
        start_at_ms=None,
        settle_ms=10**9,
        rate=None,
        terms=terms_of(made),
    )
    ledger.book.begin_reading(id, "reader", 60_000)
    sizes = [min(ROWS_A_BATCH, rows - first) for first in range(0, rows, ROWS_A_BATCH)]
    packed = {
        size: PackedBatch.of(BATCH if size == ROWS_A_BATCH else make_batch(*[1] * size))
        for size in set(sizes)
    }
    batches = [(number, packed[size], number * ROWS_A_BATCH + size) for number, size in enumerate(sizes)]
    ledger.batches.add_many(id, batches, reader="reader", lease_ms=60_000)
    ledger.book.end_reading(id, rows, "reader")
    ledger.batches.offer(id, window=0, most=0, offer_ms=1)
    which = "care" if state == b"t" else "search"
    pipeline = ledger.redis.pipeline(transaction=False)
    for number, size in enumerate(sizes):
        counts = bytearray(12)
        counts[{b"u": 2, b"t": 4}[state]] = size
        rows_of: dict[Any, Any] = {
            str(at): row_of(state, sid_of(id, number, at), at_ms) for at in range(size)
        }
        pipeline.hset(keys.rows(id, number), mapping={"n": bytes(counts)} | rows_of)
    pipeline.zadd(f"{keys.campaign(id)}:{which}", {str(number): due_ms for number in range(len(sizes))})
    pipeline.zadd(f"mms:{which}", {id: due_ms})
    pipeline.delete(keys.counts(id), keys.due(id))
    pipeline.hset(keys.counts(id), state.decode(), rows)
    pipeline.zrem(keys.DUE, id)
    pipeline.execute()


class Quiet:
    """A CarrierX whose last word is `sent`. It lists as it is told: `well`, `refuses` (400), `fails` (500), `ignores`
    (the filter), `lags` (shows nothing). `asked` has when what was asked for, ms; `texts` are inbound messages."""

    def __init__(self, ledger: Ledger, sizes: Mapping[str, int], lists: str = "well") -> None:
        self._ledger, self._sizes, self._lists = ledger, sizes, lists
        self.asked: list[tuple[int, str]] = []
        self.gets: list[str] = []
        self.texts: dict[str, Inbound] = {}

    def list_messages(self, *, filter: str, limit: int, offset: int = 0) -> Page[MessageStatus]:
        """A page of what it has."""
        attribute, how, value = filter.split()
        assert attribute == "user_data"
        campaign_id, batch = value.split(".")[:2]
        self._count(f"{how} {campaign_id} {batch}")
        if self._lists == "refuses" and how == "like":
            raise Refused("no such filter", status=400, field="", text="")
        if self._lists == "fails" and how == "like":
            raise OutcomeUnknown("HTTP 500")
        if self._lists == "ignores":
            others = tuple(self._status("other-abc234", 0, at) for at in range(limit))
            return Page(others, offset, limit, has_more=True)
        size = self._sizes.get(campaign_id, 0) if self._lists == "well" else 0
        first = int(batch, 36) * ROWS_A_BATCH
        found = [
            self._status(campaign_id, int(batch, 36), at)
            for at in range(min(ROWS_A_BATCH, max(0, size - first)))
        ]
        shown = [each for each in found if how == "like" or each.user_data == value]
        return Page(tuple(shown), offset, len(shown), has_more=False)

    def get_message(self, sid: str) -> MessageStatus | None:
        """One message."""
        text = self.texts.get(sid)
        if text is not None:
            self._count("text")
            return self._status("", 0, 0, text)
        self.gets.append(sid)
        campaign_id, batch, message = place_of(sid)
        self._count(f"get {campaign_id} {base36(batch)}")
        return self._status(campaign_id, batch, message)

    def _count(self, what: str) -> None:
        wait_by_clock(self._ledger.redis, LATENCY_SECONDS)
        self.asked.append((self._ledger.agenda.now_ms(), what))

    def _status(
        self, campaign_id: str, batch: int, message: int, text: Inbound | None = None
    ) -> MessageStatus:
        mark = write_user_data(MessageRef(campaign_id or "x-abc234", batch, message, 1), SECRET)
        if text:
            people = (text.sid, "received", "inbound", text.sender, text.to, (), text.text)
        else:
            to = number_of(message + 1)
            people = (sid_of(campaign_id, batch, message), "sent", "outbound", SENDER, to, (), "Hi")
        return MessageStatus(*people, (), mark, None, None, None, None, None)


@pytest.fixture
def ledger(timed_ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """A ledger at START_MS, the agenda's own look at the clock too."""
    set_clock(timed_ledger.redis, START_MS)
    monkeypatch.setattr(
        timed_ledger.agenda, "now_ms", lambda: int(float(timed_ledger.redis.get("test:clock") or 0))
    )
    return timed_ledger


class Stack:
    """The tick, the queue of the look worker, and one thread of it: the worst that can be."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.queue: deque[str] = deque()
        self.longest = 0

    def run(self, until: Callable[[], bool], *, seconds: float) -> float:
        """Work until that is so; how long it took on the ledger's clock, seconds, at most so many."""
        began = self.world.ledger.agenda.now_ms()
        while (went := (self.world.ledger.agenda.now_ms() - began) / 1000) < seconds and not until():
            self.world.ledger.redis.delete(keys.TICK)
            tick(self.world, self._hints())
            self.longest = max(self.longest, len(self.queue))
            if self.queue:
                VERBS[self.queue.popleft()](self.world)
            else:
                wait_by_clock(self.world.ledger.redis, 1)
        return went

    def _hints(self) -> Hints:
        def nothing(*_: object) -> None:
            return None

        def hint(kind: str) -> Any:
            return lambda *_: self.queue.append(kind)

        kinds = {kind: hint(kind) for kind in VERBS}
        return Hints(send=nothing, expand=nothing, ingest=nothing, **kinds)


def writes_help(world: World, api: Quiet) -> Inbound:
    """Somebody asks for help, and the door has stored it."""
    text = Inbound("help-sid", world.ledger.agenda.now_ms(), "15165550123", SENDER, "HELP", (), "help")
    api.texts[text.sid] = text
    world.ledger.inbound.keep(b"0-1", text, doubtful=False, follows=True)
    return text


def outcome(world: World, text: Inbound) -> str:
    """What became of an inbound message."""
    return world.ledger.inbound.read([text.sid])[0].outcome


@pytest.mark.parametrize("lists", ["well", "refuses", "fails", "ignores", "lags"])
def test_thirty_unconfirmed_beside_sixty_thousand_without_callbacks_are_looked_at_within_a_minute_and_help_is_answered(
    make_world: MakeWorld, ledger: Ledger, lists: str
) -> None:
    sizes = {"vast-abc234": 60_000, "tiny-abc234": 30}
    api = Quiet(ledger, sizes, lists)
    world = make_world(
        parts={"api": api, "ledger": ledger}, poll_rate="5/s", help_answer="Northwind: call us."
    )
    backlog(ledger, "vast-abc234", 60_000, b"t", at_ms=START_MS - 60_000, due_ms=START_MS - 30_000)
    stack = Stack(world)
    stack.run(lambda: False, seconds=10)
    backlog(
        ledger, "tiny-abc234", 30, b"u", at_ms=ledger.agenda.now_ms() - 10_000, due_ms=ledger.agenda.now_ms()
    )
    text = writes_help(world, api)
    assert stack.run(lambda: outcome(world, text) == "answered", seconds=60) <= 15
    assert stack.run(lambda: _looked_for(api, lists), seconds=60) <= 45
    if lists == "well":
        assert ledger.campaign("tiny-abc234").counts[RecipientState.UNCONFIRMED] == 0
    stack.run(lambda: False, seconds=10)
    assert stack.longest <= len(VERBS), "hints do not pile up"
    times = [at_ms for at_ms, _ in api.asked]
    assert len(times) / ((times[-1] - times[0]) / 1000) <= RATE * 1.02, "all within one budget"
    polled = {what for _, what in api.asked if " vast-abc234 " in what}
    assert len(polled) >= 5, "and what is only undelivered is asked for, too"


def _looked_for(api: Quiet, lists: str) -> bool:
    """Every unconfirmed message was looked for: by a list that shows it, or by one of its own."""
    looks = [what for _, what in api.asked if " tiny-abc234 " in what]
    return bool(looks) if lists == "well" else sum(what.startswith("eq") for what in looks) >= 30


def test_a_list_asks_for_a_whole_batch_so_that_ten_thousand_rows_take_a_third_of_a_minute(
    make_world: MakeWorld, ledger: Ledger
) -> None:
    api = Quiet(ledger, {"vast-abc234": 10_000})
    world = make_world(parts={"api": api, "ledger": ledger}, poll_rate="5/s")
    backlog(ledger, "vast-abc234", 10_000, b"t", at_ms=START_MS - 60_000, due_ms=START_MS)
    took = Stack(world).run(lambda: len({what for _, what in api.asked}) == 100, seconds=60)
    assert len(api.asked) == 100
    assert took <= 25


def test_every_campaign_is_polled_however_many_batches_another_has(
    make_world: MakeWorld, ledger: Ledger
) -> None:
    sizes = {"vast-abc234": 20_000} | {f"tin{index}-abc234": 3 for index in range(5)}
    api = Quiet(ledger, sizes)
    world = make_world(parts={"api": api, "ledger": ledger}, poll_rate="5/s")
    for name, rows in sizes.items():
        wait = 1_000 if rows == 3 else 10_000
        backlog(ledger, name, rows, b"t", at_ms=START_MS - 60_000, due_ms=START_MS - wait)
    Stack(world).run(lambda: sum(" tin" in what for _, what in api.asked) == 5, seconds=60)
    assert len(api.asked) < 100, "none of them waits for the two hundred that were due before"


def test_one_by_one_all_of_a_batch_get_their_turn(make_world: MakeWorld, ledger: Ledger) -> None:
    api = Quiet(ledger, {"vast-abc234": 100}, "refuses")
    world = make_world(parts={"api": api, "ledger": ledger}, poll_rate="5/s")
    backlog(ledger, "vast-abc234", 100, b"t", at_ms=START_MS - 60_000, due_ms=START_MS)
    gets = api.gets
    Stack(world).run(lambda: len(set(gets)) == 100, seconds=900)
    assert len(set(gets)) == 100
    assert len(gets) <= 120
