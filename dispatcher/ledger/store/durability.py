"""Whether a server keeps what it confirms: its version, and the settings that decide it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import redis

from dispatcher.ledger.store.connection import text_of, translated

#: Without these a claim that was confirmed may be forgotten.
WANTED = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}
#: The first versions that know WAITAOF, by the name that the server gives itself.
FIRST = {"redis": (7, 2), "valkey": (8, 0)}


def durability_problem(client: redis.Redis) -> str | None:
    """What is wrong with the server or its settings, or None.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    with translated():
        if (old := version_problem(client.info("server"))) is not None:
            return old
        if client.info("cluster").get("cluster_enabled"):
            return "it is a Redis Cluster, which is not supported"
        try:
            found = client.config_get(*WANTED)
        except redis.ResponseError:
            return "its settings cannot be read (CONFIG GET is refused)"
    told = {text_of(name): text_of(value) for name, value in found.items()}
    wrong = [
        f"{name} is {told.get(name)!r}, not {value!r}"
        for name, value in WANTED.items()
        if told.get(name) != value
    ]
    return "; ".join(wrong) or None


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
