"""A backlog as it stands in a ledger, and a CarrierX whose last word is `sent`: for what must not wait behind it.

The rows are written into the ledger, not sent. The stand-in costs a tenth of a second a request, on the ledger's clock.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from dispatcher.carrierx.pagination import ListPage
from dispatcher.errors import OutcomeUnknown, Refused
from dispatcher.ledger.batches.packing import PackedBatch
from dispatcher.ledger.batches.rows import EPOCH_MS
from dispatcher.ledger.consent.inbound import Inbound
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.correlation import MessageRef, base36, write_user_data
from dispatcher.model.receipt import MessageStatus
from dispatcher.pipeline import polls
from dispatcher.pipeline.campaigns.send_constraints import constraints_of
from dispatcher.pipeline.runtime.runtime import Runtime
from tests.conftest import SECRET
from tests.factories import SENDER, make_batch, number_of
from tests.valkey import wait_by_clock

ROWS_A_BATCH, LATENCY_SECONDS = 100, 0.1
BATCH = make_batch(*[1] * ROWS_A_BATCH)
VERBS: dict[str, Callable[[Runtime], str]] = {
    "search": polls.look_for_unconfirmed,
    "look": polls.look_after_batches,
    "answer": polls.answer_messages,
    "explain": polls.explain,
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
    ledger.campaigns.create(
        id,
        made,
        fixed=frozenset(),
        filename="spring.csv",
        chunks=0,
        columns=("phone", "name"),
        start_at_ms=None,
        settle_ms=10**9,
        rate=None,
        constraints=constraints_of(made),
    )
    ledger.file_readings.begin(id, "reader", 60_000)
    sizes = [min(ROWS_A_BATCH, rows - first) for first in range(0, rows, ROWS_A_BATCH)]
    packed = {
        size: PackedBatch.of(BATCH if size == ROWS_A_BATCH else make_batch(*[1] * size))
        for size in set(sizes)
    }
    batches = [(number, packed[size], number * ROWS_A_BATCH + size) for number, size in enumerate(sizes)]
    ledger.batches.add_many(id, batches, reader="reader", lease_ms=60_000)
    ledger.file_readings.finish(id, rows, "reader")
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

    def __init__(
        self, ledger: Ledger, sizes: Mapping[str, int], lists: str = "well", latency: float = LATENCY_SECONDS
    ) -> None:
        self._ledger, self._sizes, self._lists, self._latency = ledger, sizes, lists, latency
        self.asked: list[tuple[int, str]] = []
        self.gets: list[str] = []
        self.texts: dict[str, Inbound] = {}

    def list_messages(self, *, filter: str, limit: int, offset: int = 0) -> ListPage[MessageStatus]:
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
            return ListPage(others, offset, limit, has_more=True)
        size = self._sizes.get(campaign_id, 0) if self._lists == "well" else 0
        first = int(batch, 36) * ROWS_A_BATCH
        found = [
            self._status(campaign_id, int(batch, 36), at)
            for at in range(min(ROWS_A_BATCH, max(0, size - first)))
        ]
        shown = [each for each in found if how == "like" or each.user_data == value]
        return ListPage(tuple(shown), offset, len(shown), has_more=False)

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
        wait_by_clock(self._ledger.redis, self._latency)
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
