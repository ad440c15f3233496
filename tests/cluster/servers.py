"""The three hosts of the ledger: a Valkey and a Sentinel on each, and who of them serves."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import redis

from tests.valkey import server_binary

STORES = ("v1", "v2", "v3")
PORT, SENTINEL_PORT, MASTER = 6379, 26379, "mymaster"
#: As docs/high-availability.md tells an operator.
DOWN_AFTER_MS = 5_000
#: What an operator sets; and what makes the append-only files whole histories: none is rewritten by itself or removed,
#: no snapshot is binary.
_STORE = """bind 0.0.0.0
port {port}
protected-mode no
dir {dir}
appendonly yes
appendfsync always
save ""
maxmemory-policy noeviction
min-replicas-to-write 1
min-replicas-max-lag 10
repl-backlog-size 64mb
repl-diskless-sync-delay 0
replica-announce-ip {address}
auto-aof-rewrite-percentage 0
aof-use-rdb-preamble no
aof-disable-auto-gc yes
"""
_SENTINEL = """bind 0.0.0.0
port {sentinel_port}
protected-mode no
dir {dir}
sentinel announce-ip {address}
sentinel monitor {master} {primary} {port} 2
sentinel down-after-milliseconds {master} {down_after}
sentinel failover-timeout {master} 10000
sentinel parallel-syncs {master} 2
"""


def store_command(folder: Path, address: str, primary: str) -> tuple[str, ...]:
    """A Valkey of this host; `primary` is the address of the first one to serve. Writes its configuration."""
    text = _STORE.format(port=PORT, dir=folder, address=address)
    follows = "" if address == primary else f"replicaof {primary} {PORT}\n"
    return _configured(folder, "valkey.conf", text + follows)


def sentinel_command(folder: Path, address: str, primary: str) -> tuple[str, ...]:
    """A Sentinel of this host. Writes its configuration."""
    text = _SENTINEL.format(
        port=PORT,
        dir=folder,
        address=address,
        primary=primary,
        sentinel_port=SENTINEL_PORT,
        master=MASTER,
        down_after=DOWN_AFTER_MS,
    )
    return (*_configured(folder, "sentinel.conf", text), "--sentinel")


def _misses(sentinel: Any) -> str:
    """What a Sentinel does not see; empty when it sees all."""
    master = sentinel.execute_command("SENTINEL", "MASTER", MASTER)
    replicas = sentinel.execute_command("SENTINEL", "REPLICAS", MASTER)
    others = sentinel.execute_command("SENTINEL", "SENTINELS", MASTER)
    seen = [f"{each['flags']} {each['master-link-status']}" for each in replicas]
    if master["flags"] != "master":
        return f"the primary is {master['flags']}"
    if seen != ["slave ok"] * 2:
        return f"replicas are {seen}"
    flags = [each["flags"] for each in others if not {"s_down", "disconnected"} & {*each["flags"].split(",")}]
    return "" if len(flags) == len(STORES) - 1 else f"{len(flags)} other Sentinels are there"


def _configured(folder: Path, name: str, text: str) -> tuple[str, ...]:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    return (str(server_binary()), str(folder / name))


class Servers:
    """Asks the servers past everybody else's client. `addresses` by host; one that does not answer is left out."""

    def __init__(self, addresses: dict[str, str]) -> None:
        patience: dict[str, Any] = {"socket_timeout": 1, "socket_connect_timeout": 0.5}
        self.stores: dict[str, Any] = {
            host: redis.Redis(address, PORT, **patience) for host, address in addresses.items()
        }
        self.sentinels: dict[str, Any] = {
            host: redis.Redis(address, SENTINEL_PORT, **patience, decode_responses=True)
            for host, address in addresses.items()
        }
        self._host_of = {address: host for host, address in addresses.items()}

    def primary(self) -> str:
        """The host whose server serves, by the word of most Sentinels.

        Raises:
            LookupError: they do not agree, or it does not say the same of itself.
        """
        named = [self._named(sentinel) for sentinel in self.sentinels.values()]
        for host in self.stores:
            if named.count(host) >= 2 and self.role(host)[:1] == [b"master"]:
                return host
        raise LookupError(f"Sentinels name {named}")

    def role(self, host: str) -> list[Any]:
        """What a server says of itself; empty when it says nothing."""
        with suppress(redis.RedisError):
            return list(self.stores[host].execute_command("ROLE"))
        return []

    def attached(self) -> int:
        """Replicas of the primary that have its data; 0 when there is no primary."""
        with suppress(redis.RedisError, LookupError):
            found = self.stores[self.primary()].info("replication")
            facts = [value for name, value in found.items() if name.startswith("slave") and "state" in value]
            return sum(fact["state"] == "online" for fact in facts)
        return 0

    def trouble(self) -> str:
        """What is not as it should be: a primary, two replicas, and Sentinels all of which could hand over now.

        They ask for replicas every 10 s; one that has not heard of them gives up for twice its `failover-timeout`.
        """
        try:
            if (attached := self.attached()) != len(STORES) - 1:
                return f"{attached} replicas are attached"
            found = (
                f"Sentinel {host}: {said}" for host, each in self.sentinels.items() if (said := _misses(each))
            )
            return next(found, "")
        except (redis.RedisError, LookupError) as error:
            return str(error)

    def whole(self) -> bool:
        """Whether there is no trouble."""
        return not self.trouble()

    def hand_over(self) -> None:
        """A clean failover, as an operator orders it; asked until a Sentinel takes it."""

        def taken() -> bool:
            for sentinel in self.sentinels.values():
                with suppress(redis.RedisError):
                    sentinel.execute_command("SENTINEL", "FAILOVER", MASTER)
                    return True
            return False

        wait(taken, 30, "a Sentinel that takes over")

    def _named(self, sentinel: Any) -> str:
        with suppress(redis.RedisError):
            address, _ = sentinel.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER)
            return self._host_of.get(address, "")
        return ""


def wait(happened: Callable[[], Any], seconds: float, what: str) -> None:
    """Wait until it has happened.

    Raises:
        TimeoutError: it has not.
    """
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come within {seconds:.0f} s")
        time.sleep(0.1)
