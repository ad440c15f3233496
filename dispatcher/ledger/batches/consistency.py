"""Reads a campaign as an auditor does: everything that is kept twice, side by side, as of one moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import redis

from dispatcher.errors import NotFound
from dispatcher.ledger.batches.packing import Batch, unpack_batch, unpack_counts
from dispatcher.ledger.batches.rows import Lease, RowState, unpack_lease, unpack_rows
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import translated
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.state import CODE_STATE, CampaignState, RecipientState


@dataclass(frozen=True)
class CampaignFacts:
    """What the campaign's own keys say. `due`, `care`, `search`: the global sets know the campaign; `held`: its
    unconfirmed rows are for a person to decide."""

    state: CampaignState
    read: bool
    rows_read: int
    rows: int | None
    batches: int
    counts: dict[RecipientState, int]
    due: bool
    care: bool
    search: bool
    sweeping: bool
    due_batches: int
    care_batches: int
    search_batches: int
    held: bool


@dataclass(frozen=True)
class BatchFacts:
    """One batch: what the file said, its rows' states, its own counts, its lease, and when it is due (or None)."""

    number: int
    now_ms: int
    campaign_state: CampaignState
    batch: Batch = field(repr=False)
    states: list[RowState] = field(repr=False)
    counts: dict[RecipientState, int]
    lease: Lease
    due_ms: int | None
    search_ms: int | None

    @property
    def recount(self) -> Counter[RecipientState]:
        """Its rows by state, counted anew."""
        return Counter(row.state for row in self.states)


class Consistency:
    """Reads; never writes."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def campaign(self, campaign_id: str) -> CampaignFacts:
        """The campaign's own keys, in one transaction.

        Raises:
            NotFound: there is none of this id.
        """
        with translated():
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.hmget(
                keys.campaign(campaign_id), "state", "read", "rows_read", "rows", "batches", "settings"
            )
            pipeline.hgetall(keys.counts(campaign_id))
            pipeline.zscore(keys.DUE, campaign_id)
            pipeline.zscore(keys.CARE, campaign_id)
            pipeline.zscore(keys.SEARCH, campaign_id)
            pipeline.sismember(keys.SWEEPING, campaign_id)
            pipeline.zcard(keys.due(campaign_id))
            pipeline.zcard(keys.care(campaign_id))
            pipeline.zcard(keys.search(campaign_id))
            fields, counts, due, care, search, sweeping, *listed = pipeline.execute()
        state, read, rows_read, rows, batches, settings = fields
        if state is None:
            raise NotFound(f"there is no campaign {campaign_id!r}", hint="`mms campaign list` shows them")
        by_state = dict.fromkeys(RecipientState, 0)
        by_state |= {CODE_STATE[letter.decode()]: int(count) for letter, count in counts.items()}
        return CampaignFacts(
            state=CampaignState(state.decode()),
            read=read == b"1",
            rows_read=int(rows_read or 0),
            rows=int(rows) if rows is not None else None,
            batches=int(batches or 0),
            counts=by_state,
            due=due is not None,
            care=care is not None,
            search=search is not None,
            sweeping=bool(sweeping),
            due_batches=listed[0],
            care_batches=listed[1],
            search_batches=listed[2],
            held=CampaignSettings.model_validate_json(settings).on_unconfirmed == "hold",
        )

    def batches(self, campaign_id: str, numbers: Sequence[int]) -> Iterator[BatchFacts]:
        """These batches, all of the same moment; one that was erased is left out."""
        with translated():
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.time()
            pipeline.hget(keys.campaign(campaign_id), "state")
            for number in numbers:
                pipeline.get(keys.batch(campaign_id, number))
                pipeline.hgetall(keys.rows(campaign_id, number))
                pipeline.zscore(keys.due(campaign_id), number)
                pipeline.zscore(keys.search(campaign_id), number)
            (seconds, micros), state, *answers = pipeline.execute()
        now_ms = int(seconds) * 1000 + int(micros) // 1000
        for index, number in enumerate(numbers):
            packed, changed, due, search = answers[4 * index : 4 * index + 4]
            if packed is not None and b"m" in changed and state is not None:
                campaign_state = CampaignState(state.decode())
                yield _batch_facts(number, now_ms, campaign_state, packed, changed, due, search)


def _batch_facts(
    number: int,
    now_ms: int,
    campaign_state: CampaignState,
    packed: bytes,
    changed: dict[bytes, bytes],
    due: Any,
    search: Any,
) -> BatchFacts:
    batch = unpack_batch(packed)
    return BatchFacts(
        number=number,
        now_ms=now_ms,
        campaign_state=campaign_state,
        batch=batch,
        states=unpack_rows(batch, changed),
        counts=unpack_counts(changed[b"n"]),
        lease=unpack_lease(changed[b"m"]),
        due_ms=None if due is None else int(due),
        search_ms=None if search is None else int(search),
    )
