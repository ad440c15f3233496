"""What could be wrong with the store: its settings, its replicas, and whether a claim can be written on it now."""

from __future__ import annotations

from collections.abc import Iterator

import redis

from dispatcher.errors import StoreUnavailable
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.ledger.store.durability import durability_problem, version_told
from dispatcher.ledger.store.permissions import missing_permissions
from dispatcher.ledger.store.redis_errors import NEEDED
from dispatcher.ledger.store.replicas import behind, missing
from dispatcher.pipeline.health.finding import HealthFinding
from dispatcher.settings import Settings

_FENCE = "min-replicas-to-write"


def look_at_store(ledger: Ledger, config: Settings) -> Iterator[HealthFinding]:
    """What is to be said of the store of this ledger."""
    lacking = missing_permissions(ledger.redis, hints=config.broker_url is None)
    if lacking is not None:
        old = version_told(ledger.redis)
        yield HealthFinding("rights", "bad", f"{f'{old}; ' if old else ''}{lacking}", NEEDED)
        if {"INFO", "ROLE", "WAITAOF"} & {*lacking.commands, *lacking.unknown}:
            return
    problem = durability_problem(ledger.redis)
    if problem is None:
        yield HealthFinding(
            "durability", "ok", "every claim is on disk before its message leaves; nothing is evicted"
        )
    else:
        mend = "set appendonly yes, appendfsync always, maxmemory-policy noeviction (docs/redis.md)"
        yield HealthFinding("durability", "bad", problem, mend)
    yield from look_at_replicas(ledger)
    trouble = ledger.readiness.problem()
    if trouble is None:
        yield HealthFinding("claims", "ok", "a write as a claim makes it was taken")
    else:
        yield HealthFinding(
            "claims", "bad", f"nothing can be claimed, so nothing is sent: {trouble}", trouble.hint
        )


def look_at_replicas(ledger: Ledger) -> Iterator[HealthFinding]:
    """Those that should be there, and whether they confirm."""
    try:
        needed, there_are = ledger.readiness.replicas()
        attached, silent = behind(ledger.redis)
    except StoreUnavailable as error:
        yield HealthFinding("replicas", "bad", error.message, error.hint)
        return
    if there_are < needed:
        lost = missing(needed, there_are)
        yield HealthFinding("replicas", "bad", f"{lost.message}; nothing is sent meanwhile", lost.hint)
    elif silent:
        yield HealthFinding(
            "replicas",
            "bad",
            f"{silent} of {attached} do not confirm that a claim is on their disks; nothing is sent meanwhile",
            "start them, and set appendonly yes, appendfsync always there too",
        )
    elif attached:
        yield HealthFinding(
            "replicas", "ok", f"{attached} attached; every claim waits until it is on their disks"
        )
        if _without_fence(ledger.redis):
            yield HealthFinding(
                _FENCE,
                "note",
                f"{_FENCE} is 0: cut off from its replicas this Redis claims nothing, but still takes callbacks, which "
                "are lost when it comes back as a replica",
                f"set {_FENCE} 1 and min-replicas-max-lag 10 on all of them",
            )


def _without_fence(client: redis.Redis) -> bool:
    try:
        with translated():
            told = client.config_get(_FENCE)
    except StoreUnavailable:
        return False
    return {text_of(value) for value in told.values()} == {"0"}
