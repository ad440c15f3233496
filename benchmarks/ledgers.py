"""Ledgers filled without HTTP and without Celery, by the same verbs and scripts, in this process."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.campaign import file_of, submitted
from benchmarks.store import Store
from dispatcher.ledger.batches.claims import Claim, Record, TakenBatch
from dispatcher.ledger.installation.installation import prepare
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.receipts.receipts import Receipt
from dispatcher.ledger.store.connection import client
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.expansion.expand import expand
from dispatcher.pipeline.runtime.runtime import Runtime, make_client, wall_ms
from dispatcher.settings import load_settings

HOUR_MS = 3_600_000


def runtime_on(store: Store, carrierx_url: str = "http://127.0.0.1:9", **settings: object) -> Runtime:
    """A process's runtime on this store."""
    chosen = load_settings(
        redis_url=store.url,
        carrierx_url=carrierx_url,
        carrierx_token="token-of-the-benchmark",  # noqa: S106
        secret="secret-of-the-benchmark",  # noqa: S106
        admin_token="admin-token-of-the-benchmark",  # noqa: S106
        data_dir=Path(store.folder),
        public_url="http://127.0.0.1:9",
        unsafe_redis=not store.durable,
        **settings,
    )
    ledger = Ledger.of(client(store.url), chosen)
    return Runtime(ledger, chosen, prepare(ledger.redis, chosen), api=make_client(chosen))


@contextmanager
def empty_runtime(*, durable: bool = True) -> Iterator[Runtime]:
    """A runtime on a store of its own."""
    with Store(durable=durable) as store:
        runtime = runtime_on(store)
        yield runtime
        runtime.ledger.redis.close()


def read_campaign(runtime: Runtime, rows: int, *, rate: str | None = None) -> str:
    """A campaign with its file read; running. Answers its id."""
    campaign = submitted(runtime.ledger, runtime.settings, file_of(rows), rate=rate)
    expand(runtime, campaign)
    runtime.ledger.batches.offer(campaign, window=0, most=0, offer_ms=1)
    return campaign


def send_without_http(runtime: Runtime, campaign: str, word: RecipientState | None = None) -> None:
    """Claim and record every message as accepted; with `word`, apply a receipt of each besides."""
    for number in runtime.ledger.campaigns.batch_numbers(campaign):
        _send_batch(runtime, campaign, number)
        if word is not None:
            _receive_batch(runtime, campaign, number, word)


def _send_batch(runtime: Runtime, campaign: str, number: int) -> None:
    batches = runtime.ledger.batches
    taken = batches.take(campaign, number, token=os.urandom(8), lease_ms=HOUR_MS, look_ms=HOUR_MS)
    assert isinstance(taken, TakenBatch), taken
    messages = enumerate(taken.batch.messages)
    claims = [Claim(index, message.members, message.sender, 1, os.urandom(8)) for index, message in messages]
    _, answers = batches.record_and_claim(taken.hold, [], claims, caller_ms=wall_ms(), fingerprint="none")
    assert all(answer.word == "go" for answer in answers), answers[0]
    records = [
        Record(claim.message, claim.members, claim.token, "accepted", sid=str(uuid.uuid4()))
        for claim in claims
    ]
    batches.record_and_claim(taken.hold, records, [], caller_ms=wall_ms(), fingerprint="none")
    batches.give_back(taken.hold, wait_ms=0, poll_ms=HOUR_MS, look_ms=HOUR_MS)


def _receive_batch(runtime: Runtime, campaign: str, number: int, word: RecipientState) -> None:
    states = runtime.ledger.batches.read(campaign, [number])[0][1]
    receipts = [
        Receipt(index, index, 1, word, "own", str(uuid.UUID(bytes=state.sid)), "310", "260", "0.0085")
        for index, state in enumerate(states)
    ]
    runtime.ledger.receipts.apply(campaign, number, receipts, [], grace_ms=0)
