"""Things that tests need, with defaults for everything that a test does not care about."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from dispatcher.ledger.batches.claims import Claim, ClaimAnswer, Hold, Record, TakenBatch
from dispatcher.ledger.batches.packing import Batch, BatchMessage, BatchRow
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.recipient import InvalidRow, Recipient
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.campaigns.send_constraints import constraints_of

SENDER = "15162065575"
CAMPAIGN = "spring-abc234"
SID = "097b49df-c54e-4eaf-97d0-89cf7d5a655b"
START_MS = 1_800_000_000_000
LEASE_MS = 30_000
LOOK_MS = 10_000
POLL_MS = 60_000


def number_of(row: int) -> str:
    """A fictional number, another one for every row up to 799 × 100."""
    exchange, last = divmod(row, 100)
    return f"1{200 + exchange}55501{last:02}"


def make_recipient(row: int = 1, **changes: Any) -> Recipient:
    """A row that can be sent."""
    made = Recipient(
        row, row + 1, number_of(row), None, "Hi", (), None, None, (number_of(row), f"name {row}")
    )
    return made._replace(**changes)


def make_invalid_row(row: int = 1, **changes: Any) -> InvalidRow:
    """A row that is not sent."""
    cells = (f"12{row}", f"name {row}")
    made = InvalidRow(row, row + 1, "invalid", "phone", "too_short", "It is too short.", f"12{row}", cells)
    return made._replace(**changes)


def make_batch(
    *sizes: int, rejected: int = 0, first_row: int = 1, media: tuple[str, ...] = (), text: str | None = "Hi"
) -> Batch:
    """A batch of messages with so many members each (default: three to one), then so many invalid rows."""
    sizes = sizes or (1, 1, 1)
    rows: list[BatchRow | InvalidRow] = []
    messages = []
    for size in sizes:
        members = tuple(range(len(rows), len(rows) + size))
        for _ in range(size):
            row = first_row + len(rows)
            rows.append(BatchRow(row, row + 1, number_of(row), None, (number_of(row), f"name {row}")))
        messages.append(BatchMessage(members, SENDER, text, media))
    rows += [make_invalid_row(first_row + len(rows) + index) for index in range(rejected)]
    return Batch(tuple(rows), tuple(messages))


def add_campaign(
    ledger: Ledger,
    *batches: Batch,
    id: str = CAMPAIGN,
    run: bool = True,
    start_at_ms: int | None = None,
    settle_ms: int = 3_600_000,
    rate: tuple[float, float] | None = None,
    **settings: Any,
) -> str:
    """A campaign with these batches, its file read; running unless told otherwise. Answers its id."""
    made = CampaignSettings(**{"from": (SENDER,), "message": "Hi", "quiet_hours": "off", **settings})
    ledger.campaigns.create(
        id,
        made,
        fixed=frozenset(),
        filename="spring.csv",
        chunks=0,
        columns=("phone", "name"),
        start_at_ms=start_at_ms,
        settle_ms=settle_ms,
        rate=rate,
        constraints=constraints_of(made),
    )
    assert ledger.file_readings.begin(id, "reader", 60_000) is not None
    rows = 0
    for number, batch in enumerate(batches or (make_batch(),)):
        rows += len(batch.rows)
        answer = ledger.batches.add(id, number, batch, rows_read=rows, reader="reader", lease_ms=60_000)
        assert answer == "ok"
    assert ledger.file_readings.finish(id, rows, "reader")
    if run:
        ledger.batches.offer(id, window=0, most=0, offer_ms=1)
    return id


def token_of(name: object) -> bytes:
    """A token of eight bytes, the same for the same name."""
    return hashlib.sha256(repr(name).encode()).digest()[:8]


def take(ledger: Ledger, campaign_id: str = CAMPAIGN, number: int = 0, *, who: str = "a") -> TakenBatch:
    """Take a batch, which must work."""
    taken = ledger.batches.take(campaign_id, number, token=token_of(who), lease_ms=LEASE_MS, look_ms=LOOK_MS)
    assert isinstance(taken, TakenBatch), taken
    return taken


def make_claim(taken: TakenBatch, message: int = 0, *, name: object = "claim", **changes: Any) -> Claim:
    """A claim of one message of a batch."""
    members = taken.batch.messages[message].members
    fields = {"message": message, "members": members, "sender": SENDER, "cost": len(members)}
    return Claim(**{**fields, "token": token_of((name, message)), **changes})


def claim(ledger: Ledger, hold: Hold, asked: Claim, *, now_ms: int, fingerprint: str = "fp") -> ClaimAnswer:
    """Ask for one claim at the caller's time `now_ms`."""
    _, answers = ledger.batches.record_and_claim(hold, [], [asked], caller_ms=now_ms, fingerprint=fingerprint)
    return answers[0]


