"""Whether a server keeps what it confirms: its version, and the settings that decide it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import redis

from dispatcher.ledger.store.connection import text_of, translated

#: Without these a claim that was confirmed may be forgotten.
WANTED = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}
#: The first versions that know WAITAOF, by the name that the server gives itself.
FIRST = {"redis": (7, 2), "valkey": (8, 0)}


class Durability(NamedTuple):
    """What is wrong with a server or its settings, or None; and whether each write is on disk before its answer.

    `syncs_always` False: its settings cannot be read. It has an append-only file and evicts nothing; when a write is on
    disk must be asked for each (WAITAOF).
    """

    problem: str | None
    syncs_always: bool = True


def look_at_durability(client: redis.Redis) -> Durability:
    """What the server says of itself.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    with translated():
        if (old := version_problem(client.info("server"))) is not None:
            return Durability(old)
        if client.info("cluster").get("cluster_enabled"):
            return Durability("it is a Redis Cluster, which is not supported")
        try:
            found = client.config_get(*WANTED)
        except redis.ResponseError:
            return Durability(_problem_told(client), syncs_always=False)
    told = {text_of(name): text_of(value) for name, value in found.items()}
    if not told.keys() & WANTED.keys():  # allowed, and tells nothing
        with translated():
            return Durability(_problem_told(client), syncs_always=False)
    return Durability("; ".join(_wrong(told, WANTED)) or None)


def durability_problem(client: redis.Redis) -> str | None:
    """What is wrong with the server or its settings, or None.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    return look_at_durability(client).problem


def _problem_told(client: redis.Redis) -> str | None:
    """The same of a server that does not show its settings: what INFO tells of them."""
    has_file = client.info("persistence").get("aof_enabled")
    policy = client.info("memory").get("maxmemory_policy")
    told = {"appendonly": "yes" if has_file else "no", "maxmemory-policy": str(policy)}
    wrong = _wrong(told, {name: WANTED[name] for name in told})
    return f"CONFIG GET is refused, and {'; '.join(wrong)}" if wrong else None


def _wrong(told: Mapping[str, str], wanted: Mapping[str, str]) -> list[str]:
    return [
        f"{name} is {told.get(name)!r}, not {value!r}"
        for name, value in wanted.items()
        if told.get(name) != value
    ]


def version_told(client: redis.Redis) -> str | None:
    """What is wrong with the server's version, or None; also where it does not tell."""
    try:
        return version_problem(client.info("server"))
    except redis.ResponseError:
        return None


def version_problem(server: Mapping[str, Any]) -> str | None:
    """What is wrong with the version that `INFO server` tells, or None."""
    name = "valkey" if "valkey_version" in server else "redis"
    told = str(server.get(f"{name}_version", "0"))
    numbers = tuple(int(part) for part in told.split(".")[:2] if part.isdigit())
    if numbers >= FIRST[name]:
        return None
    return f"it is {name.capitalize()} {told}; Redis 7.2 or Valkey 8 is the first that will do"
