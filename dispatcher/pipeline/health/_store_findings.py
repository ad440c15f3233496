"""What could be wrong with the store: its settings, its replicas, and whether a claim can be written on it now."""

from __future__ import annotations

from collections.abc import Iterator

import redis

from dispatcher.errors import StoreUnavailable, StoreUnsafe
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.cluster import require_no_cluster
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.ledger.store.durability import look_at_durability, version_told
from dispatcher.ledger.store.permissions import missing_permissions
from dispatcher.ledger.store.redis_errors import NEEDED
from dispatcher.ledger.store.replicas import ReplicaCount, behind, missing
from dispatcher.pipeline.health.finding import HealthFinding
from dispatcher.settings import Settings

_FENCE = "min-replicas-to-write"


def look_at_store(ledger: Ledger, config: Settings) -> Iterator[HealthFinding]:
    """What is to be said of the store of this ledger."""
    try:
        require_no_cluster(ledger.redis)
    except StoreUnsafe as error:
        yield HealthFinding("durability", "bad", error.message, error.hint)
        return
    lacking = missing_permissions(ledger.redis, hints=config.broker_url is None)
    if lacking is not None:
        old = version_told(ledger.redis)
        yield HealthFinding("rights", "bad", f"{f'{old}; ' if old else ''}{lacking}", NEEDED)
        if {"INFO", "ROLE", "WAITAOF"} & {*lacking.commands, *lacking.unknown}:
            return
    yield _durability(ledger.redis)
    yield from look_at_replicas(ledger)
    trouble = ledger.readiness.problem()
    if trouble is None:
        yield HealthFinding("claims", "ok", "a write as a claim makes it was taken")
    else:
        yield HealthFinding(
            "claims", "bad", f"nothing can be claimed, so nothing is sent: {trouble}", trouble.hint
        )


def _durability(client: redis.Redis) -> HealthFinding:
    found = look_at_durability(client)
    if found.problem is not None:
        mend = "set appendonly yes, appendfsync always, maxmemory-policy noeviction (docs/redis.md)"
        return HealthFinding("durability", "bad", found.problem, mend)
    if not found.syncs_always:
        return HealthFinding(
            "durability",
            "note",
            "its settings cannot be read (CONFIG GET is refused), so each claim and callback waits for its disk "
            "(WAITAOF); of the rest the last second before a crash may be gone, if it does not sync every write",
            "set appendfsync always where its settings are; docs/managed-redis.md",
        )
    return HealthFinding(
        "durability", "ok", "every claim is on disk before its message leaves; nothing is evicted"
    )


def look_at_replicas(ledger: Ledger) -> Iterator[HealthFinding]:
    """Those that should be there, and whether they confirm."""
    try:
        standing = ledger.readiness.replicas()
        attached, silent = behind(ledger.redis)
    except StoreUnavailable as error:
        yield HealthFinding("replicas", "bad", error.message, error.hint)
        return
    if standing.attached < standing.least:
        lost = missing(standing)
        yield HealthFinding("replicas", "bad", f"{lost.message}; nothing is sent meanwhile", lost.hint)
    elif attached - silent < standing.least:
        yield HealthFinding(
            "replicas",
            "bad",
            f"{silent} of {attached} do not confirm that a claim is on their disks; nothing is sent meanwhile",
            "start them, and set appendonly yes, appendfsync always there too",
        )
    elif attached - silent < standing.expected:
        yield _some_away(standing, attached - silent)
    elif attached:
        yield HealthFinding(
            "replicas", "ok", f"{attached} attached; every claim waits until it is on their disks"
        )
    if standing.attached >= standing.least > 0:
        yield from _look_at_fence(ledger.redis, standing.least)


def _some_away(standing: ReplicaCount, confirming: int) -> HealthFinding:
    spare = confirming - standing.least
    then = f"{spare} more may fail" if spare else "with one less nothing is sent"
    return HealthFinding(
        "replicas",
        "note",
        f"{confirming} of {standing.expected} have every claim on disk, {standing.least} must: sending goes on; {then}",
        f"bring the others back, or say `mms replicas expect {confirming}` if they are gone for good",
    )


def _look_at_fence(client: redis.Redis, least: int) -> Iterator[HealthFinding]:
    """Does a primary that is cut off refuse what would be lost?"""
    try:
        with translated():
            told = client.config_get(_FENCE)
    except StoreUnavailable:
        return
    found = [text_of(value) for value in told.values()]
    if found and found[0].isdecimal() and int(found[0]) < least:
        yield HealthFinding(
            _FENCE,
            "note",
            f"{_FENCE} is {found[0]}: cut off from its replicas this Redis claims nothing and takes no callbacks, but "
            "still takes what people do (a pause, an opt-out by hand), which is lost when it comes back as a replica",
            f"set {_FENCE} {least} and min-replicas-max-lag 10 on all of them",
        )
