"""A look into a few unsent batches of each campaign, to know what the rest is like without reading all of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dispatcher.ledger.batches.packing import Batch, unpack_batch
from dispatcher.ledger.batches.rows import RowState, unpack_rows
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated

#: Among so many batches, the longest due first, the first and the last are opened.
_AMONG = 256

Sample = list[tuple[Batch, list[RowState]]]


def samples(ledger: Ledger, ids: Sequence[str]) -> dict[str, Sample]:
    """Up to two batches of each of these campaigns that hold anything unsent; two round trips for all of them."""
    wanted = _chosen(ledger, ids)
    found: dict[str, Sample] = {campaign_id: [] for campaign_id in ids}
    with translated():
        pipeline = ledger.redis.pipeline(transaction=True)
        for campaign_id, number in wanted:
            pipeline.get(keys.batch(campaign_id, number))
            pipeline.hgetall(keys.rows(campaign_id, number))
        answers: list[Any] = pipeline.execute() if wanted else []
    for (campaign_id, _), packed, changed in zip(wanted, answers[::2], answers[1::2], strict=True):
        if packed is not None:
            batch = unpack_batch(packed)
            found[campaign_id].append((batch, unpack_rows(batch, changed)))
    return found


def _chosen(ledger: Ledger, ids: Sequence[str]) -> list[tuple[str, int]]:
    with translated():
        pipeline = ledger.redis.pipeline(transaction=False)
        for campaign_id in ids:
            pipeline.zrange(keys.due(campaign_id), 0, _AMONG - 1)
        answers: list[Any] = pipeline.execute() if ids else []
    return [
        (campaign_id, int(text_of(number)))
        for campaign_id, due in zip(ids, answers, strict=True)
        for number in sorted({due[0], due[-1]} if due else ())
    ]