def make_record(asked: Claim, outcome: str = "accepted", **changes: Any) -> Record:
    """What became of a claim; accepted with a sid unless told otherwise."""
    fields: dict[str, Any] = {"message": asked.message, "members": asked.members, "token": asked.token}
    if outcome == "accepted":
        fields["sid"] = SID
    return Record(**{**fields, "outcome": outcome, **changes})


def record(ledger: Ledger, hold: Hold, became: Record) -> str:
    """Record one ending."""
    recorded, _ = ledger.batches.record_and_claim(hold, [became], [], caller_ms=0, fingerprint="fp")
    return recorded[0]


def states(ledger: Ledger, campaign_id: str = CAMPAIGN, number: int = 0) -> list[str]:
    """The states of a batch's rows, in words."""
    return [row.state.value for row in ledger.batches.read(campaign_id, [number])[0][1]]


def recount(ledger: Ledger, campaign_id: str = CAMPAIGN) -> dict[RecipientState, int]:
    """Rows by state as the campaign counts them; proves that batches' counts and a recount of rows agree."""
    counted = ledger.campaign(campaign_id).counts
    numbers = ledger.campaigns.batch_numbers(campaign_id)
    rows = Counter[RecipientState]()
    for number in numbers:
        picture = ledger.batches.picture(campaign_id, number)
        assert picture is not None
        of_batch = Counter(row.state for row in picture.states)
        assert bytes(of_batch[state] for state in RecipientState) == picture.counts
        rows += of_batch
    assert {state: rows[state] for state in RecipientState} == counted
    return counted


_READ: dict[bytes, Callable[[Any, bytes], Any]] = {
    b"string": lambda pipeline, key: pipeline.get(key),
    b"hash": lambda pipeline, key: pipeline.hgetall(key),
    b"set": lambda pipeline, key: pipeline.smembers(key),
    b"list": lambda pipeline, key: pipeline.lrange(key, 0, -1),
    b"zset": lambda pipeline, key: pipeline.zrange(key, 0, -1, withscores=True),
    b"stream": lambda pipeline, key: pipeline.xrange(key),
}


def snapshot(ledger: Ledger) -> dict[bytes, Any]:
    """Everything in Redis but expiry times, to prove that a repeated call changes nothing."""
    keys: Any = ledger.redis.keys("*")
    types = ledger.redis.pipeline(transaction=False)
    for key in keys:
        types.type(key)
    values = ledger.redis.pipeline(transaction=False)
    for key, kind in zip(keys, types.execute(), strict=True):
        _READ[kind](values, key)
    return dict(zip(keys, values.execute(), strict=True))


def callback_body(*, sid: str = SID, status: str = "delivered", **fields: Any) -> bytes:
    """A status callback as CarrierX POSTs it."""
    body = {"message_sid": sid, "status": status, "direction": "outbound", "from": SENDER, **fields}
    return json.dumps(body).encode()


_AREAS = (212, 213, 214, 215, 216, 303, 305, 312, 313, 314, 404, 412, 415, 503, 512, 602, 612, 617, 702, 713)


def csv_number(row: int) -> str:
    """A fictional number that a campaign file of a simulated ledger may hold; 2,000 of them."""
    area, last = divmod(row - 1, 100)
    return f"1{_AREAS[area]}55501{last:02}"


def make_csv(
    rows: int, *, more: Callable[[int], str] = lambda row: f"name {row}", column: str = "name"
) -> bytes:
    """A campaign file with so many rows, all different."""
    lines = [f"{csv_number(row)},{more(row)}" for row in range(1, rows + 1)]
    return "\n".join([f"phone,{column}", *lines, ""]).encode()
