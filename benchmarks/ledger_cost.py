"""ledger_cost: what a recipient costs one Valkey: CPU of the server and bytes of its append-only file.

A file is read, its messages are sent, and each is called back three times (`queued`, `sent`, `delivered`) through the
real scripts: claims and records as a sender writes them, callbacks into the stream by the receiver's own writer and
out of it by the ingestion, each word shuffled over all messages. No HTTP and no Celery: nothing but the server is
counted. The baseline is as many bytes by bare commands, which look at no limit, consent, lease or count.
"""

from __future__ import annotations

import asyncio
import os
import random
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

import redis
from redis.asyncio import Redis as AsyncRedis

from benchmarks.callbacks import callback_body
from benchmarks.ledgers import HOUR_MS, read_campaign, runtime_on
from benchmarks.result import Asked, Line, Result, Values, median_line
from benchmarks.store import Store
from dispatcher.carrierx.webhook import condensed
from dispatcher.ledger.batches.claims import Claim, Record, TakenBatch
from dispatcher.model.correlation import MessageRef, write_user_data
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.receipts.ingest import ingest
from dispatcher.pipeline.runtime.runtime import Runtime, wall_ms
from dispatcher.web.callbacks import stream_writer
from dispatcher.web.callbacks._spool_file import Spooled
from dispatcher.web.callbacks.stream_writer import CallbackStreamWriter

ROWS = 2_000
WORDS = ("queued", "sent", "delivered")
#: So many claims, or callbacks, share a round trip and its sync to disk: at full speed, at a limit, one by one.
AT_ONCE = (64, 8, 1)
#: So many rows a campaign's batch has, so many callbacks the ingestion takes.
BATCH, DRAIN = 100, 500
US, BYTES = "µs of Valkey", "bytes of the file"

Costs = dict[str, Values]
_STREAM = "bare:callbacks"


def measure(asked: Asked) -> Iterator[Result]:
    """What each step costs; a recipient is one reading, one send and three callbacks."""
    runs = [_run(asked.size(ROWS)) for _ in range(asked.runs)]
    lines = {step: median_line(step, [run[step] for run in runs]) for step in runs[0]}
    whole = lines[f"a recipient, {AT_ONCE[0]} at once"].values
    figures = {
        "Valkey, a recipient and three callbacks, 64 at once": whole[US],
        "its append-only file, the same": whole[BYTES],
    }
    yield Result(
        "ledger_cost",
        "the same bytes by bare commands",
        [_rated(line, lines) for line in lines.values()],
        figures,
    )


def _rated(line: Line, lines: Mapping[str, Line]) -> Line:
    bare = lines.get(f"bare: {line.what}")
    return replace(line, ratio=line.values[US] / bare.values[US]) if bare else line


def _run(rows: int) -> Costs:
    with Store() as store:
        runtime = runtime_on(store)
        server = runtime.ledger.redis
        server.config_set("auto-aof-rewrite-percentage", 0)  # a rewrite would be charged to whom it meets
        costs: Costs = {}
        for at_once in AT_ONCE:
            costs |= _ours(runtime, store.url, rows, at_once) | _bare(server, rows, at_once)
        server.close()
    return dict(sorted(costs.items(), key=lambda step: step[0].startswith("bare")))


def _ours(runtime: Runtime, url: str, rows: int, at_once: int) -> Costs:
    server, campaigns, calls = runtime.ledger.redis, list[str](), rows * len(WORDS)
    read = _cost(server, rows, lambda: campaigns.append(read_campaign(runtime, rows)))
    [campaign] = campaigns
    send = _cost(server, rows, lambda: _send(runtime, campaign, at_once))
    bodies = _bodies(runtime, campaign)
    callback = _cost(server, calls, lambda: _call_back(runtime, url, bodies, at_once))
    assert runtime.ledger.campaign(campaign).counts[RecipientState.DELIVERED] == rows
    return _named(at_once, read, send, callback)


def _bare(server: redis.Redis, rows: int, at_once: int) -> Costs:
    server.delete(_STREAM)
    read = _cost(server, rows, lambda: _read_bare(server, rows))
    send = _cost(server, rows, lambda: _send_bare(server, rows, at_once))
    body = _kept(callback_body("delivered", str(uuid.uuid4()), "15162065574", "x" * 40))
    callback = _cost(server, rows * len(WORDS), lambda: _call_back_bare(server, body, rows, at_once))
    return {f"bare: {step}": cost for step, cost in _named(at_once, read, send, callback).items()}


def _named(at_once: int, read: Values, send: Values, callback: Values) -> Costs:
    whole = {name: read[name] + send[name] + len(WORDS) * callback[name] for name in read}
    return {
        "a row of the file": read,
        f"a send, {at_once} at once": send,
        f"a callback, {at_once} at once": callback,
        f"a recipient, {at_once} at once": whole,
    }


def _cost(server: redis.Redis, steps: int, work: Callable[[], object]) -> Values:
    """What the server spent on each of these steps."""
    before = _spent(server)
    work()
    return {name: (value - before[name]) / steps for name, value in _spent(server).items()}


