"""What a ledger says of itself, so that a copy can be held against it."""

from __future__ import annotations

from typing import Any, NamedTuple

import redis

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.ledger.views.overview import Overview
from dispatcher.pipeline.backup.archive import LedgerCounts
from dispatcher.pipeline.reports.audit import audit

#: So many findings say that something is off; more say no more.
_MOST_FINDINGS = 20


class LedgerFacts(NamedTuple):
    """Whose ledger it is, and how far it had come. `mode` is empty where there is none."""

    ledger: str
    mode: str
    api: str
    schema_version: str | None
    ticks: int
    claims: int
    ticked_ms: int | None
    replicas: int


def facts_of(client: redis.Redis) -> LedgerFacts:
    """As of one moment.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    with translated():
        pipeline: Any = client.pipeline(transaction=True)
        pipeline.hmget(keys.STAMP, "mode", "api", "schema")
        pipeline.hmget(keys.TICKS, "id", "n", "claims", "at")
        pipeline.hget(keys.REPLICAS, "n")
        (mode, api, schema), (name, ticks, claims, at), replicas = pipeline.execute()
    return LedgerFacts(
        ledger=text_of(name or b""),
        mode=text_of(mode or b""),
        api=text_of(api or b""),
        schema_version=None if schema is None else text_of(schema),
        ticks=int(ticks or 0),
        claims=int(claims or 0),
        ticked_ms=None if at is None else int(at),
        replicas=int(replicas or 0),
    )


def now_ms(client: redis.Redis) -> int:
    """By the server's clock."""
    with translated():
        seconds, micros = client.time()
    return int(seconds) * 1000 + int(micros) // 1000


def counts_of(client: redis.Redis) -> LedgerCounts:
    """Counted in the ledger. Nobody may be at work in it."""
    ledger, facts = Ledger(client), facts_of(client)
    totals = Overview(client).totals()
    return LedgerCounts(
        campaigns=sum(totals.campaigns.values()),
        rows=sum(totals.recipients.values()),
        opt_outs=ledger.optouts.out_count(),
        ticks=facts.ticks,
        claims=facts.claims,
    )


def findings_of(client: redis.Redis) -> tuple[str, ...]:
    """What the audit says of every campaign whose rows are still kept; nothing: all is right."""
    ledger, found = Ledger(client), list[str]()
    for campaign_id in ledger.campaigns.ids():
        if not _is_erased(client, campaign_id) and len(found) < _MOST_FINDINGS:
            found += [f"{campaign_id}: {finding}" for finding in audit(ledger, campaign_id).findings]
    return tuple(found[:_MOST_FINDINGS])


def _is_erased(client: redis.Redis, campaign_id: str) -> bool:
    with translated():
        return bool(client.hexists(keys.campaign(campaign_id), "erased_at"))