def _spent(server: redis.Redis) -> Values:
    cpu, disk = server.info("cpu"), server.info("persistence")
    seconds = float(cpu["used_cpu_user"]) + float(cpu["used_cpu_sys"])
    return {US: seconds * 1e6, BYTES: float(disk["aof_current_size"])}


def _send(runtime: Runtime, campaign: str, at_once: int) -> None:
    """Claim and record every message as accepted, so many in a round trip: what came back, then what goes next."""
    batches = runtime.ledger.batches
    for number in runtime.ledger.campaigns.batch_numbers(campaign):
        taken = batches.take(campaign, number, token=os.urandom(8), lease_ms=HOUR_MS, look_ms=HOUR_MS)
        assert isinstance(taken, TakenBatch), taken
        messages = enumerate(taken.batch.messages)
        claims = (
            Claim(index, message.members, message.sender, 1, os.urandom(8)) for index, message in messages
        )
        records: list[Record] = []
        while (asked := list(islice(claims, at_once))) or records:
            _, answers = batches.record_and_claim(
                taken.hold, records, asked, caller_ms=wall_ms(), fingerprint="none"
            )
            assert all(answer.word == "go" for answer in answers), answers
            records = [
                Record(claim.message, claim.members, claim.token, "accepted", sid=str(uuid.uuid4()))
                for claim in asked
            ]
        batches.give_back(taken.hold, wait_ms=0, poll_ms=HOUR_MS, look_ms=HOUR_MS)


def _bodies(runtime: Runtime, campaign: str) -> list[bytes]:
    """Every word about every message, the words in their order, the messages of each shuffled."""
    said: dict[str, list[bytes]] = {word: [] for word in WORDS}
    for number in runtime.ledger.campaigns.batch_numbers(campaign):
        [(content, states)] = runtime.ledger.batches.read(campaign, [number])
        for index, message in enumerate(content.messages):
            [member] = message.members
            sid = str(uuid.UUID(bytes=states[member].sid))
            marked = write_user_data(MessageRef(campaign, number, index, 1), runtime.secrets[0])
            for word in WORDS:
                said[word].append(callback_body(word, sid, content.rows[member].number or "", marked))
    dice = random.Random(1)
    return [body for bodies in said.values() for body in dice.sample(bodies, len(bodies))]


def _call_back(runtime: Runtime, url: str, bodies: Sequence[bytes], at_once: int) -> None:
    """Stored as the receiver stores them, so many in a round trip, then brought in."""

    async def store() -> None:
        client = AsyncRedis.from_url(url)
        writer = CallbackStreamWriter(client, "mms:callbacks")
        stream_writer.GATHER_SECONDS = 0.0  # how many share a write is said here
        for first in range(0, len(bodies), at_once):
            some = bodies[first : first + at_once]
            await asyncio.gather(*(writer.store(Spooled(_kept(body), wall_ms())) for body in some))
        await client.aclose()

    asyncio.run(store())
    ingest(runtime, "bench", rounds=len(bodies))
    assert runtime.ledger.callback_stream.waiting() == 0


def _read_bare(server: redis.Redis, rows: int) -> None:
    """A batch's rows, compressed to 26 bytes each."""
    pipeline = server.pipeline(transaction=False)
    for batch in range(rows // BATCH):
        pipeline.set(f"bare:{batch}", os.urandom(26 * BATCH))
    pipeline.execute()


def _kept(body: bytes) -> bytes:
    """What the receiver keeps of it."""
    kept = condensed(body)
    assert kept is not None
    return kept


def _send_bare(server: redis.Redis, rows: int, at_once: int) -> None:
    """A row's 40 bytes before the request and after it, and its place in the index of sids."""
    for first in range(0, rows, at_once):
        pipeline = server.pipeline(transaction=False)
        for row in range(first, min(first + at_once, rows)):
            batch, index = divmod(row, BATCH)
            pipeline.hset(f"bare:rows:{batch}", str(index), "s" * 40)
            pipeline.hset(f"bare:rows:{batch}", str(index), "q" * 40)
            pipeline.hset(f"bare:sid:{row % 65_536:04x}", os.urandom(8), f"1.{batch}.{index}")
        pipeline.execute()


def _call_back_bare(server: redis.Redis, body: bytes, rows: int, at_once: int) -> None:
    """Bodies into a stream, then out of it and off it, and the 40 bytes of each row."""
    server.xgroup_create(_STREAM, "bench", mkstream=True)
    entries: list[bytes] = []
    for _ in range(0, rows * len(WORDS), at_once):
        pipeline = server.pipeline(transaction=False)
        for _ in range(at_once):
            pipeline.xadd(_STREAM, {"raw": body, "at": wall_ms()})
        entries += pipeline.execute()
    for first in range(0, len(entries), DRAIN):
        server.xreadgroup("bench", "bench", {_STREAM: ">"}, count=DRAIN)
        pipeline = server.pipeline(transaction=False)
        for row in range(first, min(first + DRAIN, len(entries))):
            pipeline.hset(f"bare:rows:{row // BATCH}", str(row % BATCH), "d" * 40)
        pipeline.xack(_STREAM, "bench", *entries[first : first + DRAIN])
        pipeline.xdel(_STREAM, *entries[first : first + DRAIN])
        pipeline.execute()
